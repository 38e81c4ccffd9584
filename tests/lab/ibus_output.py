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
REFOCUS_S = 2.0
"""Seconds after which the window loses the focus and gets it back. A GTK program that is focused
before it is connected to IBus, on a busy machine, reports only its next focus."""


def with_output(work: Callable[[IBusOutput], Awaitable[None]]) -> None:
    """Run `work` with an open output."""
    working(IBusOutput(OutputSettings(use="ibus")), work)


async def focus_on(output: IBusOutput, window: Window) -> Focus:
    """Focus the window and wait until IBus knows it."""
    await asyncio.to_thread(window.focus)
    focus = None
    begun = time.monotonic()
    again = begun + REFOCUS_S
    while focus is None or focus != await output.focus():
        focus = await output.focus()
        await asyncio.sleep(0.1)
        if time.monotonic() > again:
            await asyncio.to_thread(window.refocus)
            again = time.monotonic() + REFOCUS_S
        assert time.monotonic() < begun + 15, f"IBus does not know of {window.title}"
    return focus


def write(window: Window, *texts: str) -> None:
    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, window)
        for text in texts:
            assert await output.write(text, focus) is Receipt.DELIVERED

    with_output(work)
