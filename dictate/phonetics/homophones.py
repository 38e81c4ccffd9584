"""Common English words and word pairs that sound like a phrase, or like a part of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from dictate.phonetics.dictionary import common_words, word_pairs
from dictate.phonetics.distance import distance
from dictate.phonetics.phonemes import is_vowel, sound_key
from dictate.phonetics.pronouncer import pronunciations, words_in

NEAR: Final = 0.25
"""Distance up to which a word counts as near: "claude" and "cloud" have 0.08, "load" 0.19, "called"
0.30."""
RAREST: Final = -13.0
"""Natural logarithm of the share of a word that is common: one in 440,000, some 13,000 words."""
_USUAL: Final = -7.0
_RARITY: Final = 0.005
"""What a word loses for each factor e by which it is rarer than one in a thousand: of two that are
about as near, the more common one is first."""
_HALVES: Final = 8
"""Words that are tried for each half of a pair."""
_SHARE_OF_PARTS: Final = 3
"""One in so many results sounds like a part of the phrase, where it has parts."""


@dataclass(frozen=True, slots=True)
class _Word:
    word: str
    sounds: str
    rarity: float


def near_homophones(phrase: str, limit: int = 20) -> list[str]:
    """The nearest and most common first, without the words of the phrase itself: "Claude Code"
    has "cloud code", "clawed coat" and, for its parts, "cloud" and "coat".

    Empty for a phrase whose sound is not known. May run espeak-ng, and takes some ms per word.
    """
    own = [word.casefold() for word in words_in(phrase)]
    whole, parts = _Best(), _Best()
    for sounds in pronunciations([phrase])[phrase]:
        for score, text in (*_words(sounds), *_pairs(sounds)):
            if text.split() != own:
                whole.add(score, text)
    if len(own) > 1:
        for word, found in pronunciations(own).items():
            for sounds in found:
                for score, text in _words(sounds):
                    if text != word:
                        parts.add(score, text)
    few = list(islice(parts.first(), limit // _SHARE_OF_PARTS))
    most = list(islice(whole.first(), limit - len(few)))
    rest = (text for text in parts.first() if text not in few)
    return list(dict.fromkeys((*most, *few, *rest)))[:limit]


class _Best:
    """Texts, each with its best score; less is better."""

    def __init__(self) -> None:
        self._scores: dict[str, float] = {}

    def add(self, score: float, text: str) -> None:
        self._scores[text] = min(score, self._scores.get(text, score))

    def first(self) -> Iterable[str]:
        return sorted(self._scores, key=lambda text: (self._scores[text], text))


def _words(sounds: str) -> Iterator[tuple[float, str]]:
    for apart, word in near_words(sounds):
        yield apart + word.rarity, word.word


def _pairs(sounds: str) -> Iterator[tuple[float, str]]:
    """Pairs of words that share these sounds, each with a vowel of its own."""
    phonemes = sounds.split()
    vowels = [at for at, phoneme in enumerate(phonemes) if is_vowel(phoneme)]
    if len(vowels) < 2:
        return
    pairs = word_pairs()
    for cut in range(vowels[0] + 1, vowels[-1] + 1):
        halves = phonemes[:cut], phonemes[cut:]
        first, second = (
            sorted(near_words(" ".join(half)), key=_score)[:_HALVES] for half in halves
        )
        for apart, one in first:
            for apart2, two in second:
                both = (apart * len(halves[0]) + apart2 * len(halves[1])) / len(phonemes)
                if both <= NEAR:
                    rarity = one.rarity + _rarity(pairs.after(two.word, one.word))
                    yield both + rarity, f"{one.word} {two.word}"


def _rarity(share: float | None) -> float:
    return 0.0 if share is None else _RARITY * max(0.0, _USUAL - share)


def _score(found: tuple[float, _Word]) -> tuple[float, str]:
    return found[0] + found[1].rarity, found[1].word


@lru_cache(maxsize=1024)
def near_words(sounds: str) -> list[tuple[float, _Word]]:
    """The common words within `NEAR`, with their distance."""
    keys, words = _index()
    key = sound_key(sounds)
    most = max(1, len(key) // 3)
    found = process.extract(key, keys, scorer=Levenshtein.distance, score_cutoff=most, limit=None)
    near = ((distance(sounds, words[at].sounds), words[at]) for _, _, at in found)
    return [(apart, word) for apart, word in near if apart <= NEAR]


def close_words(sounds: str) -> list[tuple[float, str]]:
    """The common words that differ in easily confused phonemes only, the nearest first, with their
    distance. Takes 10 us: it looks at words of the same key only."""
    found = (
        (distance(sounds, word.sounds), word.word) for word in _keyed().get(sound_key(sounds), ())
    )
    return sorted((apart, word) for apart, word in found if apart <= NEAR)


@cache
def _keyed() -> dict[str, list[_Word]]:
    keyed: dict[str, list[_Word]] = {}
    for key, word in zip(*_index(), strict=True):
        keyed.setdefault(key, []).append(word)
    return keyed


@cache
def _index() -> tuple[list[str], list[_Word]]:
    words = [_Word(word, sounds, _rarity(share)) for word, sounds, share in common_words(RAREST)]
    return [sound_key(word.sounds) for word in words], words
