"""Which words of one text correspond to which of another. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

WINDOW: Final = 2_000
"""Words of each text that are compared at a time: 1 ms if they have nothing in common. The time
grows with the square, and rapidfuzz lets no other thread run meanwhile."""


class Stretch(NamedTuple):
    """Words `a` to `b` of one text, which correspond to the words `c` to `d` of the other."""

    equal: bool
    a: int
    b: int
    c: int
    d: int


def aligned(one: Sequence[str], other: Sequence[str]) -> Iterator[Stretch]:
    """Stretches of both that are equal or correspond, in turns, with the fewest possible changes;
    in texts of more than `WINDOW` words, with the fewest in each piece. Not difflib's: it matches
    the longest run first, and so may confuse sentences if the user says the same one several
    times."""
    for equal, group in groupby(_changes(one, other), key=lambda change: change.equal):
        stretch = list(group)
        first, last = stretch[0], stretch[-1]
        yield Stretch(equal, first.a, last.b, first.c, last.d)


def _changes(one: Sequence[str], other: Sequence[str]) -> Iterator[Stretch]:
    a = c = 0
    while a < len(one) or c < len(other):
        found = [
            Stretch(
                each.tag == "equal",
                a + each.src_start,
                a + each.src_end,
                c + each.dest_start,
                c + each.dest_end,
            )
            for each in Levenshtein.opcodes(one[a : a + WINDOW], other[c : c + WINDOW])
        ]
        if max(len(one) - a, len(other) - c) > WINDOW:
            # Near the end of a window, what belongs together may be beyond it.
            late = [each for each in found if each.equal and each.b - a > WINDOW // 2]
            surest = max(late, key=lambda each: each.b - each.a, default=found[-1])
            found = found[: found.index(surest) + 1]
        yield from found
        a, c = found[-1].b, found[-1].d
