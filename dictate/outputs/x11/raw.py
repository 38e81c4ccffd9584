"""Key and button events of all windows (XInput 2), for listeners in the thread of the connection.

No listener logs a key code, or keeps what was typed.
"""

from collections.abc import Callable
from typing import Any

from Xlib.ext import xinput

from dictate.outputs.x11.thread import XConnection
from dictate.platform.x11 import RAW_MASKS, raw_event


class RawEvents:
    """Asks the server only for the events that have a listener."""

    def __init__(self, connection: XConnection) -> None:
        self._display = connection.display
        self._root = connection.display.screen().root
        self._listeners: dict[Callable[[int, int], None], int] = {}
        self.able = bool(connection.display.has_extension("XInputExtension"))
        """Whether this server has such events. If not, listeners never get any."""
        if self.able:
            connection.display.xinput_query_version()
            connection.handlers.append(self._pass_on)

    def listen(self, listener: Callable[[int, int], None], *kinds: int) -> None:
        """`listener` gets the kind of each event of these `kinds`, and its key or button."""
        self._listeners[listener] = sum(RAW_MASKS[kind] for kind in kinds)
        self._select()

    def deafen(self, listener: Callable[[int, int], None]) -> None:
        """`listener` gets no more events. Idempotent."""
        if self._listeners.pop(listener, 0):
            self._select()

    def _select(self) -> None:
        mask = 0
        for wanted in self._listeners.values():
            mask |= wanted
        if self.able:
            self._root.xinput_select_events([(xinput.AllMasterDevices, mask)])
            self._display.sync()

    def _pass_on(self, event: Any) -> None:
        found = raw_event(event)
        if found is None:
            return
        kind, code = found
        for listener, wanted in tuple(self._listeners.items()):
            if wanted & RAW_MASKS[kind]:
                listener(kind, code)
