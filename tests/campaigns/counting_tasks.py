"""`dictate` that counts its asyncio tasks twice a second.

    tests.campaigns.counting_tasks:main FILE run ...

FILE has the number of those that are not done.
"""

import asyncio
import sys
from pathlib import Path

from dictate.cli import main as dictate

EVERY_S = 0.5


def main() -> None:
    """Run `dictate` with the words after the first."""
    file, *words = sys.argv[1:]
    path, run_forever = Path(file), asyncio.BaseEventLoop.run_forever

    def count(loop: asyncio.AbstractEventLoop) -> None:
        path.write_text(str(len(asyncio.all_tasks(loop))))
        loop.call_later(EVERY_S, count, loop)

    def counting(loop: asyncio.BaseEventLoop) -> None:
        loop.call_soon(count, loop)
        run_forever(loop)

    asyncio.BaseEventLoop.run_forever = counting  # type: ignore[method-assign,assignment]
    dictate(words)
