"""Pastes by Shift+Insert from a virtual keyboard in the kernel: for any Wayland desktop.

`pressed_paste.py` describes how the text goes through the clipboard, and where to.
`uinput_keys.py` has the keyboard. It needs write access to /dev/uinput, with which a program can
press any key in any window, so "auto" never takes this output.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import FieldText, Focus, Output, Receipt
from dictate.outputs.paste_keys.pressed_paste import PressedPaste
from dictate.platform.kernel_input import evdev_unavailable_reason, how_to_allow
from dictate.translation import _

if TYPE_CHECKING:
    from dictate.outputs.paste_keys.uinput_keys import KernelKeyboard

NODE = Path("/dev/uinput")


class UInputOutput(Output):
    """See the head of this file."""

    name = "uinput"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._paste = PressedPaste("dictate-uinput")
        self._keyboard: KernelKeyboard | None = None
        self._making = asyncio.Lock()

    def unavailable_reason(self) -> str | None:
        return _why_no_keyboard() or self._paste.unavailable_reason()

    async def open(self) -> None:
        await self._paste.start()
        await self._have_keyboard()

    async def focus(self) -> Focus | None:
        return await self._paste.focus()

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        try:
            keyboard = await self._have_keyboard()
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        timeout_s = self.settings.paste_timeout_ms / 1000
        return await self._paste.paste(text, focus, timeout_s, keyboard.press)

    async def select(self, text: str, focus: Focus | None) -> None:
        await self._paste.select(text, focus)

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        return await self._paste.surrounding(focus)

    async def follow_field(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        await self._paste.follow_field(focus, on_text)

    async def close(self) -> None:
        await self._paste.stop()
        if self._keyboard is not None:
            await asyncio.to_thread(self._keyboard.close)

    async def _have_keyboard(self) -> "KernelKeyboard":
        """The keyboard, once the desktop reads it: the same one for all texts. Raises
        Unavailable."""
        async with self._making:
            if self._keyboard is None or self._keyboard.lost:
                self._keyboard = await asyncio.to_thread(_make_keyboard)
        await asyncio.sleep(self._keyboard.warm_up_s)
        return self._keyboard


def _make_keyboard() -> "KernelKeyboard":
    """Raises Unavailable."""
    if reason := _why_no_keyboard():
        raise Unavailable(reason)
    from dictate.outputs.paste_keys.uinput_keys import KernelKeyboard

    return KernelKeyboard()


def _why_no_keyboard() -> str | None:
    if reason := evdev_unavailable_reason():
        return reason
    if not NODE.exists():
        missing = _("there is no {device}: `{command}` has the kernel load it")
        return missing.format(device=NODE, command=how_to_allow())
    if not os.access(NODE, os.W_OK):
        return _(
            "{device} may not be written: `{command}` allows it to whoever sits at this machine, "
            "and so to every program of theirs, which can press any key then"
        ).format(device=NODE, command=how_to_allow())
    return None
