"""Key and button events of all windows (XInput 2), for listeners in the thread of the connection.

No listener logs a key code, or keeps what was typed.
"""

import struct
from collections.abc import Callable
from typing import Any

from Xlib.ext import ge, xinput

from dictate.outputs.x11.thread import XConnection

_MASKS = {
    xinput.RawKeyPress: xinput.RawKeyPressMask,
    xinput.RawKeyRelease: xinput.RawKeyReleaseMask,
    xinput.RawButtonPress: xinput.RawButtonPressMask,
}


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
        self._listeners[listener] = sum(_MASKS[kind] for kind in kinds)
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
        if event.type != ge.GenericEventCode or event.evtype not in _MASKS:
            return
        _device, _time, code = struct.unpack_from("=HII", event.data)
        for listener, wanted in tuple(self._listeners.items()):
            if wanted & _MASKS[event.evtype]:
                listener(event.evtype, code)
