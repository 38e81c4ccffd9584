"""A keyboard of ours in the kernel, which every desktop reads as it reads any other."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from evdev import UInput, UInputError, ecodes

from dictate.errors import Unavailable
from dictate.outputs.paste.shift_insert import INSERT, SHIFT, UP, press_chord
from dictate.platform.kernel_input import OWN_KEYBOARD

WARM_UP_S: Final = 1.0
"""A desktop listens to a new keyboard after so long: nothing tells when it does. What is pressed
before is lost."""

_KEYS: Final = (
    *range(ecodes.KEY_ESC, ecodes.KEY_KPDOT + 1),
    *range(ecodes.KEY_102ND, ecodes.KEY_F12 + 1),
    *range(ecodes.KEY_KPENTER, ecodes.KEY_DELETE + 1),
    *range(ecodes.KEY_LEFTMETA, ecodes.KEY_COMPOSE + 1),
)
"""What a desktop takes for a keyboard. Without the power button, which is listened to by others."""


class Device(UInput):
    """Made as the library does it, but for one thing."""

    def _find_device(self, fd: int) -> None:  # type: ignore[override]
        """Not opened for reading: we do not need it, and without the right to it, which few have,
        the library would try for two seconds."""


class KernelKeyboard:
    """It is there until it is closed, or we end: then the kernel lets go of its keys."""

    def __init__(self) -> None:
        """Blocks for a moment. Raises Unavailable."""
        try:
            self._device = Device({ecodes.EV_KEY: _KEYS}, OWN_KEYBOARD, phys=OWN_KEYBOARD)
        except (UInputError, OSError) as error:
            raise Unavailable(f"the kernel gives us no keyboard: {error}") from error
        self._ready_at = time.monotonic() + WARM_UP_S
        self.lost = False
        """Whether it is of no use any more."""

    @property
    def warm_up_s(self) -> float:
        """How long from now until a desktop listens to it."""
        return max(0.0, self._ready_at - time.monotonic())

    async def press(self, done: Callable[[], bool]) -> None:
        """Press the chord and let it go, Shift once it is `done`. Raises Unavailable, and no key
        stays down."""
        try:
            await press_chord(self._key, done)
        except OSError as error:
            await asyncio.to_thread(self.close)
            raise Unavailable(f"our keyboard in the kernel is gone: {error}") from error
        except BaseException:
            with contextlib.suppress(OSError):
                await self._key(INSERT, UP)
                await self._key(SHIFT, UP)
            raise

    async def _key(self, code: int, state: int) -> None:
        self._device.write(ecodes.EV_KEY, code, state)
        self._device.syn()

    def close(self) -> None:
        """Unplug it, so to speak; it blocks for a moment. Idempotent."""
        if not self.lost:
            self.lost = True
            self._device.close()
