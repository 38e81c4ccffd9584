"""Which window has the focus, as the compositor reports it to taskbars."""

import itertools
import struct
from dataclasses import dataclass, field

from dictate.outputs.wayland.protocols import ACTIVATED, TOPLEVEL_MANAGER
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.outputs.wayland.wire import Object


@dataclass(slots=True, eq=False)
class Toplevel:
    """One window. No other one has its `number`, on no connection."""

    number: int = field(default_factory=itertools.count(1).__next__)
    application: str = ""
    title: str = field(default="", repr=False)
    activated: bool = False


class Toplevels:
    """All windows, as of the last round trip. Raises Unavailable if the compositor does not report
    them."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._all: list[Toplevel] = []
        manager = connection.bind(TOPLEVEL_MANAGER)
        manager.on["toplevel"] = self._new

    @property
    def focused(self) -> Toplevel | None:
        """The window that has the focus; None if none has, as behind a locked screen."""
        return next((each for each in self._all if each.activated), None)

    def _new(self, handle: Object) -> None:
        window = Toplevel()
        self._all.append(window)

        def app_id(name: str) -> None:
            window.application = name

        def title(text: str) -> None:
            window.title = text

        def state(states: bytes) -> None:
            window.activated = ACTIVATED in struct.unpack(f"={len(states) // 4}I", states)

        def closed() -> None:
            self._all.remove(window)
            handle.send("destroy")

        handle.on.update(app_id=app_id, title=title, state=state, closed=closed)
