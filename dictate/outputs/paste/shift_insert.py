"""The one chord that is pressed, Shift+Insert, key by key and as the kernel numbers them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

SHIFT, INSERT = 42, 110
UP, DOWN = 0, 1

HOLD_S: Final = 0.3
"""Shift stays down until the application has acted, or for so long: GNOME tells a window which
modifiers are down when it hears of a key, and not when the key was pressed."""
_LOOK_S: Final = 0.005


async def press_chord(key: Callable[[int, int], Awaitable[None]], done: Callable[[], bool]) -> None:
    """Have `key` press both and let them go, Shift once it is `done`."""
    # One by one: a portal may look at two calls at once in any order.
    for code, state in ((SHIFT, DOWN), (INSERT, DOWN), (INSERT, UP)):
        await key(code, state)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HOLD_S):
            while not done():  # noqa: ASYNC110 - it is another thread that knows
                await asyncio.sleep(_LOOK_S)
    await key(SHIFT, UP)
