"""Puts the text into the clipboard, of Wayland or X11, for the user to paste."""

import os
from typing import Any

from dictate.config import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.thread import DesktopLost, DesktopThread
from dictate.outputs.wayland_selection import CLIPBOARD
from dictate.outputs.wayland_selection import Selections as WaylandSelections
from dictate.outputs.wayland_selection import text_content as wayland_content
from dictate.outputs.wayland_thread import WaylandConnection, WaylandThread, why_no_wayland
from dictate.outputs.x11_selection import Selections, save_to_manager, text_content
from dictate.outputs.x11_thread import XConnection, XThread
from dictate.x11 import why_no_x

COPY_LIMIT_S = 2.0


class _XCopier:
    """Owns the clipboard, in the X thread."""

    def __init__(self, connection: XConnection) -> None:
        self._x = connection
        self._clipboard = connection.atom("CLIPBOARD")
        self._selections = Selections(connection)

    def copy(self, text: str) -> None:
        content = text_content(self._x, text, secret=False)
        if not self._selections.own(self._clipboard, content):
            raise NotDelivered("another program does not let go of the clipboard")

    def close(self) -> None:
        save_to_manager(self._x, self._selections)


class _WaylandCopier:
    """Owns the clipboard, in the thread of the compositor's connection. Raises Unavailable."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._x = connection
        self._selections = WaylandSelections(connection)

    def copy(self, text: str) -> None:
        self._selections.own(CLIPBOARD, wayland_content(text))
        self._x.round_trip()
        if not self._selections.owns(CLIPBOARD):
            raise NotDelivered("another program does not let go of the clipboard")

    def close(self) -> None:
        """Nobody keeps it for us."""


class ClipboardOutput(Output):
    """The text stays in the clipboard while the daemon lives, and after it if an X11 clipboard
    manager runs. On Wayland managers are asked not to keep it."""

    name = "clipboard"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._wayland = WaylandThread("dictate-clipboard", _WaylandCopier)
        self._x = XThread("dictate-clipboard", _XCopier)

    def why_not(self) -> str | None:
        if not os.environ.get("WAYLAND_DISPLAY"):
            return why_no_x()
        reason = why_no_wayland(_WaylandCopier)
        if reason is None:
            return None
        no_x = why_no_x()
        return f"{reason}; {no_x}" if no_x else None

    async def open(self) -> None:
        await self._start()

    async def focus(self) -> Focus | None:
        return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:  # noqa: ARG002
        try:
            desktop = await self._start()
            await desktop.call(lambda copier: copier.copy(text), COPY_LIMIT_S)
        except (Unavailable, DesktopLost) as error:
            raise NotDelivered(str(error)) from error
        return Receipt.COPIED

    async def close(self) -> None:
        for desktop in (self._wayland, self._x):
            await desktop.stop(lambda copier: copier.close(), 0.4)

    async def _start(self) -> "DesktopThread[Any, Any]":
        """The clipboard of the compositor, or, where it lets nobody, Xwayland's, which compositors
        pass on. Raises Unavailable."""
        if os.environ.get("WAYLAND_DISPLAY"):
            try:
                await self._wayland.start()
            except Unavailable:
                if not os.environ.get("DISPLAY"):
                    raise
            else:
                return self._wayland
        await self._x.start()
        return self._x
