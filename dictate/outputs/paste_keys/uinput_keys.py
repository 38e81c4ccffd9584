"""A virtual keyboard in the kernel, which every desktop reads like a real one."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from evdev import UInput, UInputError, ecodes

from dictate.errors import Unavailable
from dictate.outputs.paste.shift_insert import INSERT, SHIFT, UP, press_chord
from dictate.platform.kernel_input import OWN_KEYBOARD
from dictate.translation import _

WARM_UP_S: Final = 1.0
"""Seconds until a desktop reads a new keyboard. Nothing reports it, and earlier keys are lost."""

_KEYS: Final = (
    *range(ecodes.KEY_ESC, ecodes.KEY_KPDOT + 1),
    *range(ecodes.KEY_102ND, ecodes.KEY_F12 + 1),
    *range(ecodes.KEY_KPENTER, ecodes.KEY_DELETE + 1),
    *range(ecodes.KEY_LEFTMETA, ecodes.KEY_COMPOSE + 1),
)
"""The keys by which a desktop recognizes a keyboard; no power button, which others listen to."""


class KeyboardDevice(UInput):
    """The library's device, except that it is not opened for reading."""

    def _find_device(self, fd: int) -> None:  # type: ignore[override]
        """Skip the library's search for the device: reading it needs a right that few users have,
        and without it the library would retry for two seconds."""


class KernelKeyboard:
    """Exists until `close` or until the process ends. The kernel then releases its keys."""

    def __init__(self) -> None:
        """May block for a moment. Raises Unavailable."""
        try:
            self._device = KeyboardDevice({ecodes.EV_KEY: _KEYS}, OWN_KEYBOARD, phys=OWN_KEYBOARD)
        except (UInputError, OSError) as error:
            raise Unavailable(
                _("the kernel gives us no keyboard: {error}").format(error=error)
            ) from error
        self._ready_at = time.monotonic() + WARM_UP_S
        self.lost = False
        """Whether it is closed, or failed."""

    @property
    def warm_up_s(self) -> float:
        """Seconds from now until a desktop reads it."""
        return max(0.0, self._ready_at - time.monotonic())

    async def press(self, done: Callable[[], bool]) -> None:
        """Press and release the chord, Shift once `done` holds. Raises Unavailable. No key stays
        down."""
        try:
            await press_chord(self._key, done)
        except OSError as error:
            await asyncio.to_thread(self.close)
            raise Unavailable(
                _("our keyboard in the kernel is gone: {error}").format(error=error)
            ) from error
        except BaseException:
            with contextlib.suppress(OSError):
                await self._key(INSERT, UP)
                await self._key(SHIFT, UP)
            raise

    async def _key(self, code: int, state: int) -> None:
        self._device.write(ecodes.EV_KEY, code, state)
        self._device.syn()

    def close(self) -> None:
        """Remove the device. May block for a moment. Idempotent."""
        if not self.lost:
            self.lost = True
            self._device.close()
