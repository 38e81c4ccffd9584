"""Whether words could be a misheard term: by sound in English, else by letters.

The sounds of a list are looked up when it is prepared, because that may run espeak-ng. At the
release only the pronouncing dictionary is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel, Levenshtein

from dictate.phonetics.dictionary import WordPairs, entries, word_pairs
from dictate.phonetics.distance import nearest
from dictate.phonetics.ordinary import ordinary_share
from dictate.phonetics.phonemes import sound_key
from dictate.phonetics.pronouncer import shared
from dictate.unicode_scripts import units

LETTERS: Final = 0.65
"""Share of letters in the longest common subsequence from which on words are alike if their sound
is not known: "Claude" and "cloud" have 0.73, "Hyprland" and "have plan" 0.62."""
SAME_LETTERS: Final = 0.8
"""The same for words that sound unlike, but not by more than `FAR`: the sound of a name is a
guess."""
LEAST_LETTERS: Final = 0.4
"""The same below which words are not compared by sound: "Kubernetes" and "cuban eddies" have
0.57."""
FAR: Final = 0.25
NEAR: Final = 0.02
"""Distance in sound that is allowed for each phoneme of the term, and one more: chance matches
short words. "Claude" and "cloud" (4 phonemes) have 0.07, "Delwip" and "delete" (6) 0.18,
"Kubernetes" and "cuban eddies" (10) 0.18."""
NEAREST: Final = 0.22
"""The same for terms of any length."""
LIFT: Final = 4.0
"""What the logarithm of a word's share gains after the word before it, from which on the two are a
fixed phrase: "cloud storage" has 6.4, "dark cloud" 5.5, "cloud is" 0.6, "show me" 2.1."""
ARTICLES: Final = ("the", "a", "an")
SEARCHED: Final = 0.7
SEARCHED_KEYS: Final = 0.75
"""Likeness in letters, and in the coarse key of the sound, from which on terms are searched for in
a text."""
MOST_UNKNOWN: Final = 300
"""Maximum number of words of a list that espeak-ng is asked for: it takes 1 ms for each. Terms
beyond are compared by their letters."""


class Likeness:
    """Compares words with the terms of a list."""

    def __init__(self, texts: Iterable[str] = (), *, english: bool = False) -> None:
        """Takes 0.3 s and 52 MB for the first English list. `texts` are terms in any case."""
        texts = list(texts)
        self._letters = list(dict.fromkeys(map(letters_of, texts)))
        self._sounds: dict[str, list[str]] = {}
        """The pronunciations of each term, by its letters."""
        self._english: WordPairs | None = None
        if english and entries():
            self._english = word_pairs()
            # The first spelling only: the others differ in their cases.
            first = {letters_of(text): text for text in reversed(texts)}
            found = shared().sounds(first.values(), MOST_UNKNOWN)
            self._sounds = {letters: found[text] for letters, text in first.items() if found[text]}
        keyed = {
            (sound_key(sound), term) for term, found in self._sounds.items() for sound in found
        }
        self._keyed = sorted(keyed)
        self._keys = [key for key, _ in self._keyed]

    def alike(self, heard: str, term: str) -> bool:
        """Whether the term could have been said where these words were heard."""
        return self.unlikeness(heard, term) is not None

    def unlikeness(self, heard: str, term: str) -> float | None:
        """How far from it they are, 0 to 1; None if it could not have been said there."""
        written = letters_of(term)
        letters = letters_alike(letters_of(heard), written)
        known = self._sounds.get(written)
        if letters < LEAST_LETTERS:
            return None
        sounds = self._heard(heard) if known else []
        if not known or not sounds:
            return 1 - letters if letters >= (SAME_LETTERS if known else LETTERS) else None
        apart = nearest(sounds, known)
        phonemes = max(sound.count(" ") + 1 for sound in known)
        near = min(NEAREST, NEAR * (phonemes + 1))
        alike = apart <= near or (letters >= SAME_LETTERS and apart <= FAR)
        return apart if alike else None

    def fixed(self, one: str, other: str) -> bool:
        """Whether two words, one after the other, are a fixed phrase of English."""
        if self._english is None:
            return False
        share, after = self._english.word(other), self._english.after(other, one)
        return share is not None and after is not None and after - share >= LIFT

    def noun(self, article: str, word: str) -> bool:
        """Whether these are an article and an ordinary word of English, as "the cloud" is: a name
        hardly ever follows an article."""
        if self._english is None or article not in ARTICLES:
            return False
        return ordinary_share(word, self._english) is not None

    def search(self, heard: Sequence[str]) -> set[str]:
        """The letters of all terms that could have been said for any of these. Takes some 0.5 ms
        for each of them, with 10,000 terms."""
        if not heard or not self._letters:
            return set()
        written = [letters_of(words) for words in heard]
        near = process.cdist(
            written, self._letters, scorer=Indel.normalized_similarity, score_cutoff=SEARCHED
        )
        found = {self._letters[at] for at in np.unique(np.nonzero(near)[1])}
        keys = [(words, sound_key(sound)) for words in heard for sound in self._heard(words)]
        if keys and self._keys:
            near = process.cdist(
                [key for _, key in keys],
                self._keys,
                scorer=Levenshtein.normalized_similarity,
                score_cutoff=SEARCHED_KEYS,
            )
            for row, at in zip(*np.nonzero(near), strict=True):
                term = self._keyed[at][1]
                if term not in found and self.alike(keys[row][0], term):
                    found.add(term)
        return found

    def _heard(self, words: str) -> list[str]:
        """How they sound, if all are in the dictionary."""
        return shared().sounds([words], most_unknown=0)[words] if self._sounds else []


def letters_alike(one: str, other: str) -> float:
    """The share of letters in the longest common subsequence, 0 to 1. Not difflib's ratio, which
    matches the longest common run first and may miss the rest."""
    return Indel.normalized_similarity(one, other)


def letters_of(text: str) -> str:
    """The letters and digits in lower case."""
    return "".join(units(text))
