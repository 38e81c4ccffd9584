"""A text as words that can be compared, and the terms found in it. Pure.

The words keep the signs that belong to a name ("C++", ".NET", "node.js") and lose those of the
sentence. Letter case, typographic apostrophes, and how accents are encoded make no difference.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from dictate.unicode_scripts import pieces, runs

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc", "'"))
_OPENING = "\"'([{<\u00bf\u00a1\u00ab\u201c\u201e"
_CLOSING = ",.;:!?\u2026\"')]}>\u00bb\u201d\u3002\uff0c\u3001"


def word_key(piece: str) -> str:
    """The word in comparable form; empty for signs alone."""
    word = unicodedata.normalize("NFC", piece.strip().translate(_APOSTROPHES)).casefold()
    return word.lstrip(_OPENING).rstrip(_CLOSING).removesuffix("'s")


@dataclass(frozen=True, slots=True)
class Words:
    """A text, cut into words."""

    pieces: tuple[str, ...]
    """Each word with the space before it and its signs."""
    keys: tuple[str, ...]
    """The same, comparable."""

    @classmethod
    def of(cls, text: str, whole: frozenset[str] = frozenset()) -> Self:
        """`whole`: runs of a script without spaces that are one word (`TermFinder.whole`)."""
        # With a space in front, so that the first word is cut like all others.
        found = tuple(piece for piece in pieces(f" {text}", whole) if word_key(piece))
        return cls(found, tuple(map(word_key, found)))

    def text(self, start: int, stop: int) -> str:
        """These words as they were, without the signs of the sentence around them."""
        joined = "".join(self.pieces[start:stop]).strip()
        return joined.strip(_OPENING).rstrip(_CLOSING)


@dataclass(frozen=True, slots=True)
class Found:
    """A term in a text, at the words `start` to `stop`."""

    start: int
    stop: int
    term: str
    """Its spelling."""
    by_form: bool
    """Whether the text has one of the forms in `sounds_like`, not the spelling."""


class TermFinder:
    """Finds terms in texts. Building it takes a moment for a long list."""

    def __init__(self, terms: Iterable[tuple[str, Iterable[str]]]) -> None:
        """`terms`: each spelling with its spoken forms."""
        terms = [(spelling, tuple(forms)) for spelling, forms in terms]
        phrases = [(spelling, spelling, False) for spelling, _ in terms]
        phrases += [(form, spelling, True) for spelling, forms in terms for form in forms]
        self.whole = frozenset(runs("\n".join(phrase for phrase, _, _ in phrases)))
        self._known: dict[tuple[str, ...], tuple[str, bool]] = {}
        lengths: dict[str, set[int]] = {}
        for phrase, spelling, by_form in phrases:
            if keys := Words.of(phrase, self.whole).keys:
                self._known.setdefault(keys, (spelling, by_form))
                lengths.setdefault(keys[0], set()).add(len(keys))
        self._lengths = {first: sorted(many, reverse=True) for first, many in lengths.items()}

    def words(self, text: str) -> Words:
        """The text as this finder takes it."""
        return Words.of(text, self.whole)

    def find(self, words: Words) -> list[Found]:
        """The terms from left to right, the longest first; no two overlap."""
        found: list[Found] = []
        at = 0
        while at < len(words.keys):
            for length in self._lengths.get(words.keys[at], ()):
                if known := self._known.get(words.keys[at : at + length]):
                    found.append(Found(at, at + length, *known))
                    at += length
                    break
            else:
                at += 1
        return found
