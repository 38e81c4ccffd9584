"""Access to the clipboard of this session.

On Wayland it is the compositor's, or Xwayland's if the compositor gives no access; compositors pass
the one on to the other. Without a compositor it is X11's.
"""

import os
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from dictate.errors import Unavailable
from dictate.outputs.thread import DesktopThread, at_once
from dictate.outputs.wayland.thread import WaylandConnection, WaylandThread, why_no_wayland
from dictate.outputs.x11.thread import XConnection, XThread
from dictate.platform.x11 import x11_unavailable_reason

W = TypeVar("W")
X = TypeVar("X")


class DesktopClipboard(Generic[W, X]):
    """A worker on Wayland's and one on X11's, each in a thread of its own."""

    def __init__(
        self,
        name: str,
        on_wayland: Callable[[WaylandConnection], W],
        on_x: Callable[[XConnection], X],
    ) -> None:
        self._on_wayland = at_once(on_wayland)
        self._wayland = WaylandThread(name, self._on_wayland)
        self._x11 = XThread(name, on_x)

    def unavailable_reason(self) -> str | None:
        """Why neither works here, or None. Blocks for up to two seconds."""
        if not os.environ.get("WAYLAND_DISPLAY"):
            return x11_unavailable_reason()
        reason = why_no_wayland(self._on_wayland)
        if reason is None:
            return None
        no_x = x11_unavailable_reason()
        return f"{reason}; {no_x}" if no_x else None

    async def start(self) -> DesktopThread[Any, Any]:
        """The thread of the one that works, started. Raises Unavailable."""
        if os.environ.get("WAYLAND_DISPLAY"):
            try:
                await self._wayland.start()
            except Unavailable:
                if not os.environ.get("DISPLAY"):
                    raise
            else:
                return self._wayland
        await self._x11.start()
        return self._x11

    async def stop(
        self, last: Callable[[W | X], Coroutine[Any, Any, None]], limit_s: float
    ) -> None:
        """Run a last job on each that is running, and disconnect. Idempotent."""
        for desktop in (self._wayland, self._x11):
            await desktop.stop(last, limit_s)
