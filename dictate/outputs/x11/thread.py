"""The connection to the X server, in a thread of its own because python-xlib blocks."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from Xlib import X, Xatom
from Xlib.error import XError

from dictate.outputs.thread import (
    CONNECT_S,
    DesktopConnection,
    DesktopLost,
    DesktopThread,
    at_once,
)
from dictate.platform.x11 import close, connect, cut
from dictate.translation import _

_log = logging.getLogger(__name__)

D = TypeVar("D")


class XConnection(DesktopConnection):
    """The display as its thread sees it. Everything here runs in that thread, except `cut`."""

    def __init__(self) -> None:
        """Blocks. Raises Unavailable."""
        super().__init__()
        display = connect()
        self.display = display
        self._client_mask = ~int(display.display.info.resource_id_mask) & 0xFFFFFFFF
        self.window = display.screen().root.create_window(
            0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask
        )
        self.handlers: list[Callable[[Any], None]] = []
        display.set_error_handler(lambda error, _request: _log.debug("X error: %s", error))
        self._descriptor = display.fileno()
        self.loop.add_reader(self._descriptor, self.wake)

    @property
    def lost(self) -> bool:
        return bool(self.display.display.socket_error)

    def atom(self, name: str) -> int:
        return int(self.display.get_atom(name))

    def client(self, xid: int) -> int:
        """The X client that made the resource `xid`, as the common part of all its numbers."""
        return xid & self._client_mask

    async def now(self) -> int:
        """The server's clock, which ICCCM demands in every claim to a selection."""
        atom = self.atom("_DICTATE_CLOCK")
        self.window.change_property(atom, Xatom.STRING, 8, b"", X.PropModeAppend)
        event = await self.expect(
            lambda e: e.type == X.PropertyNotify and e.atom == atom, CONNECT_S
        )
        if event is None:
            raise DesktopLost(_("the X server does not answer"))
        return int(event.time)

    async def expect(self, matches: Callable[[Any], bool], seconds: float) -> Any:
        """The next event that matches, or None. The handlers get all events meanwhile."""
        found: list[Any] = []

        def look(event: Any) -> None:
            if not found and matches(event):
                found.append(event)

        self.handlers.append(look)
        try:
            await self.wait(lambda: bool(found), seconds)
        finally:
            self.handlers.remove(look)
        return found[0] if found else None

    def serve(self) -> None:
        while True:
            while self.display.pending_events():
                event = self.display.next_event()
                for handler in tuple(self.handlers):
                    try:
                        handler(event)
                    except XError as error:  # the window vanished after its event
                        _log.debug("X error: %s", error)
            self.display.flush()
            if not self.display.pending_events():  # flushing may read, too
                return

    def close(self) -> None:
        self.loop.remove_reader(self._descriptor)
        close(self.display)

    def cut(self) -> None:
        cut(self.display)


class XThread(DesktopThread[XConnection, D]):
    """Runs jobs on what `make` builds on a connection to the X server."""

    def __init__(self, name: str, make: Callable[[XConnection], D]) -> None:
        super().__init__(name, _("the X server"), _connect, at_once(make))


async def _connect() -> XConnection:
    return XConnection()
