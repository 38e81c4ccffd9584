"""Finds where Qwen3-ASR begins to repeat itself without end. Pure."""

from collections.abc import Collection, Sequence
from typing import Final

LONGEST_UNIT: Final = 16
"""Tokens of the longest phrase whose repetition is noticed."""


def unlooped(tokens: Sequence[int], digits: Collection[int] = ()) -> int:
    """Number of tokens to keep: all, or if a phrase is repeated at the end too often to have been
    said, those up to the end of its first occurrence. `digits` may repeat: a number has zeros."""
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
    """Number of repetitions that make a loop, for a phrase of this many tokens."""
    return 12 if size == 1 else 8 if size <= 3 else 5
