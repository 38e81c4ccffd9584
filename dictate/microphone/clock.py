"""When a sample was recorded, inferred from its arrival.

Sound arrives in bursts and late, but never early. So the least late arrival is right: an arrival
earlier than expected corrects the clock at once. Lateness counts only if everything was late for a
whole window (the device runs slower than our clock, or lost samples).
"""

from typing import Final

from dictate.events import RATE

WINDOW_S: Final = 2.0
"""Seconds of the window. Longer than any burst or pause of a loaded machine; a device drifts at
most 0.2 ms in it."""


class SampleClock:
    """Gives each piece of a stream its `at`, which never goes backwards."""

    def __init__(self) -> None:
        self._expected: float | None = None
        self._latest = float("-inf")
        self._least_late = float("inf")
        self._window_s = 0.0

    def stamp(self, arrived: float, samples: int, lost: int = 0) -> float:
        """The time of the first of `samples` samples that came at `arrived`, after `lost` dropped
        ones. Monotonic seconds in and out."""
        duration = samples / RATE
        seen = arrived - duration
        expected = seen if self._expected is None else self._expected + lost / RATE
        late = seen - expected
        if late < 0:
            expected = seen
            self._start_window()
        else:
            self._least_late = min(self._least_late, late)
            self._window_s += duration
            if self._window_s >= WINDOW_S:
                expected += self._least_late
                self._start_window()
        self._latest = max(self._latest, expected)
        self._expected = expected + duration
        return self._latest

    def _start_window(self) -> None:
        self._least_late = float("inf")
        self._window_s = 0.0
