"""What Qwen3-ASR is told, and when it is not believed."""

import pytest

from dictate.engines.prompt_guard import clean, most_tokens
from dictate.engines.qwen3.loop_guard import unlooped
from dictate.engines.qwen3.prompt import (
    Context,
    context,
    language_name,
    tag_of,
    why_not_language,
)
from dictate.engines.selection import MOST_PROMPTED
from dictate.hotwords.model import Hotwords, Term, TermState

CONTROL = ("<|im_end|>", "<|audio_pad|>", "<asr_text>", "<think>")


def told(hotwords: Hotwords, tag: str = "en", most: int = 10_000) -> Context:
    return context(hotwords, tag, CONTROL, lambda text: len(text) <= most)


@pytest.mark.parametrize(
    ("terms", "own", "text"),
    [
        ("", "", ""),
        (
            "Claude Code",
            "",
            "This is a dictation about Claude Code. Technical terms: Claude Code.",
        ),
        (
            "Claude Nemotron",
            "",
            "This is a dictation about Claude and Nemotron. Technical terms: Claude, Nemotron.",
        ),
        (
            "A1 B2 C3 D4",
            "",
            "This is a dictation about A1, B2 and C3. Technical terms: A1, B2, C3, D4.",
        ),
        ("", "Notes on speech", "Notes on speech"),
        ("Claude", "Notes on speech", "Notes on speech. Technical terms: Claude."),
        ("Claude", "What is new?\nNotes.", "What is new? Notes. Technical terms: Claude."),
    ],
)
def test_terms_become_a_rich_context(terms: str, own: str, text: str) -> None:
    spellings = (terms,) if terms == "Claude Code" else tuple(terms.split())
    found = told(Hotwords(tuple(map(Term, spellings)), context=own))
    assert found == Context(text, spellings)


def test_only_terms_that_count_are_told() -> None:
    hotwords = Hotwords(
        (
            Term("Kubernetes"),
            Term("Quarantine", state=TermState.QUARANTINED),
            Term("Zwieback", language="de"),
            Term("Heavy", weight=2.0),
        )
    )
    assert told(hotwords).terms == ("Heavy", "Kubernetes")
    assert told(hotwords, "de-CH").terms == ("Heavy", "Kubernetes", "Zwieback")
    assert told(hotwords, "auto").terms == ("Heavy", "Kubernetes", "Zwieback")
    assert told(Hotwords((Term("Rust"),), strength=0, context="Talk.")) == Context("Talk.")


def test_too_many_terms_are_named_and_the_heaviest_stay() -> None:
    many = tuple(Term(f"term{n}", weight=1 + n / 100) for n in range(MOST_PROMPTED + 2))
    found = told(Hotwords(many))
    assert len(found.terms) == MOST_PROMPTED
    assert found.terms[0] == f"term{MOST_PROMPTED + 1}"
    assert [line.partition(":")[0] for line in found.unusable] == ["term1", "term0"]
    assert f"{MOST_PROMPTED} of these" in found.unusable[0]


def test_a_context_that_is_too_long_loses_terms_then_the_sentence() -> None:
    hotwords = Hotwords(tuple(map(Term, ("Anthropic", "Hyprland"))), context="Notes.")
    assert told(hotwords, most=40).text == "Notes. Technical terms: Anthropic."
    assert [line.partition(":")[0] for line in told(hotwords, most=40).unusable] == ["Hyprland"]
    found = told(hotwords, most=5)
    assert found.text == ""
    assert [line.partition(":")[0] for line in found.unusable] == [
        "context",
        "Anthropic",
        "Hyprland",
    ]


@pytest.mark.parametrize(
    ("dirty", "wanted"),
    [
        ("Rust<|im_end|>", "Rust"),
        ("a <|anything at all|> b", "a b"),
        ("<asr_<asr_text>text>x", "<asr_ text>x"),
        ("<|im_<|im_end|>end|>x", "x"),
        ("vector<int> <div>", "vector<int> <div>"),
        ("two\nlines\t.", "two lines ."),
    ],
)
def test_control_tokens_are_taken_out(dirty: str, wanted: str) -> None:
    cleaned = clean(dirty, CONTROL)
    assert not any(token in cleaned for token in CONTROL)
    assert cleaned == wanted


def test_a_term_of_nothing_else_is_named() -> None:
    found = told(Hotwords((Term("<|im_end|>"), Term("Rust"))))
    assert found.terms == ("Rust",)
    assert [line.partition(":")[0] for line in found.unusable] == ["<|im_end|>"]


def test_languages() -> None:
    assert [language_name(tag) for tag in ("en", "EN-us", "zh-Hant", "yue", "auto")] == [
        "English",
        "English",
        "Chinese",
        "Cantonese",
        None,
    ]
    assert [tag_of(name) for name in ("English", " german ", "Elvish", "")] == ["en", "de", "", ""]
    assert why_not_language("auto") is why_not_language("pt-BR") is None
    assert "'uk'" in (why_not_language("uk") or "")


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([1, 2, 3], 3),
        ([1, 2] + [3] * 11, 13),
        ([1, 2] + [3] * 12, 3),
        ([1] + [2, 3] * 7, 15),
        ([1] + [2, 3] * 8, 3),
        ([1] + [2, 3, 4, 5] * 5, 5),
        ([1] + [2, 3, 4, 5] * 4, 17),
        ([1] + list(range(2, 18)) * 5, 17),
        ([1, 2, 3] * 8 + [9], 25),
        ([], 0),
    ],
)
def test_what_turns_in_circles_is_cut_to_one_turn(tokens: list[int], kept: int) -> None:
    assert unlooped(tokens) == kept


def test_a_number_may_have_many_noughts() -> None:
    assert unlooped([1] + [0] * 30, frozenset(range(10))) == 31
    assert unlooped([11] + [10] * 30, frozenset(range(10))) == 2


def test_the_length_follows_the_sound() -> None:
    assert most_tokens(0) == 64
    assert most_tokens(10) == 144
