"""What a process takes, over time: memory, descriptors, threads, and whether they stay flat."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

PAGE_MB: Final = 4096 / 1e6
WARM: Final = 0.3
"""The first part of a run, in which caches fill."""


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


def slope(steps: Sequence[float], values: Sequence[float]) -> float:
    """By how much it grows in 1000 steps, after the warm-up: the line of least squares."""
    warm = round(WARM * len(steps))
    if len(steps) - warm < 3:
        return 0.0
    return float(np.polyfit(steps[warm:], values[warm:], 1)[0]) * 1000
