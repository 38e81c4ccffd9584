"""Pastes into the focused window of an X11 desktop; `x11/paste.py` describes how."""

import asyncio
import os
import time
from typing import Final

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs import FieldText, Focus
from dictate.outputs.accessible_text import AGAIN_S, is_without
from dictate.outputs.paste.paste_request import SELECTED, TAKEN_BACK
from dictate.outputs.paste.window_output import WindowOutput
from dictate.outputs.thread import DesktopLost
from dictate.outputs.x11.paste import Paster
from dictate.outputs.x11.thread import XThread
from dictate.platform.terminals import is_terminal
from dictate.platform.x11 import x11_unavailable_reason
from dictate.translation import _

HANDLED_LIMIT_S: Final = 3.0
"""Seconds after which an X server that does not answer counts as hung."""
SAYS_S: Final = 1.0
"""Seconds that an application has to say what it has done. It needs some milliseconds."""


class X11Output(WindowOutput[Paster]):
    """For every application that pastes at Shift+Insert."""

    name = "x11"
    x11_windows_only = True
    undo_limit_s = 5.0

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings, XThread("dictate-x11-output", Paster))

    async def undo(self, text: str, focus: Focus | None) -> None:
        presses, before = await self._stands(text, focus)
        await self._on_last(text, focus, lambda backend: backend.undo, TAKEN_BACK, presses)
        if focus is None or before is None or "\n" not in text:
            return
        # Editors do more at line ends than at other characters.
        end = time.monotonic() + SAYS_S
        while (now := await self._read(focus)) is None or not is_without(text, now, before):
            if time.monotonic() > end:
                raise DeliveryUnsure(_("it is not known whether all of it is gone: look there"))
            await asyncio.sleep(AGAIN_S)

    async def select(self, text: str, focus: Focus | None) -> None:
        words = text.lstrip(" ")  # the space before it stays between the words
        if await self._selects(words, focus):
            return
        if focus is not None and is_terminal(focus.application):
            raise NotDelivered(_("in a terminal no keys select a text"))
        await self._on_last(words, focus, lambda backend: backend.select, SELECTED)

    async def _stands(self, text: str, focus: Focus | None) -> tuple[int | None, FieldText | None]:
        """What the user has pressed until now, and what stands around the cursor, if `text` stands
        right before it; nothing if the application does not say what stands there. Raises
        NotDelivered if it says that something else does."""
        if focus is None:
            return None, None
        try:
            presses = await self._desktop.call(
                lambda backend: backend.handled(focus), HANDLED_LIMIT_S
            )
        except DesktopLost:
            presses = None
        end = time.monotonic() + SAYS_S
        while presses is not None and (now := await self._read(focus)) is not None:
            if not now.selected and now.before.endswith(text):
                return presses, now
            # It may be about to show a text that it has just taken.
            if time.monotonic() > end:
                raise NotDelivered(_("it does not stand right before the cursor any more"))
            await asyncio.sleep(AGAIN_S)
        return None, None

    async def _read(self, focus: Focus) -> FieldText | None:
        """What stands around the cursor in `focus`; None if its application does not say that."""
        text = await self._guard.surrounding(patience_s=SAYS_S)
        return text if text and await self.focus() == focus else None

    def unavailable_reason(self) -> str | None:
        if self.settings.use == "auto" and os.environ.get("WAYLAND_DISPLAY"):
            return _(
                "this is a Wayland session, of which it reaches Xwayland's windows only; if you "
                "mean that, say so: --output x11"
            )
        return x11_unavailable_reason("XTEST")
