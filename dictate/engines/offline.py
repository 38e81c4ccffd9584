"""Recognition with a transducer that does not stream: the sound is collected, and recognised as a
whole.

Such a model takes memory that grows with the square of the length. So a long sound is cut in a
pause, and the part before the cut is recognised at once. The decoder goes on where it stopped, so
that no sentence begins anew.
"""

import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from dictate.engines.boost_phrases import BoostPhrases
from dictate.events import RATE, Samples

CUT_FROM_S: Final = 30
LONGEST_S: Final = 40
"""Least and most seconds of sound before a cut."""
REST_S: Final = 1
"""Least seconds of sound after a cut, so that something is left to recognise."""
WINDOW_S: Final = 0.2
"""Seconds of the stretch that has to be quietest for a cut."""


class OfflineRecognizer:
    """One sound, for a `transducer.TransducerUtterance`."""

    def __init__(
        self,
        recognise: Callable[[Samples], list[list[int]]],
        again: Callable[[BoostPhrases], list[int] | None],
        hypotheses: int = 1,
    ) -> None:
        """`recognise` returns the new token ids of each hypothesis for the next piece of sound. For
        `again` see `transducer.Recognizer`."""
        self._run = recognise
        self.again = again
        self._hypotheses = hypotheses
        self._kept: list[Samples] = []
        self._samples = 0
        self._took_ms: list[float] = []

    @property
    def steps(self) -> int:
        """Number of pieces that were recognised."""
        return len(self._took_ms)

    @property
    def step_ms(self) -> float:
        """Milliseconds of work for the median piece."""
        return statistics.median(self._took_ms) if self._took_ms else 0.0

    def feed(self, samples: Samples) -> list[list[int]]:
        """Take sound in; the new token ids of each hypothesis, mostly none."""
        self._kept.append(samples)
        self._samples += len(samples)
        tokens: list[list[int]] = [[] for _ in range(self._hypotheses)]
        while self._samples > (LONGEST_S + REST_S) * RATE:
            sound = np.concatenate(self._kept)
            cut = quietest(sound)
            self._kept, self._samples = [sound[cut:].copy()], len(sound) - cut
            for all_of_it, new in zip(tokens, self._recognise(sound[:cut]), strict=True):
                all_of_it += new
        return tokens

    def finish(self) -> list[list[int]]:
        """The sound is over: recognise the rest."""
        return self._recognise(np.concatenate(self._kept))

    def copy(self) -> None:
        """None: in each pause the whole sound would be recognised once more."""

    def _recognise(self, sound: Samples) -> list[list[int]]:
        began = time.perf_counter()
        tokens = self._run(sound)
        self._took_ms.append((time.perf_counter() - began) * 1000)
        return tokens


def quietest(sound: Samples) -> int:
    """The sample in the middle of the quietest stretch between CUT_FROM_S and LONGEST_S."""
    size = round(WINDOW_S * RATE)
    stretches = sound[CUT_FROM_S * RATE : LONGEST_S * RATE].reshape(-1, size)
    loudness = np.square(stretches).sum(1)
    return CUT_FROM_S * RATE + int(loudness.argmin()) * size + size // 2
