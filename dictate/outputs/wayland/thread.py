"""The connection to the Wayland compositor, in a thread of its own."""

import contextlib
import os
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from pathlib import Path
from typing import TypeVar

from dictate.errors import Unavailable
from dictate.outputs.thread import CONNECT_S, DesktopConnection, DesktopLost, DesktopThread
from dictate.outputs.wayland.protocols import CALLBACK, DISPLAY, REGISTRY, SEAT
from dictate.outputs.wayland.wire import Interface, Object, Wire, WireError

D = TypeVar("D")


TICK_S = 0.002


class Want(Enum):
    """What a pipe waits for."""

    READ = "that it can be read"
    WRITE = "that it can be written"
    TICKS = "time"


class Pipe(ABC):
    """One end of a pipe that is served beside the connection, until `over`."""

    wants = Want.READ

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.over = False

    @abstractmethod
    def move(self) -> bool:
        """Read or write what goes without blocking; whether the other side is done. OSError, too,
        is an end."""

    def end(self) -> None:
        """Close it. Idempotent."""
        if not self.over:
            self.over = True
            os.close(self.descriptor)


class WaylandConnection(DesktopConnection):
    """The compositor as its thread sees it. Everything here runs in that thread."""

    def __init__(self, wake: socket.socket) -> None:
        super().__init__(wake)
        self._wire = Wire(connect(), DISPLAY)
        self._pipes: list[Pipe] = []
        self._ticking = False
        self.globals: dict[str, tuple[int, int]] = {}
        """Number and version of what the compositor offers, by its kind."""
        self._registry = self._wire.display.send("get_registry", REGISTRY)
        self._registry.on["global"] = self._global
        try:
            self.round_trip()
            self.seat = self.bind(SEAT)
        except BaseException:
            self.close()
            raise

    @property
    def lost(self) -> bool:
        return self._wire.lost

    def offers(self, interface: Interface) -> bool:
        """Whether the compositor has it, in the version that we speak."""
        return self.globals.get(interface.name, (0, 0))[1] >= interface.version

    def bind(self, interface: Interface) -> Object:
        """The global of this kind. Raises Unavailable."""
        if not self.offers(interface):
            raise Unavailable(lacks(interface))
        number, _ = self.globals[interface.name]
        return self._wire.bind(self._registry, number, interface, interface.version)

    def round_trip(self, seconds: float = CONNECT_S) -> None:
        """All that we sent has been dealt with, and all that came of it been seen, when this
        returns. Raises DesktopLost."""
        done: list[int] = []
        callback = self._wire.display.send("sync", CALLBACK)
        callback.on["done"] = done.append
        if not self.wait(lambda: bool(done), seconds):
            raise DesktopLost("the Wayland compositor does not answer")

    def carry(self, pipe: Pipe) -> None:
        """Serve this pipe, too, until it is over."""
        self._pipes.append(pipe)

    def serve(self) -> None:
        self._wire.read()
        for pipe in self._pipes:
            try:
                done = pipe.over or pipe.move()
            except BlockingIOError:
                done = False
            except OSError:
                done = True
            if done:
                pipe.end()
        self._pipes = [pipe for pipe in self._pipes if not pipe.over]
        if not self._ticking and any(pipe.wants is Want.TICKS for pipe in self._pipes):
            self._ticking = True
            self.call_later(TICK_S, self._tick)

    def flush(self) -> None:
        self._wire.flush()

    def pending(self) -> bool:
        return False

    def watched(self) -> tuple[list[int], list[int]]:
        wire = self._wire.socket.fileno()
        reading = [pipe.descriptor for pipe in self._pipes if pipe.wants is Want.READ]
        writing = [pipe.descriptor for pipe in self._pipes if pipe.wants is Want.WRITE]
        return [wire, *reading], [wire, *writing] if self._wire.waiting else writing

    def close(self) -> None:
        with contextlib.suppress(WireError):
            self._wire.flush()
        self._wire.close()
        for pipe in self._pipes:
            pipe.end()

    def cut(self) -> None:
        with contextlib.suppress(OSError):
            self._wire.socket.shutdown(socket.SHUT_RDWR)

    def _tick(self) -> None:
        self._ticking = False
        self.serve()

    def _global(self, number: int, kind: str, version: int) -> None:
        self.globals.setdefault(kind, (number, version))


class WaylandThread(DesktopThread[WaylandConnection, D]):
    """Runs jobs on what `make` builds on a fresh connection to the compositor."""

    def __init__(self, name: str, make: Callable[[WaylandConnection], D]) -> None:
        super().__init__(name, "the Wayland compositor", WaylandConnection, make)


def connect() -> socket.socket:
    """A socket that leads to the compositor of this session. Raises Unavailable."""
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name:
        raise Unavailable("WAYLAND_DISPLAY is not set: this is no Wayland session")
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name)
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.connect(str(path))
    except OSError as error:
        connected.close()
        raise Unavailable(f"no Wayland compositor answers at {path}: {error}") from error
    return connected


def lacks(interface: Interface) -> str:
    """Says that the compositor does not have it."""
    return f"this Wayland compositor has no {interface.name}"


def why_no_wayland(make: Callable[[WaylandConnection], object]) -> str | None:
    """Why `make` cannot work on a connection to the compositor of this session, or None.

    Blocks for `CONNECT_S` at most.
    """
    answer: Future[str | None] = Future()

    def probe() -> None:
        ours, theirs = socket.socketpair()
        try:
            connection = WaylandConnection(theirs)
            try:
                make(connection)
                connection.round_trip()
                answer.set_result(None)
            finally:
                connection.close()
        except Exception as error:
            answer.set_result(str(error))
        finally:
            ours.close()
            theirs.close()

    threading.Thread(target=probe, name="dictate-wayland-probe", daemon=True).start()
    try:
        return answer.result(CONNECT_S)
    except TimeoutError:
        return "the Wayland compositor does not answer; is the desktop hung?"
