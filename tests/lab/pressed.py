"""What an output that asks the desktop to press Shift+Insert must do in sway."""

import asyncio

from dictate.outputs import Output, Receipt
from tests.lab.corpus import TEXTS
from tests.lab.sway import Sway, SwayWindow, copy, paste
from tests.lab.xserver import wait_for


async def write_all(output: Output, window: SwayWindow, sway: Sway) -> None:
    """Every text arrives exactly, and the clipboard is given back."""
    await asyncio.to_thread(copy, sway, b"theirs")
    said = ""
    for text in TEXTS.values():
        assert await output.write(text, await output.focus()) is Receipt.DELIVERED
        said += text
        await asyncio.to_thread(window.wait_text, said)
    await asyncio.to_thread(wait_for, lambda: paste(sway) == b"theirs", "it is given back")
