"""What tests of an output's guard share: who has the focus, and a text that is held."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from dictate.errors import NotDelivered
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.guard import Guard
from dictate.outputs.paste.window_output import WindowOutput
from dictate.outputs.paste_keys.portal import PortalOutput
from tests.lab.windows import Window
from tests.lab.xserver import wait_for

Guarded = WindowOutput[Any] | PortalOutput


def _guard(output: Guarded) -> Guard:
    return output._paste._guard if isinstance(output, PortalOutput) else output._guard


async def secret(output: Guarded, is_so: bool = True) -> None:
    """Wait until it is known that a field for passwords has the focus, or that none has."""
    async with asyncio.timeout(30):
        while _guard(output).secret != is_so:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def listening(output: Guarded) -> None:
    async with asyncio.timeout(30):
        while (field := _guard(output)._field) is None or field._questions:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def focus_on(output: Output, window: Window) -> Focus:
    # xdotool finds nothing at all while another window goes away.
    await asyncio.to_thread(wait_for, window.xid, f"{window.title} is found", 20)
    await asyncio.to_thread(window.focus)
    focus = await output.focus()
    assert focus is not None
    return focus


async def held(output: Output, focus: Focus, why: str) -> None:
    with pytest.raises(NotDelivered) as caught:
        await output.write("lost?", focus)
    assert str(caught.value) == why


async def written(output: Output, text: str, focus: Focus | None) -> None:
    """It is, once the application before has seen that it lost the focus, and this one, which may
    own the clipboard, answers."""
    async with asyncio.timeout(30):
        while True:
            with suppress(NotDelivered):
                assert await output.write(text, focus) is Receipt.DELIVERED
                return
