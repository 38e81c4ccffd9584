"""Finds phrases in a text: whole words, longest first, in one pass.

One pass for all kinds of phrases, so that the result of one is never matched by another. Letter
case, typographic apostrophes and hyphens, the kind of spaces, and how accents are encoded make no
difference.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from dictate.text.pieces import Escape, Outcome

_PLAIN = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u02bc\u02b9\u2032\uff07\u00b4", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-")
)
"""Typographic signs and the plain ones that they stand for; one character each, so that places in
the text stay the same."""

_JOINS_WORDS = tuple("./\\@'")
"""Signs that join two words into one: a file name, a path, an address, "don't"."""

_LEADS_A_NAME = tuple("/\\@")

_ASCII_ATOM = re.compile(r"\w+|\S")

_POSSESSIVE = re.compile(r"'s(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in a text."""

    start: int
    stop: int
    outcome: Outcome


class Phrases:
    """A list of phrases, prepared for searching. Expensive to build, so keep it."""

    def __init__(
        self,
        outcomes: Iterable[tuple[str, Outcome]],
        known: dict[str, Outcome] | None = None,
        lengths: dict[str, list[int]] | None = None,
    ) -> None:
        """`outcomes`: each phrase with its result; of two equal phrases the first wins. `known` and
        `lengths` are what the phrases before these have become."""
        self._outcomes: dict[str, Outcome] = known or {}
        self._lengths: dict[str, list[int]] = lengths or {}
        """How many atoms the phrases have that begin with this one, the most first."""
        for phrase, outcome in outcomes:
            plain = phrase if phrase.isascii() else phrase.translate(_PLAIN)
            atoms = atoms_in(plain)
            if atoms:
                self._outcomes.setdefault(_spoken(plain, atoms), outcome)
                first = _spoken(plain, atoms[:1])
                already = self._lengths.get(first, [])
                if len(atoms) not in already:
                    self._lengths[first] = sorted([*already, len(atoms)], reverse=True)

    def then(self, outcomes: Iterable[tuple[str, Outcome]]) -> "Phrases":
        """These phrases, and after them others. Cheap if the others are few."""
        return Phrases(outcomes, dict(self._outcomes), dict(self._lengths))

    def find(self, text: str, is_ordinary: Callable[[Match, str], bool]) -> Iterator[Match]:
        """The phrases in `text`, from left to right.

        `is_ordinary(match, text)` decides from the text on both sides, with plain signs, whether
        the phrase is meant literally here.
        """
        text = text.translate(_PLAIN)
        atoms = atoms_in(text)
        at = 0
        while at < len(atoms):
            start = atoms[at][0]
            for length in self._lengths.get(_spoken(text, atoms[at : at + 1]), ()):
                span = atoms[at : at + length]
                stop = span[-1][1]
                outcome = self._outcomes.get(_spoken(text, span))
                if outcome is None or _inside_a_word(text, start, stop):
                    continue
                match = Match(start, stop, outcome)
                if isinstance(outcome, Escape):
                    yield Match(start, span[outcome.words - 1][1], outcome)
                elif not is_ordinary(match, text):
                    yield match
                at += length
                break
            else:
                at += 1


def _spoken(text: str, atoms: list[tuple[int, int]]) -> str:
    """A phrase in comparable form: without letter case and with single spaces."""
    said = ""
    stop = atoms[0][0]
    for start, end in atoms:
        word = text[start:end]
        said += (" " if start > stop else "") + (word.lower() if word.isascii() else _folded(word))
        stop = end
    return said


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())


def _inside_a_word(text: str, start: int, stop: int) -> bool:
    before = text[max(start - 2, 0) : start][::-1]
    after = text[stop : stop + 3]
    if _kind(before[:1]) == "word" or _kind(after[:1]) == "word":
        return True
    if before.startswith(_LEADS_A_NAME):
        return True
    if before.startswith(_JOINS_WORDS) and _kind(before[1:]) == "word":
        return True
    if after.startswith(_JOINS_WORDS) and _kind(after[1:2]) == "word":
        return not _POSSESSIVE.match(after)
    return False


def atoms_in(text: str) -> list[tuple[int, int]]:
    """Start and end of each word and of each single sign."""
    if text.isascii():  # most texts, and this is much faster
        return [match.span() for match in _ASCII_ATOM.finditer(text)]
    atoms = []
    at = 0
    for kind, run in groupby(text, key=_kind):
        length = len(list(run))
        if kind == "word":
            atoms.append((at, at + length))
        elif kind == "sign":
            atoms.extend((n, n + 1) for n in range(at, at + length))
        at += length
    return atoms


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    if not character or character.isspace():
        return "space"
    if character.isalnum() or character in "_\u200c\u200d":
        return "word"
    return "word" if unicodedata.category(character)[0] == "M" else "sign"
