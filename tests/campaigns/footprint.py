"""What a process takes, over time: memory, descriptors, threads, and whether they stay flat."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

PAGE_MB: Final = 4096 / 1e6
WARM: Final = 0.3
"""The first part of a run, in which caches fill."""
BLOCKS: Final = 10
STUDENT: Final = 2.306
"""Of BLOCKS - 2 degrees of freedom, for 95 %."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """A process at one moment."""

    memory_mb: float
    """Resident, without what it shares with others."""
    descriptors: float
    threads: float


def footprint(pid: int) -> Footprint:
    """Of this process, now."""
    proc = Path(f"/proc/{pid}")
    _, resident, shared, *_ = map(int, (proc / "statm").read_text().split())
    return Footprint(
        (resident - shared) * PAGE_MB,
        len(list((proc / "fd").iterdir())),
        len(list((proc / "task").iterdir())),
    )


def series(footprints: Sequence[Footprint]) -> dict[str, list[float]]:
    """Each quantity over time."""
    return {it.name: [getattr(one, it.name) for one in footprints] for it in fields(Footprint)}


@dataclass(frozen=True, slots=True)
class Slope:
    """By how much something grows in 1000 steps."""

    value: float
    error: float
    """Half of the interval in which it lies with 95 %; inf if there are too few measurements."""

    def exceeds(self, limit: float) -> bool:
        """Whether it grows by more, and surely grows."""
        return self.value > max(limit, self.error)

    def __str__(self) -> str:
        return f"{self.value:.2f} ± {self.error:.2f}"


def slope(steps: Sequence[float], values: Sequence[float]) -> Slope:
    """After the warm-up: the line of least squares. What is measured hangs together with what was
    measured just before, so its error is that of a line through means of neighbours."""
    warm = round(WARM * len(steps))
    if len(steps) - warm < 3:
        return Slope(0.0, float("inf"))
    value = float(np.polyfit(steps[warm:], values[warm:], 1)[0])
    if len(steps) - warm < 2 * BLOCKS:
        return Slope(value * 1000, float("inf"))
    at, means = (
        np.array([block.mean() for block in np.array_split(np.asarray(them[warm:]), BLOCKS)])
        for them in (steps, values)
    )
    off = means - np.polyval(np.polyfit(at, means, 1), at)
    deviation = np.sqrt((off**2).sum() / (BLOCKS - 2) / ((at - at.mean()) ** 2).sum())
    return Slope(value * 1000, float(STUDENT * deviation) * 1000)
