"""Decides what to keep of a boosted text by comparing it with the text without boosting.

The decoder's score cannot distinguish a term that was said from one that merely fits; the plain
text is evidence of the sound. A term may replace words that sound or look like it, which is what a
misheard term looks like (`likeness.py`). Whatever else boosting changed is put back as it was. A
boosted text that differs much and has no such term is rejected as a whole, and reported.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from dictate.engines.likeness import Likeness, letters_alike
from dictate.unicode_scripts import pieces, runs, signs_per_word, units
from dictate.word_alignment import Stretch, aligned

TRIED: Final = 3
"""Places in the plain text that are compared with a term by sound: those most alike in letters."""
SIGNS: Final = ".,;:!?…"
FREE_WORDS: Final = 1
FREE_SHARE: Final = 0.15
"""Words that may differ without a term to explain them: at least this many, and this share of the
text."""


class Forms:
    """What hotwords may bring into a text, prepared once for any number of texts: a list may be
    long, and the user waits for the text."""

    def __init__(self, terms: Iterable[str] = (), *, english: bool = False) -> None:
        """`english` says whether they are compared by sound, too."""
        terms = list(terms)
        self.likeness = Likeness(terms, english=english)
        folded = {term.casefold() for term in terms}
        self.whole = runs("\n".join(folded))
        self.phrases: dict[str, list[list[str]]] = {}
        """The words of each form, by the first of them."""
        for words in sorted({tuple(_words(term, self.whole)) for term in folded} - {()}):
            self.phrases.setdefault(words[0], []).append(list(words))
        forms = (form for several in self.phrases.values() for form in several)
        self.longest = max(map(len, forms), default=0)
        """Words of the longest form."""


def settle(plain: str, boosted: str, terms: Forms | Iterable[str]) -> tuple[str, bool]:
    """The text to keep, and whether the boosted one was rejected as a whole."""
    forms = terms if isinstance(terms, Forms) else Forms(terms)
    whole = forms.whole
    # With a space in front: the beginning of one text may end up inside the other.
    one, other = pieces(f" {plain}", whole), pieces(f" {boosted}", whole)
    if not one:
        return "", bool(other)
    heard, claimed = [_letters(word) for word in one], [_letters(word) for word in other]
    found, repeated = _terms_in(claimed, forms)
    settled: list[_Word] = []
    gone = came = explained = 0.0
    for equal, a, b, c, d in _parts(list(aligned(heard, claimed)), found):
        inside = [term for term in found if c <= term[0] and term[1] <= d]
        if equal:
            settled += map(_Word, one[a:b], other[c:d], [bool(inside)] * (b - a))
            continue
        gone, came = gone + _many(heard[a:b]), came + _many(claimed[c:d])
        # "nemo tron" is heard for "Nemotron": a term may have a word more or less than its sound.
        explained += sum(_many(claimed[begin:end]) + 1 for begin, end in inside)
        at = a
        for begin, end in inside:
            alone = (begin, end) == (c, d)
            if place := _place(heard, at, b, claimed[begin:end], forms, alone=alone):
                settled += map(_Word, one[at : place[0]])
                words = other[begin:end]
                if place[1] == b and end < d:
                    # What follows is not kept, so the signs are those of what stood here.
                    words[-1] = words[-1].rstrip(SIGNS) + _signs_at_end(one[b - 1])
                settled += [_Word(word, word, in_term=True) for word in words]
                at = place[1]
        settled += map(_Word, one[at:b])
    unexplained = max(0, gone - explained) + max(0, came - repeated - explained) + repeated
    if not any(word.in_term for word in settled):
        return plain, unexplained > max(FREE_WORDS, FREE_SHARE * _many(heard))
    return " ".join("".join(_written(settled)).split()), False


class _Word(NamedTuple):
    """One word of the settled text."""

    plain: str
    boosted: str = ""
    """The same word in the boosted text; empty if it has none."""
    in_term: bool = False


def _written(words: list[_Word]) -> Iterator[str]:
    """Signs and capitals of a term and of the words next to it are those of the boosted text:
    elsewhere boosting has no say in them."""
    terms = [False, *(word.in_term for word in words), False]
    for at, word in enumerate(words):
        yield (word.boosted if any(terms[at : at + 3]) else "") or word.plain


def _signs_at_end(word: str) -> str:
    return word[len(word.rstrip(SIGNS)) :]


def _parts(stretches: list[Stretch], terms: list[tuple[int, int]]) -> Iterator[Stretch]:
    """Equal words one by one or, where they are a term, together; and the parts that differ. If a
    term differs in a few of its words, all of them are in the part."""
    equal = [range(c, d) for same, _, _, c, d in stretches if same]
    split = {
        at
        for begin, end in terms
        if not any(begin in one and end - 1 in one for one in equal)
        for at in range(begin, end)
    }
    together = {at for begin, end in terms for at in range(begin + 1, end)}
    part: Stretch | None = None
    for stretch in stretches:
        words = [stretch]
        if stretch.equal:
            words = [
                Stretch(stretch.c + at not in split, a, a + 1, stretch.c + at, stretch.c + at + 1)
                for at, a in enumerate(range(stretch.a, stretch.b))
            ]
        for word in words:
            goes_on = word.c in together if word.equal else True
            if part is not None and part.equal == word.equal and goes_on:
                part = Stretch(word.equal, part.a, word.b, part.c, word.d)
                continue
            if part is not None:
                yield part
            part = word
    if part is not None:
        yield part


def _place(
    heard: list[str], begin: int, end: int, term: list[str], forms: Forms, *, alone: bool
) -> tuple[int, int] | None:
    """Where between `begin` and `end` the term could have been said; None if nowhere. `alone` says
    whether boosting wrote nothing but the term there."""
    written = "".join(term)
    places = []
    for at in range(begin, end):
        letters = ""
        for to in range(at + 1, end + 1):
            letters += heard[to - 1]
            if len(letters) > 2 * len(written):
                break
            places.append((letters_alike(letters, written), at, to))
    tried = [(at, to) for _, at, to in sorted(places, reverse=True)[:TRIED]]
    if alone:
        tried.insert(0, (begin, end))
    best: tuple[float, tuple[int, int]] | None = None
    for at, to in tried:
        unlike = forms.likeness.unlikeness(" ".join(heard[at:to]), written)
        if unlike is None or _in_phrase(heard, at, to, forms):
            continue
        if alone and (at, to) == (begin, end):
            return at, to
        best = min(best or (unlike, (at, to)), (unlike, (at, to)))
    return None if best is None else best[1]


def _in_phrase(heard: list[str], begin: int, end: int, forms: Forms) -> bool:
    """Whether these words make a phrase with one beside them, as in "cloud storage" and "the
    cloud"."""
    likeness = forms.likeness
    if end < len(heard) and likeness.fixed(heard[end - 1], heard[end]):
        return True
    if begin == 0:
        return False
    before = heard[begin - 1]
    alone = end == begin + 1  # "the cloud code" has no meaning of its own
    return likeness.fixed(before, heard[begin]) or (alone and likeness.noun(before, heard[begin]))


def _terms_in(words: list[str], forms: Forms) -> tuple[list[tuple[int, int]], float]:
    """Where each term begins and ends, the longest first where they overlap; and the number of
    words in terms that directly follow themselves, as they do when boosting runs wild."""
    found: list[tuple[int, int]] = []
    repeated = 0.0
    at = 0
    while at < len(words):
        size = max(
            (
                len(form)
                for form in forms.phrases.get(words[at], ())
                if words[at : at + len(form)] == form
            ),
            default=0,
        )
        if not size:
            at += 1
            continue
        if found and found[-1][1] == at and words[slice(*found[-1])] == words[at : at + size]:
            repeated += _many(words[at : at + size])
        found.append((at, at + size))
        at += size
    return found, repeated


def _letters(word: str) -> str:
    return "".join(units(word))


def _words(term: str, whole: Collection[str]) -> list[str]:
    return [letters for word in pieces(term, whole) if (letters := _letters(word))]


def _many(those: Iterable[str]) -> float:
    """The number of words, where some may be characters of a script without spaces."""
    return sum(
        1 if (signs := signs_per_word(letters)) == 1 else len(letters) / signs for letters in those
    )
