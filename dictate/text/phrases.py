"""Finds phrases in a text: whole words, case-insensitive, longest first, in one pass.

One pass for all kinds of phrases, so that the result of one is never matched by another.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from dictate.text.pieces import Outcome, Piece

_JOINS_WORDS = tuple("./\\@'\u2019")
"""Signs that join two words into one: a file name, a path, an address, "don't"."""

_LEADS_A_NAME = tuple("/\\@")

_POSSESSIVE = re.compile(r"['\u2019]s(?!\w)", re.IGNORECASE)


class Phrases:
    """A list of phrases, prepared for searching. Expensive to build, so keep it."""

    def __init__(self, outcomes: Iterable[tuple[str, Outcome]]) -> None:
        """`outcomes`: each phrase with its result; of two equal phrases the first wins."""
        self._outcomes: dict[str, Outcome] = {}
        lengths: dict[str, set[int]] = {}
        for phrase, outcome in outcomes:
            atoms = _atoms(phrase)
            if atoms:
                self._outcomes.setdefault(_spoken(phrase, atoms), outcome)
                lengths.setdefault(_spoken(phrase, atoms[:1]), set()).add(len(atoms))
        self._lengths = {word: sorted(found, reverse=True) for word, found in lengths.items()}

    def find(self, text: str, is_ordinary: Callable[[Outcome, str, str], bool]) -> Iterator[Piece]:
        """Split `text` into unchanged parts and the results of the phrases in it.

        `is_ordinary(outcome, before, after)` decides from the text on both sides whether the
        phrase is meant literally here.
        """
        atoms = _atoms(text)
        done = at = 0
        while at < len(atoms):
            start = atoms[at][0]
            for length in self._lengths.get(_spoken(text, atoms[at : at + 1]), ()):
                span = atoms[at : at + length]
                stop = span[-1][1]
                outcome = self._outcomes.get(_spoken(text, span))
                if (
                    outcome is not None
                    and not _inside_a_word(text, start, stop)
                    and not is_ordinary(outcome, text[:start], text[stop:])
                ):
                    if start > done:
                        yield text[done:start]
                    yield outcome
                    done = stop
                    at += length
                    break
            else:
                at += 1
        if done < len(text):
            yield text[done:]


def _spoken(text: str, atoms: list[tuple[int, int]]) -> str:
    """A phrase in comparable form: without letter case and with single spaces."""
    said = ""
    stop = atoms[0][0]
    for start, end in atoms:
        said += (" " if start > stop else "") + _folded(text[start:end])
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


def _atoms(text: str) -> list[tuple[int, int]]:
    """Start and end of each word and of each single sign."""
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
