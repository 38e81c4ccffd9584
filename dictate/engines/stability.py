"""How much of what is understood so far is likely to stay: what several guesses in a row agree on.

No engine says it of its guesses, and each is free to revise all of them. So it is a measure of ours
for the eye, and nothing is written because of it.
"""

from collections import deque
from typing import Final

ALIKE: Final = 3
"""Text that stood unchanged in so many guesses counts as settled."""
NOT_LATIN: Final = "\u2e80"
"""From here on most scripts write no spaces between words."""


class PartialStability:
    """The guesses at one utterance."""

    def __init__(self) -> None:
        self._guesses: deque[str] = deque(maxlen=ALIKE)

    def next(self, guess: str) -> int:
        """How many characters of this guess are settled: whole words, the same in the last ones."""
        self._guesses.append(guess)
        if len(self._guesses) < ALIKE:
            return 0
        same = min(_common(guess, earlier) for earlier in self._guesses)
        while any(
            0 < same < len(each) and _one_word(each[same - 1 : same + 1]) for each in self._guesses
        ):
            same -= 1
        return same


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _one_word(pair: str) -> bool:
    return pair.isalnum() and max(pair) < NOT_LATIN
