"""How long the last texts took from the release to the window, and what they waited for."""

from collections import deque
from statistics import median
from typing import Final

from dictate.app.observer import Timing

LATEST: Final = 20
"""Texts that are remembered."""
PARTS: Final = ("total", "tail", "engine", "journal", "output")


class FinishTimes:
    """The times of the latest texts."""

    def __init__(self) -> None:
        self._timings: deque[Timing] = deque(maxlen=LATEST)

    def add(self, timing: Timing) -> None:
        """One more text was written."""
        self._timings.append(timing)

    @property
    def summary(self) -> dict[str, float]:
        """The number of texts, how many were recognised before the release, and medians in ms;
        empty before the first text."""
        if not self._timings:
            return {}
        return {
            "texts": float(len(self._timings)),
            "early": float(sum(timing.early for timing in self._timings)),
            "slowest_ms": round(max(timing.total_ms for timing in self._timings), 1),
            **{f"{part}_ms": self._median(part) for part in PARTS},
        }

    def _median(self, part: str) -> float:
        values: list[float] = [getattr(timing, f"{part}_ms") for timing in self._timings]
        return round(median(values), 1)
