"""The trial of a term, with a decoder that answers from rules."""

import asyncio
from collections.abc import Callable

import pytest

from dictate.hotwords.model import Hotwords, Term
from dictate.proof.decoder import Heard
from dictate.proof.trial import WEIGHTS, Change, Clip, Trial, changes, misheard, occurrences
from tests.lab.scripted_decoder import ScriptedDecoder, clip

OTHER = Term("Anthropic", weight=2.0)
OWN = Hotwords((OTHER,))


def turning(at: dict[str, float], *, text: str = "I asked cloud code.") -> ScriptedDecoder:
    """Each clip is right from a weight of its own on."""

    def says(name: str, strengths: dict[str, float]) -> str:
        right = strengths.get("Claude Code", 0.0) >= at.get(name, 100.0)
        return text.replace("cloud code", "Claude Code") if right else text

    return ScriptedDecoder(says)


def trial(decoder: ScriptedDecoder, hotwords: Hotwords = OWN) -> Trial:
    return Trial(decoder, hotwords, Term("Claude Code"), lambda *_: None)


def test_each_clip_is_tried_only_as_far_as_needed() -> None:
    decoder = turning({"weak": 0.5, "usual": 1.0, "strong": 2.5})
    names = ("weak", "usual", "strong", "never")
    tried = asyncio.run(trial(decoder).speak([clip(name) for name in names], WEIGHTS))
    assert [one.turns_at for one in tried] == [0.5, 1.0, 2.5, None]
    assert [[reading.weight for reading in one.readings] for one in tried] == [
        [0.5, 1.0],
        [0.5, 1.0],
        [1.0, 1.6, 2.5],
        [1.0, 1.6, 2.5, 4.0],
    ]
    assert tried[0].readings[0].changes == (Change("cloud code.", "Claude Code."),)


def test_the_rest_of_the_list_is_on_in_all_runs() -> None:
    decoder = turning({})
    own = Hotwords((OTHER, Term("claude code", weight=3.0)), strength=2.0)
    asyncio.run(trial(decoder, own).speak([clip("a")], (1.0,)))
    assert [strengths for _, strengths in decoder.decoded] == [
        {"Anthropic": 4.0},
        {"Anthropic": 4.0, "Claude Code": 2.0},
    ]


def test_one_list_is_used_for_all_clips_before_the_next() -> None:
    decoder = turning({"a": 1.0, "b": 1.0})
    asyncio.run(trial(decoder).speak([clip("a"), clip("b")], (0.5, 1.0)))
    used = [strengths.get("Claude Code") for _, strengths in decoder.decoded]
    assert used == [None, None, 1.0, 1.0, 0.5, 0.5]


def test_a_term_that_only_the_text_steps_write_is_marked() -> None:
    class Spelled:
        async def decode(self, sound: object, hotwords: Hotwords) -> Heard:
            on = any(term.spelling == "Claude Code" for term in hotwords.terms)
            return Heard("clot code", "Claude Code" if on else "clot code")

    found = Trial(Spelled(), Hotwords(), Term("Claude Code"), lambda *_: None)
    (one,) = asyncio.run(found.speak([clip("a")], (1.0,)))
    assert one.turns_at == 1.0
    assert one.readings[0].by_text_step


def test_what_did_not_change_at_a_higher_weight_is_not_decoded_again() -> None:
    decoder = turning({"harmed": 0.5, "worse": 2.0})
    clips = [clip("same"), clip("harmed"), clip("worse")]

    async def twice() -> tuple[list[bool], list[bool], int]:
        one = trial(decoder)
        high = await one.compare(clips, 4.0, "controls")
        before = len(decoder.decoded)
        low = await one.compare(clips, 1.0, "controls", high)
        again = len(decoder.decoded) - before
        return [each.changed for each in high], [each.changed for each in low], again

    assert asyncio.run(twice()) == ([False, True, True], [False, True, False], 2)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a b c", "a b c", ()),
        ("ask cloud code to", "ask Claude Code to", (Change("cloud code", "Claude Code"),)),
        ("a b", "a", (Change("b", ""),)),
        ("", "oh", (Change("", "oh"),)),
        ("a b c d e", "a x c y e", (Change("b", "x"), Change("d", "y"))),
    ],
)
def test_changes_are_the_fewest_words(before: str, after: str, found: object) -> None:
    assert changes(before, after) == found


@pytest.mark.parametrize(
    ("text", "spelling", "times"),
    [
        ("Claude Code, and Claude Code.", "Claude Code", 2),
        ("Claude Codes", "Claude Code", 0),
        ("claude code", "Claude Code", 0),
        ("I like C++.", "C++", 1),
        ("use .NET here", ".NET", 1),
        ("decode", "Code", 0),
    ],
)
def test_a_term_counts_as_whole_words_in_its_spelling(text: str, spelling: str, times: int) -> None:
    assert occurrences(text, spelling) == times


@pytest.mark.parametrize(
    ("said", "text", "form"),
    [
        ("I asked Claude Code today.", "i asked cloud coat today", "cloud coat"),
        ("Claude Code is new.", "clawed is new", "clawed"),
        ("The answer came from Claude Code.", "the answer came from", ""),
        ("Nothing of it.", "anything", ""),
    ],
)
def test_what_was_heard_in_its_place(said: str, text: str, form: str) -> None:
    assert misheard(said, text, "Claude Code") == form


def test_the_progress_names_each_clip() -> None:
    seen: list[tuple[str, int, int]] = []
    report: Callable[[str, int, int], None] = lambda *event: seen.append(event)  # noqa: E731
    clips: list[Clip] = [clip("a"), clip("b")]
    asyncio.run(Trial(turning({}), Hotwords(), Term("X"), report).speak(clips, (1.0,)))
    assert seen == [
        ("without the term", 1, 2),
        ("without the term", 2, 2),
        ("weight 1", 1, 2),
        ("weight 1", 2, 2),
    ]
