"""Statistics and tables, also for benchmarks without a desktop."""

import platform
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np


def quantiles(values: Sequence[float]) -> str:
    """p50, p95, p99 as cells of a Markdown table."""
    return " | ".join(f"{q:.1f}" for q in np.percentile(values, (50, 95, 99)))


def machine() -> str:
    """Where and when this was measured."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = len(list(Path("/sys/devices/system/cpu").glob("cpu[0-9]*")))
    return f"{date.today()}, {cores} cores of {model}, Python {platform.python_version()}"


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def memory_mb(pid: int, field: str = "Rss") -> float:
    """Resident (or "Pss") memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def percentile(at: int, values: Sequence[float]) -> float:
    """The `at`-th percentile of the values."""
    return float(np.percentile(values, at))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def say(what: str) -> None:
    """Print progress on stderr."""
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)
