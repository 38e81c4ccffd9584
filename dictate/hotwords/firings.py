"""What the terms did in one text: which were boosted into it, and which were said anyway. Pure.

The text that the engine recognized without hotwords, from the same sound, is the evidence.
"""

from dataclasses import dataclass
from enum import Enum

from dictate.hotwords.spoken_words import Found, TermFinder, Words
from dictate.word_alignment import Stretch, aligned


class FiringKind(Enum):
    """How a term came into a text. The values are stored in the user's journal."""

    FIRED = "fired"
    """The engine heard it with the hotwords, and something else without."""
    HEARD = "heard"
    """The engine heard it without the hotwords, too."""
    SPELLED = "spelled"
    """The text step wrote it in place of a form in `sounds_like`."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One term in one text."""

    term: str
    kind: FiringKind
    before: str
    """The words without the hotwords."""
    after: str
    """The words that stand there instead."""


def firings(plain: str | None, heard: str, terms: TermFinder) -> list[Firing]:
    """What the terms did in a text, from left to right.

    `plain` is the text of the engine without hotwords, `heard` the one with; both are from before
    the text steps. Without a plain text only what the text steps did is known.
    """
    words = terms.words(heard)
    found = terms.find(words)
    if not found:
        return []
    if plain is None:
        return [_spelled(each, words) for each in found if each.by_form]
    unboosted = terms.words(plain)
    stretches = list(aligned(unboosted.keys, words.keys))
    return [
        _spelled(each, words) if each.by_form else _firing(each, stretches, unboosted, words)
        for each in found
    ]


def undecided(heard: str, terms: TermFinder) -> bool:
    """Whether the text has a term of which only a plain text could say how it came there."""
    return any(not found.by_form for found in terms.find(terms.words(heard)))


def _spelled(found: Found, words: Words) -> Firing:
    before = words.text(found.start, found.stop)
    return Firing(found.term, FiringKind.SPELLED, before, found.term)


def _firing(found: Found, stretches: list[Stretch], plain: Words, words: Words) -> Firing:
    touched = [each for each in stretches if each.c < found.stop and each.d > found.start]
    if all(each.equal for each in touched):
        said = words.text(found.start, found.stop)
        return Firing(found.term, FiringKind.HEARD, said, said)
    first, last = touched[0], touched[-1]
    # Of equal words only those that belong to the term; of others all, as nobody knows which
    # correspond.
    start = first.a + (found.start - first.c if first.equal else 0)
    stop = last.b - (last.d - found.stop if last.equal else 0)
    before = plain.text(start, stop)
    after = words.text(
        found.start if first.equal else first.c, found.stop if last.equal else last.d
    )
    return Firing(found.term, FiringKind.FIRED, before, after)
