"""Which terms fired, which were heard anyway, and what a correction says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.hotwords.corrections import Correction, corrections, replaced
from dictate.hotwords.firings import Firing, FiringKind, firings, undecided
from dictate.hotwords.spoken_words import TermFinder

FIRED, HEARD, SPELLED = FiringKind.FIRED, FiringKind.HEARD, FiringKind.SPELLED
TERMS = TermFinder(
    [
        ("Claude Code", ["clawed code"]),
        ("Claude", []),
        ("C++", []),
        (".NET", []),
        ("O'Reilly", []),
        ("東京駅", []),
    ]
)


@pytest.mark.parametrize(
    ("plain", "heard", "found"),
    [
        (
            "I ask cloud. The cloud storage is full, but cloud coat can help.",
            "I ask Claude. The cloud storage is full, but Claude Code can help.",
            [("Claude", FIRED, "cloud", "Claude"), ("Claude Code", FIRED, "cloud coat", None)],
        ),
        ("Claude's is here", "Claude's is here", [("Claude", HEARD, "Claude's", "Claude's")]),
        ("ask clawed code", "ask clawed code", [("Claude Code", SPELLED, "clawed code", None)]),
        # A part of the term was heard without help, and it took a word more.
        ("use cloud Code now", "use Claude Code now", [("Claude Code", FIRED, "cloud Code", None)]),
        ("the sea plus plus code", "the C++ code", [("C++", FIRED, "sea plus plus", "C++")]),
        ("see C, and .NET.", "see C, and .NET.", [(".NET", HEARD, ".NET", ".NET")]),
        ("ask o\u2019reilly", "ask O'Reilly", [("O'Reilly", HEARD, "O'Reilly", "O'Reilly")]),
        ("我在東京都", "我在東京駅", [("東京駅", FIRED, "東京都", "東京駅")]),
        ("nothing of it", "nothing of it", []),
        ("", "Claude", [("Claude", FIRED, "", "Claude")]),
    ],
)
def test_what_a_term_did(
    plain: str, heard: str, found: list[tuple[str, FiringKind, str, str | None]]
) -> None:
    expected = [Firing(term, kind, before, after or term) for term, kind, before, after in found]
    assert firings(plain, heard, TERMS) == expected


def test_without_a_plain_text_only_the_text_step_is_certain() -> None:
    heard = "Claude and clawed code"
    assert firings(None, heard, TERMS) == [
        Firing("Claude Code", SPELLED, "clawed code", "Claude Code")
    ]
    assert undecided(heard, TERMS)
    assert not undecided("only clawed code", TERMS)


@given(st.text(alphabet="ab .'東京駅\n", max_size=30), st.text(alphabet="ab .'東京駅", max_size=30))
def test_any_two_texts_have_firings(plain: str, heard: str) -> None:
    terms = TermFinder([("a b", ["b b"]), ("東京", []), ("a", [])])
    found = firings(plain, heard, terms)
    assert all(firing.term in ("a b", "東京", "a") for firing in found)
    assert firings(heard, heard, terms) == [
        firing for firing in firings(heard, heard, terms) if firing.kind is not FIRED
    ]


@pytest.mark.parametrize(
    ("written", "corrected", "found"),
    [
        ("I ask cloud code now.", "I ask Claude Code now.", [("cloud code", "Claude Code")]),
        (
            "the cloud, and a clod",
            "the Claude, and a cloth",
            [("cloud", "Claude"), ("clod", "cloth")],
        ),
        ("I say um this", "I say this", [("um", "")]),
        ("I say this", "I say Zoë this", [("", "Zoë")]),
        ("well then", "Well, then.", []),
        ("Ask the cloud.", "ask the Claude", [("cloud", "Claude")]),  # fitted in mid-sentence
        ("That is it. and more", "That is it. And more", []),
        ("use rust here", "use Rust here", [("rust", "Rust")]),
        ("same", "same", []),
        ("one cloud\ncode", "one Claude\nCode", [("cloud code", "Claude Code")]),
    ],
)
def test_what_the_user_corrected(
    written: str, corrected: str, found: list[tuple[str, str]]
) -> None:
    assert corrections(written, corrected) == [Correction(*pair) for pair in found]


def test_words_are_replaced_wherever_they_stand() -> None:
    text = "Cloud code, the cloudy cloud. I mean (cloud code)!"
    assert replaced(text, "cloud code", "Claude Code") == (
        "Claude Code, the cloudy cloud. I mean (Claude Code)!"
    )
    assert replaced(text, "clod", "Claude") is None
    assert replaced(text, " ", "Claude") is None


def test_only_whole_words_are_replaced_even_if_they_are_a_part_of_an_earlier_one() -> None:
    assert replaced("Within the in box.", "in", "In") == "Within the In box."
    assert replaced("cloud ... code!", "cloud code", "Claude Code") == "Claude Code!"
    assert replaced("the the (the)", "the", "a") == "a a (a)"


def test_words_that_are_taken_out_leave_one_space() -> None:
    assert replaced("um we go um there, um.", "um", "") == "we go there,."
