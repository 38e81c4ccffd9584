"""A Wayland client that waits for its compositor, for what acts as a person or a program."""

import select

from dictate.outputs.wayland.protocols import CALLBACK, DISPLAY, REGISTRY, SEAT
from dictate.outputs.wayland.thread import connect
from dictate.outputs.wayland.wire import Interface, Object, Wire

ANSWER_S = 20.0


class WaylandClient:
    """Connected, to the compositor of this session."""

    def __init__(self) -> None:
        self._wire = Wire(connect(), DISPLAY)
        self._globals: dict[str, int] = {}
        self._registry = self._wire.display.send("get_registry", REGISTRY)
        self._registry.on["global"] = self._global
        self.round_trip()
        self.seat = self.bind(SEAT)

    def bind(self, interface: Interface) -> Object:
        number = self._globals[interface.name]
        return self._wire.bind(self._registry, number, interface, interface.version)

    def round_trip(self) -> None:
        """Return once the compositor has done what was asked until now."""
        done: list[int] = []
        self._wire.display.send("sync", CALLBACK).on["done"] = done.append
        while not done:
            self._wire.flush()
            writing = [self._wire.socket] if self._wire.waiting else []
            readable, writable, _ = select.select([self._wire.socket], writing, [], ANSWER_S)
            assert readable or writable, "the compositor does not answer"
            self._wire.read()

    def close(self) -> None:
        self._wire.close()

    def _global(self, number: int, kind: str, _version: int) -> None:
        self._globals.setdefault(kind, number)
