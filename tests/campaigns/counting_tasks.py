"""`dictate` that counts its asyncio tasks twice a second.

    tests.campaigns.counting_tasks:main FILE run ...

FILE has the number of those that are not done.
"""

import asyncio
import gc
import sys
import threading
import time
from pathlib import Path

from dictate.cli import main as dictate


def main() -> None:
    """Run `dictate` with the words after the first."""
    file, *words = sys.argv[1:]
    threading.Thread(target=_count, args=(Path(file),), daemon=True).start()
    dictate(words)


def _count(path: Path) -> None:
    while True:
        time.sleep(0.5)
        count = sum(isinstance(it, asyncio.Task) and not it.done() for it in gc.get_objects())
        path.write_text(str(count))
