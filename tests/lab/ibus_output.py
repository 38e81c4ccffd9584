"""What every test of `ibus` does with it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from dictate.config.schema import OutputSettings
from dictate.outputs import Focus, Receipt
from dictate.outputs.ibus.output import IBusOutput
from tests.lab.outputs import working
from tests.lab.windows import Window

MINE = "xkb:fr::fra"
"""The input method of the user."""
ANOTHER = "xkb:al::sqi"


def with_output(work: Callable[[IBusOutput], Awaitable[None]]) -> None:
    """Run `work` with an open output."""
    working(IBusOutput(OutputSettings(use="ibus")), work)


async def focus_on(output: IBusOutput, window: Window) -> Focus:
    """Have the window focused, and IBus know it."""
    await asyncio.to_thread(window.focus)
    focus = None
    until = time.monotonic() + 10
    while focus is None or focus != await output.focus():
        focus = await output.focus()
        await asyncio.sleep(0.1)
        assert time.monotonic() < until, f"IBus does not know of {window.title}"
    return focus


def write(window: Window, *texts: str) -> None:
    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, window)
        for text in texts:
            assert await output.write(text, focus) is Receipt.DELIVERED

    with_output(work)
