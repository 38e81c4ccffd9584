"""Which words of one text correspond to which of another. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein


class Stretch(NamedTuple):
    """Words `a` to `b` of one text, which correspond to the words `c` to `d` of the other."""

    equal: bool
    a: int
    b: int
    c: int
    d: int


def aligned(one: Sequence[str], other: Sequence[str]) -> Iterator[Stretch]:
    """Stretches of both that are equal or correspond, in turns, with the fewest possible changes.
    Not difflib's: it matches the longest run first, and so may confuse sentences if the user says
    the same one several times."""
    operations = Levenshtein.opcodes(one, other)
    for equal, group in groupby(operations, key=lambda operation: operation.tag == "equal"):
        stretch = list(group)
        first, last = stretch[0], stretch[-1]
        yield Stretch(equal, first.src_start, last.src_end, first.dest_start, last.dest_end)
