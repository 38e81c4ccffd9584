"""Qwen3-ASR can turn in circles: where to end it. Pure."""

from collections.abc import Collection, Sequence
from typing import Final

LONGEST_UNIT: Final = 16
"""Tokens of the longest phrase that is noticed when it repeats."""


def unlooped(tokens: Sequence[int], digits: Collection[int] = ()) -> int:
    """How many of the tokens to keep: all, or those up to the end of the first of a phrase that is
    repeated at the end so often that nobody said it. `digits` may repeat: a number has noughts."""
    for size in range(1, LONGEST_UNIT + 1):
        often = _often(size)
        unit = list(tokens[-size:])
        if len(tokens) < size * often or set(unit) <= set(digits):
            continue
        if all(list(tokens[-size * n : -size * (n - 1)]) == unit for n in range(2, often + 1)):
            start = len(tokens) - size
            while start >= size and list(tokens[start - size : start]) == unit:
                start -= size
            return start + size
    return len(tokens)


def _often(size: int) -> int:
    """Repetitions that make a loop of a phrase of so many tokens."""
    return 12 if size == 1 else 8 if size <= 3 else 5
