"""How much of a partial transcript is likely to stay: what the last few of them agree on.

No engine reports this, and each is free to revise all of its text. So it is our own estimate, for
the display only: nothing is written because of it.
"""

from collections import deque
from typing import Final

STABLE_AFTER: Final = 3
"""Number of partial transcripts in a row in which text must be the same to count as stable."""
NO_SPACES: Final = "\u2e80"
"""From this character on, most scripts have no spaces between words."""


class PartialStability:
    """The partial transcripts of one utterance."""

    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=STABLE_AFTER)

    def update(self, partial: str) -> int:
        """Number of characters at the start of this partial transcript that are stable: whole
        words, the same as in the last ones."""
        self._last.append(partial)
        if len(self._last) < STABLE_AFTER:
            return 0
        same = min(_common(partial, earlier) for earlier in self._last)
        while any(
            0 < same < len(each) and _one_word(each[same - 1 : same + 1]) for each in self._last
        ):
            same -= 1
        return same


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _one_word(pair: str) -> bool:
    return pair.isalnum() and max(pair) < NO_SPACES
