"""`dictate` with a wall clock that jumps.

    tests.campaigns.jumping_clock:main FILE run ...

FILE has the number of seconds by which the clock is wrong; it is read at each look at the clock.
"""

import sys
import time
from pathlib import Path

from dictate.cli import main as dictate


def main() -> None:
    """Run `dictate` with the words after the first."""
    file, *words = sys.argv[1:]
    path, real = Path(file), time.time

    def now() -> float:
        try:
            return real() + float(path.read_text() or 0)
        except FileNotFoundError:
            return real()

    time.time = now
    dictate(words)
