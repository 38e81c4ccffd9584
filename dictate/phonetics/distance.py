"""How far apart two pronunciations are. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import product

from dictate.phonetics.phonemes import omission, substitution


def distance(one: str, other: str) -> float:
    """From 0 (they sound the same) to 1 (nothing in common).

    It is the cheapest way to turn one into the other by replacing, leaving out and adding phonemes
    (`phonemes.py` has the costs), divided by the phonemes of the longer one.
    """
    a, b = one.split(), other.split()
    longest = max(len(a), len(b))
    return min(1.0, _cost(tuple(a), tuple(b)) / longest) if longest else 0.0


def nearest(one: Iterable[str], other: Iterable[str]) -> float:
    """The distance of two phrases by the pronunciations that are nearest; 1 if one has none."""
    return min((distance(a, b) for a, b in product(one, other)), default=1.0)


@lru_cache(maxsize=65536)
def _cost(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    row = [0.0]
    for phoneme in b:
        row.append(row[-1] + omission(phoneme))
    for phoneme in a:
        skipped = omission(phoneme)
        above, row = row, [row[0] + skipped]
        for at, candidate in enumerate(b):
            row.append(
                min(
                    above[at] + substitution(phoneme, candidate),
                    above[at + 1] + skipped,
                    row[at] + omission(candidate),
                )
            )
    return row[-1]
