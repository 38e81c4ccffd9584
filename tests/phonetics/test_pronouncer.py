# ruff: noqa: RUF001
"""Terms become phonemes."""

import shutil

import pytest

from dictate.hotwords.model import Term
from dictate.phonetics.pronouncer import MOST_PRONUNCIATIONS, Pronouncer, from_ipa

DICTIONARY = {
    "claude": "K L AO D", "code": "K OW D", "clod": "K L AA D", "a": "AH", "a(2)": "EY",
    "b": "B IY", "w": "D AH B AH L Y UW", "s": "EH S", "read": "R EH D", "read(2)": "R IY D",
}  # fmt: skip


def pronounce(*terms: Term) -> tuple[dict[str, list[str]], list[str]]:
    found, unusable = Pronouncer(DICTIONARY.get).pronounce(terms)
    return {term.spelling: sounds for term, sounds in found.items()}, unusable


def test_a_term_of_two_words_is_one_unit() -> None:
    assert pronounce(Term("Claude Code")) == ({"Claude Code": ["K L AO D K OW D"]}, [])


def test_spoken_forms_are_further_pronunciations() -> None:
    found, _ = pronounce(Term("Claude Code", sounds_like=("clod code",)))
    assert found["Claude Code"] == ["K L AO D K OW D", "K L AA D K OW D"]


def test_every_combination_counts_but_not_too_many() -> None:
    assert pronounce(Term("read code"))[0]["read code"] == ["R EH D K OW D", "R IY D K OW D"]
    assert len(pronounce(Term("read " * 9))[0]["read " * 9]) == MOST_PRONUNCIATIONS


def test_capitals_are_spelled_out() -> None:
    assert "EY D AH B AH L Y UW EH S" in pronounce(Term("AWS"))[0]["AWS"]


def test_a_term_without_words_is_named() -> None:
    assert pronounce(Term("—")) == (
        {},
        ["'—': it has no word that can be spoken; add sounds_like"],
    )


def test_an_unknown_word_without_espeak_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found, unusable = pronounce(Term("Kubernetes"), Term("Claude"))
    assert list(found) == ["Claude"]
    assert unusable == [
        "'Kubernetes': how it sounds is not known; install what Debian calls espeak-ng, or add"
        " sounds_like"
    ]
    spelled = Term("Kubernetes", sounds_like=("code",))
    assert pronounce(spelled) == ({"Kubernetes": ["K OW D"]}, [])


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("Kubernetes", "K Y UW B ER N IY T S"),
        ("Anthropic", "AE N TH R AA P IH K"),
        ("nginx", None),
        ("Bjørn", None),
        ("東京", None),
    ],
)
def test_espeak_knows_the_rest(word: str, sounds: str | None) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed, which says how words sound: apt install espeak-ng")
    found, unusable = pronounce(Term(word))
    assert unusable == []
    if sounds is not None:
        assert found[word] == [sounds]


def test_ipa_that_nobody_knows_is_left_out() -> None:
    assert from_ipa("(de)b_j_ˈɔːɹ_n(en-us)") == "B Y AO R N"
    assert from_ipa("ˈtʃ_aɪ_ǃ") == "CH AY"
    assert from_ipa("") == ""


def test_signs_are_spoken_where_people_speak_them() -> None:
    known = {**DICTIONARY, "plus": "P L AH S", "dot": "D AA T", "sharp": "SH AA R P"}
    found = Pronouncer(known.get).sounds(["B++", "B#", ".code", "claude.code", "claude. code"])
    assert found == {
        "B++": ["B IY P L AH S P L AH S"],
        "B#": ["B IY SH AA R P"],
        ".code": ["D AA T K OW D"],
        "claude.code": ["K L AO D D AA T K OW D", "K L AO D K OW D"],
        "claude. code": ["K L AO D K OW D"],
    }


def test_espeak_is_asked_for_no_more_words_than_allowed() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed, which says how words sound: apt install espeak-ng")
    pronouncer = Pronouncer(DICTIONARY.get)
    first = pronouncer.sounds(["Anthropic", "Kubernetes"], most_unknown=1)
    assert first["Anthropic"]
    assert not first["Kubernetes"]
    assert pronouncer.sounds(["Anthropic", "Kubernetes"], most_unknown=1)["Kubernetes"]
