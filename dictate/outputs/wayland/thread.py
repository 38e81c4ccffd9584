"""The connection to the Wayland compositor, in a thread of its own."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self, TypeVar

from dictate.errors import Unavailable
from dictate.outputs.thread import CONNECT_S, DesktopConnection, DesktopLost, DesktopThread
from dictate.outputs.wayland.protocols import CALLBACK, DISPLAY, REGISTRY, SEAT
from dictate.outputs.wayland.wire import Interface, Object, Wire, WireError
from dictate.translation import _

D = TypeVar("D")


class WaylandConnection(DesktopConnection):
    """The compositor as its thread sees it. Everything here runs in that thread, except `cut`."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        self._wire = Wire(connected, DISPLAY)
        self._writing = False
        self.globals: dict[str, tuple[int, int]] = {}
        """Number and version of what the compositor offers, by its kind."""
        self._registry = self._wire.display.send("get_registry", REGISTRY)
        self._registry.on["global"] = self._global
        self.loop.add_reader(self._wire.socket, self.wake)

    @classmethod
    async def connect(cls) -> Self:
        """To the compositor of this session. Raises Unavailable, DesktopLost."""
        connection = cls(connect())
        try:
            await connection.round_trip()
            connection.seat = connection.bind(SEAT)
        except BaseException:
            connection.close()
            raise
        return connection

    seat: Object

    @property
    def lost(self) -> bool:
        return self._wire.lost

    def offers(self, interface: Interface) -> bool:
        """Whether the compositor has it, in the version that Dictate uses."""
        return self.globals.get(interface.name, (0, 0))[1] >= interface.version

    def bind(self, interface: Interface) -> Object:
        """The global of this kind. Raises Unavailable."""
        if not self.offers(interface):
            raise Unavailable(lacks(interface))
        number, __ = self.globals[interface.name]
        return self._wire.bind(self._registry, number, interface, interface.version)

    async def round_trip(self, seconds: float = CONNECT_S) -> None:
        """Return once the compositor has handled all requests until now, and all resulting events
        have been dispatched. Raises DesktopLost."""
        done: list[int] = []
        callback = self._wire.display.send("sync", CALLBACK)
        callback.on["done"] = done.append
        if not await self.wait(lambda: bool(done), seconds):
            raise DesktopLost(_("the Wayland compositor does not answer"))

    def serve(self) -> None:
        self._wire.read()
        self._wire.flush()
        if self._writing != self._wire.waiting:
            self._writing = self._wire.waiting
            if self._writing:
                self.loop.add_writer(self._wire.socket, self.wake)
            else:
                self.loop.remove_writer(self._wire.socket)

    def close(self) -> None:
        with contextlib.suppress(WireError):
            self._wire.flush()
        self.loop.remove_reader(self._wire.socket)
        self.loop.remove_writer(self._wire.socket)
        self._wire.close()

    def cut(self) -> None:
        with contextlib.suppress(OSError):
            self._wire.socket.shutdown(socket.SHUT_RDWR)

    def _global(self, number: int, kind: str, version: int) -> None:
        self.globals.setdefault(kind, (number, version))


class WaylandThread(DesktopThread[WaylandConnection, D]):
    """Runs jobs on what `make` builds on a connection to the compositor."""

    def __init__(self, name: str, make: Callable[[WaylandConnection], Awaitable[D]]) -> None:
        super().__init__(name, _("the Wayland compositor"), WaylandConnection.connect, make)


def connect() -> socket.socket:
    """A socket that leads to the compositor of this session. Raises Unavailable."""
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name:
        raise Unavailable(_("WAYLAND_DISPLAY is not set: this is no Wayland session"))
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name)
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(0)
    try:
        connected.connect(str(path))
    except OSError as error:
        connected.close()
        raise Unavailable(
            _("no Wayland compositor answers at {path}: {error}").format(path=path, error=error)
        ) from error
    return connected


def lacks(interface: Interface) -> str:
    """Says that the compositor does not have it."""
    return _("this Wayland compositor has no {name}").format(name=interface.name)


def why_no_wayland(make: Callable[[WaylandConnection], Awaitable[object]]) -> str | None:
    """Why `make` cannot work on a connection to the compositor of this session, or None.

    Blocks for `CONNECT_S` at most.
    """

    async def made(connection: WaylandConnection) -> None:
        await make(connection)
        await connection.round_trip()

    async def probe() -> None:
        thread = WaylandThread("dictate-wayland-probe", made)
        await thread.start()
        await thread.stop()

    try:
        asyncio.run(probe())
    except Unavailable as error:
        return str(error)
    return None
