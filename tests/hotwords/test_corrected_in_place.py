"""What became of a text in its field: a correction is found, and nothing else is taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.hotwords.corrected_in_place import WrittenText
from dictate.hotwords.corrections import Correction, corrections

TEXT = "Please ask cloud code about it."


@pytest.mark.parametrize(
    ("text", "now", "corrected"),
    [
        (TEXT, "Please ask Claude Code about it.", "Please ask Claude Code about it."),
        (TEXT, "Please ask Claude about it.", "Please ask Claude about it."),
        ("push it to get hub now", "push it to GitHub now", "push it to GitHub now"),
        ("push it to get hub", "push it to GitHub", "push it to GitHub"),
        ("ask cloud", "ask Claude", "ask Claude"),
        ("cloud", "Claude", "Claude"),
        ("cloud code", "Claude Code", "Claude Code"),
        ("我再这里等你", "我在这里等你", "我在这里等你"),
        ("cloud is here, ask entropic now", "Claude is here, ask Anthropic now", "="),
        # The signs of the sentence stay as they were dictated.
        ("yes ... (ask cloud) now!", "yes ... (ask Claude) now", "yes ... (ask Claude) now!"),
        # Words that came or went elsewhere in it.
        (TEXT, "Please ask Claude Code it.", "Please ask Claude Code it."),
        (TEXT, "Please now ask Claude Code about it.", "Please now ask Claude Code about it."),
        # More was typed before or after it.
        ("ask cloud", "ask Claude about the thing", "ask Claude"),
        ("cloud is it", "so then Claude is it", "Claude is it"),
        ("cloud", "we like Claude a lot", "Claude"),
        (TEXT, "Hello. Please ask Claude Code about it. Bye.", "Please ask Claude Code about it."),
        # It is deleted from its end, or its end is out of sight.
        (TEXT, "Please ask cloud code abo", TEXT),
        (TEXT, "code about it.", TEXT),
        ("cloud", "clo", None),
        # It is gone, or replaced by something else.
        (TEXT, "", None),
        (TEXT, "a sunny day in spring", None),
        ("buy milk", "buy bread", None),
        ("the report is ready", "the car is not here", None),
        ("", "anything", ""),
    ],
)  # fmt: skip
def test_what_became_of_it(text: str, now: str, corrected: str | None) -> None:
    assert WrittenText(text, "", "").became(now) == (now if corrected == "=" else corrected)


def test_the_same_text_twice() -> None:
    """The one before was corrected, or this one."""
    written = WrittenText.find("ask cloud now", "ask cloud now, ask cloud now.", 28)
    assert written == WrittenText("ask cloud now", "ask cloud now, ", ".")
    assert written.became("ask Claude now, ask cloud now.") == "ask cloud now"
    assert written.became("ask cloud now, ask Claude now.") == "ask Claude now"


@pytest.mark.parametrize(
    ("around", "cursor", "found"),
    [
        ("one two three", 7, WrittenText("two", "one ", " three")),
        ("über two three", 9, WrittenText("two", "über ", " three")),  # GNOME 43 counts bytes
        ("wo three", 2, WrittenText("two", "", " three")),  # the last line only
        ("one", 3, None),
        (" three", 0, None),
    ],
)
def test_it_is_looked_for_at_the_cursor(
    around: str, cursor: int, found: WrittenText | None
) -> None:
    assert WrittenText.find("two", around, cursor) == found


WORD = st.sampled_from(["the", "cat", "on", "a", "mat", "Tom", "9", "é", "日"])
TYPED = st.text("the cat\n.é日", max_size=20)


@settings(max_examples=80, deadline=None)
@given(st.lists(WORD, max_size=8).map(" ".join), TYPED, TYPED, TYPED, TYPED)
def test_what_is_typed_around_it_is_no_correction(
    text: str, before: str, after: str, earlier: str, later: str
) -> None:
    now = f"{earlier}{before}{text}{later}{after}"
    assert WrittenText(text, before, after).became(now) == text


@settings(max_examples=80, deadline=None)
@given(st.lists(WORD, min_size=3, max_size=8), st.data(), TYPED, TYPED)
def test_one_word_replaced_is_exactly_that(
    words: list[str], data: st.DataObject, before: str, after: str
) -> None:
    text = " ".join(words)
    words[data.draw(st.integers(0, len(words) - 1))] = "Claude"
    corrected = " ".join(words)
    written = WrittenText(text, f"{before} ", f" {after}")
    became = written.became(f"{before} {corrected} {after}")
    assert became == corrected
    assert [each.right for each in corrections(text, became)] in (["Claude"], [])


@settings(max_examples=80, deadline=None)
@given(TYPED, TYPED, TYPED, TYPED)
def test_anything_may_stand_there(text: str, before: str, after: str, now: str) -> None:
    became = WrittenText(text, before, after).became(now)
    assert became is None or became == text or corrections(text, became) is not None


def test_a_word_at_a_time() -> None:
    """While the user types, no state in between looks like another correction."""
    written = WrittenText("ask cloud", "", "")
    states = ["ask cloud"[:end] for end in range(9, 3, -1)]
    states += ["ask Claude about it"[:end] for end in range(4, 20)]
    seen = {became for state in states if (became := written.became(state))}
    assert "ask Claude" in seen
    assert corrections("ask cloud", "ask Claude") == [Correction("cloud", "Claude")]
    assert seen <= {"ask cloud", *("ask Claude"[:end] for end in range(5, 11))}
