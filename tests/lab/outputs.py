"""An output under test: opened, worked with, and closed again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dictate.outputs import Output

AnOutput = TypeVar("AnOutput", bound=Output)


def working(output: AnOutput, work: Callable[[AnOutput], Awaitable[None]]) -> None:
    """Run `work` with this output, open; it can work here."""
    reason = output.unavailable_reason()
    assert reason is None, reason

    async def main() -> None:
        await output.open()
        try:
            await work(output)
        finally:
            await output.close()

    asyncio.run(main())
