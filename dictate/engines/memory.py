"""How much memory a process holds."""

from contextlib import suppress
from pathlib import Path


def resident_mb(pid: int | str = "self") -> float:
    """Megabytes of main memory that a process holds; 0 if it has ended. Blocks."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    return 0.0
