"""Decides what to keep of a boosted text by comparing it with the text without boosting. Pure.

The decoder's score cannot distinguish a term that was said from one that merely fits; the plain
text is evidence of the sound. A term may replace words with similar letters, which is what a
misheard term looks like. Boosting may add nothing but terms. A boosted text that differs as a whole
is rejected as a whole.
"""

from collections.abc import Collection, Iterable
from itertools import compress
from typing import Final

from dictate.unicode_scripts import pieces, runs, signs_per_word, units
from dictate.word_alignment import aligned

LIKENESS: Final = 0.45
"""Similarity in letters, 0 to 1, that a term needs to the plain text it replaces: "Kubernetes" and
"cuban eddies" have 0.57, "Claude Code" and "clod coat" 0.56, "Hyprland" and "has been moved"
0.40."""
FREE_WORDS: Final = 1
FREE_SHARE: Final = 0.15
"""Words that may differ without a term to explain them: at least this many, and this share of the
text."""


class Forms:
    """What hotwords may bring into a text, prepared once for any number of texts: a list may be
    long, and the user waits for the text."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        folded = {term.casefold() for term in terms}
        self.whole = runs("\n".join(folded))
        self.phrases: dict[str, list[list[str]]] = {}
        """The words of each form, by the first of them."""
        for words in sorted({tuple(_words(term, self.whole)) for term in folded} - {()}):
            self.phrases.setdefault(words[0], []).append(list(words))


def settle(plain: str, boosted: str, terms: Forms | Iterable[str]) -> tuple[str, bool]:
    """The text to keep, and whether the boosted one was rejected as a whole."""
    forms = terms if isinstance(terms, Forms) else Forms(terms)
    whole = forms.whole
    # With a space in front: the beginning of one text may end up inside the other.
    one, other = pieces(f" {plain}", whole), pieces(f" {boosted}", whole)
    if not one:
        return "", bool(other)
    heard, claimed = [_letters(word) for word in one], [_letters(word) for word in other]
    inside, occurrences, repeated = _terms_in(claimed, forms)
    settled: list[str] = []
    gone = came = terms_came = 0.0
    stands = False
    """Whether a term of the boosted text is kept."""
    for equal, a, b, c, d in aligned(heard, claimed):
        if equal:
            stands |= any(inside[c:d])
            settled += other[c:d]
            continue
        gone, came = gone + _many(heard[a:b]), came + _many(claimed[c:d])
        terms_came += _many(compress(claimed[c:d], inside[c:d]))
        term = any(inside[c:d]) and _likeness(heard[a:b], claimed[c:d]) >= LIKENESS
        stands |= term
        settled += other[c:d] if term else one[a:b]
    # "nemo tron" is heard for "Nemotron": a term may have a word more or less than its sound.
    explained = terms_came + (occurrences if terms_came else 0)
    unexplained = max(0, gone - explained) + max(0, came - repeated - explained) + repeated
    if unexplained > max(FREE_WORDS, FREE_SHARE * _many(heard)):
        return plain, True
    # Around a term, signs and capitals are those that go with it; else boosting has no say in them.
    return " ".join("".join(settled if stands else one).split()), False


def _terms_in(words: list[str], forms: Forms) -> tuple[list[bool], int, float]:
    """Whether each word belongs to a term, the number of terms, and the number of words in terms
    that directly follow themselves, as they do when boosting runs wild."""
    inside = [False] * len(words)
    occurrences, repeated = 0, 0.0
    ends: dict[tuple[str, ...], int] = {}
    """Where each form that was found last ends."""
    for at, first in enumerate(words):
        for form in forms.phrases.get(first, ()):
            size, end = len(form), ends.get(tuple(form), -1)
            if words[at : at + size] != form or at < end:
                continue
            if at == end:
                repeated += _many(form)
            else:
                occurrences += 1
                inside[at : at + size] = [True] * size
            ends[tuple(form)] = at + size
    return inside, occurrences, repeated


def _likeness(heard: list[str], claimed: list[str]) -> float:
    """The share of letters in the longest common subsequence. Not difflib's ratio, which matches
    the longest common run first and may miss the rest."""
    one, other = "".join(heard), "".join(claimed)
    row = [0] * (len(other) + 1)
    for letter in one:
        above, row = row, [0]
        for at, candidate in enumerate(other):
            row.append(above[at] + 1 if letter == candidate else max(above[at + 1], row[at]))
    return 2 * row[-1] / max(1, len(one) + len(other))


def _letters(word: str) -> str:
    return "".join(units(word))


def _words(term: str, whole: Collection[str]) -> list[str]:
    return [letters for word in pieces(term, whole) if (letters := _letters(word))]


def _many(those: Iterable[str]) -> float:
    """The number of words, where some may be characters of a script without spaces."""
    return sum(
        1 if (signs := signs_per_word(letters)) == 1 else len(letters) / signs for letters in those
    )
