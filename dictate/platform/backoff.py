"""How long to wait before the next attempt after repeated failures."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Waits that grow from `first_s` to `longest_s`. Pure: the caller has the clock and sleeps."""

    first_s: float
    longest_s: float
    steady_s: float = float("inf")
    """An attempt that lasted this many seconds resets the count."""
    factor: float = 2.0
    failures: int = 0
    """Failed attempts in a row."""

    def after(self, held_s: float = 0.0) -> float:
        """Seconds to wait after an attempt that failed after `held_s` seconds."""
        if held_s >= self.steady_s:
            self.failures = 0
        self.failures += 1
        # The exponent is bounded: a float overflows at some thousand failures.
        return min(self.first_s * self.factor ** min(self.failures - 1, 64), self.longest_s)

    def reset(self) -> None:
        """Forget the failures so far."""
        self.failures = 0
