"""Pastes into the focused window of an X11 desktop; `x11/paste.py` describes how."""

import os

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Focus
from dictate.outputs.paste.window_output import WindowOutput
from dictate.outputs.x11.paste import Paster
from dictate.outputs.x11.thread import XThread
from dictate.platform.terminals import is_terminal
from dictate.platform.x11 import x11_unavailable_reason


class X11Output(WindowOutput[Paster]):
    """For every application that pastes at Shift+Insert."""

    name = "x11"
    x11_windows_only = True
    undo_limit_s = 5.0

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings, XThread("dictate-x11-output", Paster))

    async def select(self, text: str, focus: Focus | None) -> None:
        if focus is not None and is_terminal(focus.application):
            raise NotDelivered("in a terminal no keys select a text")
        words = text.lstrip(" ")  # the space before it stays between the words
        await self._on_last(words, focus, lambda backend: backend.select, "selected")

    def unavailable_reason(self) -> str | None:
        if self.settings.use == "auto" and os.environ.get("WAYLAND_DISPLAY"):
            return (
                "this is a Wayland session, of which it reaches Xwayland's windows only; if you "
                "mean that, say so: --output x11"
            )
        return x11_unavailable_reason("XTEST")
