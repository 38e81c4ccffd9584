"""Common words that sound like a phrase, from the dictionary and the word pairs of PocketSphinx."""

import itertools
from pathlib import Path

import pytest

from dictate.phonetics import dictionary, homophones
from dictate.phonetics.homophones import near_homophones
from dictate.phonetics.phonemes import PHONEMES


def test_the_case_that_began_it() -> None:
    found = near_homophones("Claude")
    assert found[0] == "cloud"
    assert {"clause", "closed", "glued"} <= set(found)
    assert "claude" not in found


def test_a_phrase_has_pairs_and_the_words_of_its_parts() -> None:
    found = near_homophones("Claude Code")
    assert "cloud code" in found
    assert "cloud" in found
    assert not {"claude", "code", "claude code"} & set(found)
    assert len(found) == len(set(found)) == 20


def test_one_word_may_sound_like_two() -> None:
    assert "get hub" in near_homophones("GitHub", 5)


def test_as_many_as_asked_for() -> None:
    assert near_homophones("Claude", 3) == near_homophones("Claude", 20)[:3]


def test_a_phrase_of_unknown_sound_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert near_homophones("Xqzvbn") == []


def test_the_dictionary_holds_phonemes_that_we_know() -> None:
    entries = dictionary.entries()
    assert len(entries) > 100_000
    assert dictionary.lookup("claude") == "K L AO D"
    assert dictionary.lookup("xqzvbn") is None
    some = itertools.islice(entries.values(), 0, None, 100)
    assert {phoneme for sounds in some for phoneme in sounds.split()} <= PHONEMES


def test_the_word_pairs_know_what_is_usual() -> None:
    pairs = dictionary.word_pairs()
    word, storage, code = (pairs.word(word) for word in ("the", "storage", "xqzvbn"))
    assert word is not None
    assert storage is not None
    assert word > storage
    assert code is None
    after_cloud, after_the = pairs.after("storage", "cloud"), pairs.after("storage", "the")
    assert after_cloud is not None
    assert after_the is not None
    assert after_cloud > after_the
    assert pairs.after("xqzvbn", "cloud") is None


def test_without_pocketsphinx_there_is_no_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary, "_model_folder", lambda: tmp_path)
    dictionary.entries.cache_clear()
    try:
        assert dictionary.entries() == {}
    finally:
        dictionary.entries.cache_clear()


def test_common_words_are_common() -> None:
    words = {word for word, _, _ in dictionary.common_words(homophones.RAREST)}
    assert {"cloud", "close", "i'm", "read"} <= words
    assert "claude" not in words
