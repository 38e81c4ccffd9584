"""The only chord that Dictate presses, Shift+Insert, key by key, with the kernel's numbers."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

SHIFT, INSERT, ENTER, LEFT, RIGHT = 42, 110, 28, 105, 106
UP, DOWN = 0, 1

HOLD_S: Final = 0.3
"""Maximum number of seconds that Shift stays down, until the application has acted: GNOME gives a
window the modifiers that are down when it receives a key, not when the key was pressed."""
_POLL_S: Final = 0.005


async def press_chord(key: Callable[[int, int], Awaitable[None]], done: Callable[[], bool]) -> None:
    """Press and release both with `key`; release Shift once `done` holds."""
    # One after the other: a portal may handle two concurrent calls in any order.
    for code, state in ((SHIFT, DOWN), (INSERT, DOWN), (INSERT, UP)):
        await key(code, state)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HOLD_S):
            while not done():  # noqa: ASYNC110 - a different thread sets it
                await asyncio.sleep(_POLL_S)
    await key(SHIFT, UP)
