"""A connection to the X server in a thread of its own.

python-xlib blocks, and whoever owns a selection has to answer at any time. So one thread owns one
connection; it sleeps in `select` until the server or the loop has something for it, and every wait
inside a job goes on answering.
"""

import asyncio
import contextlib
import heapq
import itertools
import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from Xlib import X, Xatom
from Xlib.error import XError

from dictate.errors import Unavailable
from dictate.x11 import CONNECT_S, close, connect, cut

_log = logging.getLogger(__name__)

STOP_S = 0.2

T = TypeVar("T")
D = TypeVar("D")


class XServerLost(Exception):
    """The connection to the X server is gone, or was given up because the server hung."""


class XConnection:
    """The display as its thread sees it. Everything here runs in that thread."""

    def __init__(self, display: Any, wake: socket.socket) -> None:
        self.display = display
        self._client_mask = ~int(display.display.info.resource_id_mask) & 0xFFFFFFFF
        self.window = display.screen().root.create_window(
            0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask
        )
        self.handlers: list[Callable[[Any], None]] = []
        self._wake = wake
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        display.set_error_handler(lambda error, _request: _log.debug("X error: %s", error))

    @property
    def lost(self) -> bool:
        """Whether python-xlib has seen the connection break."""
        return bool(self.display.display.socket_error)

    def atom(self, name: str) -> int:
        return int(self.display.get_atom(name))

    def client(self, xid: int) -> int:
        """The X client that made the resource `xid`, as the common part of all its numbers."""
        return xid & self._client_mask

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._serial), action))

    def now(self) -> int:
        """The server's clock, as ICCCM wants it in every claim to a selection."""
        atom = self.atom("_DICTATE_CLOCK")
        self.window.change_property(atom, Xatom.STRING, 8, b"", X.PropModeAppend)
        event = self.expect(lambda e: e.type == X.PropertyNotify and e.atom == atom, CONNECT_S)
        if event is None:
            raise XServerLost("the X server does not answer")
        return int(event.time)

    def expect(self, matches: Callable[[Any], bool], seconds: float) -> Any:
        """The next event that matches, or None; the handlers see all events meanwhile."""
        found: list[Any] = []

        def look(event: Any) -> None:
            if not found and matches(event):
                found.append(event)

        self.handlers.append(look)
        try:
            self.wait(lambda: bool(found), seconds)
        finally:
            self.handlers.remove(look)
        return found[0] if found else None

    def wait(self, until: Callable[[], bool], seconds: float | None) -> bool:
        """Serve until `until()` holds (True) or the time is over (False)."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            while self.display.pending_events():
                self._dispatch(self.display.next_event())
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()
            self.display.flush()
            if until():
                return True
            if end is not None and now >= end:
                return False
            if self.display.pending_events():  # a timer's round trip may have queued some
                continue
            limits = [when for when in (end, self._timers[0][0] if self._timers else None) if when]
            sleep = max(0.0, min(limits) - time.monotonic()) if limits else None
            readable, _, _ = select.select([self.display.fileno(), self._wake], [], [], sleep)
            if self._wake in readable:
                self._wake.recv(4096)

    def _dispatch(self, event: Any) -> None:
        for handler in tuple(self.handlers):
            try:
                handler(event)
            except XError as error:  # a window that vanished between its event and our request
                _log.debug("X error: %s", error)


class XThread(Generic[D]):
    """Runs jobs on what `make` builds on a fresh connection; begins anew after a server's death."""

    def __init__(self, name: str, make: Callable[[XConnection], D]) -> None:
        self._name = name
        self._make = make
        self._worker: _Worker[D] | None = None

    async def start(self) -> None:
        """Connect, unless connected. Raises Unavailable."""
        if self._worker is not None and not self._worker.ended.done():
            return
        self._worker = _Worker(self._name, self._make)
        self._worker.start()
        try:
            await _bounded(self._worker.started, CONNECT_S)
        except TimeoutError:
            self._cut()
            raise Unavailable("the X server does not answer; is the desktop hung?") from None

    async def call(self, job: Callable[[D], T], limit_s: float) -> T:
        """What `job` returns or raises in the thread. Raises XServerLost.

        A job that has begun runs to its end even if the caller is cancelled.
        """
        if self._worker is None:
            raise XServerLost("not connected to an X server")
        try:
            return await _bounded(self._worker.submit(job), limit_s)
        except TimeoutError:
            self._cut()
            raise XServerLost("the X server does not answer") from None

    async def stop(self, last: Callable[[D], None], limit_s: float) -> None:
        """Run one last job and disconnect. Idempotent."""
        worker = self._worker
        if worker is None or worker.ended.done():
            return
        with contextlib.suppress(XServerLost):
            await self.call(last, limit_s)
        worker.stop()
        with contextlib.suppress(TimeoutError):
            await _bounded(worker.ended, STOP_S)
        self._worker = None

    def _cut(self) -> None:
        if self._worker is not None:
            self._worker.cut()
            self._worker = None


async def _bounded(future: "Future[T]", seconds: float) -> T:
    waiting = asyncio.wrap_future(future)
    # What it comes to after the time is over, nobody asks; asyncio would call that an error.
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.wait_for(asyncio.shield(waiting), seconds)


class _Worker(threading.Thread, Generic[D]):
    """The thread of one connection, from connecting to the connection's end."""

    def __init__(self, name: str, make: Callable[[XConnection], D]) -> None:
        super().__init__(name=name, daemon=True)
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        self._make = make
        self._jobs: deque[tuple[Future[Any], Callable[[D], Any]]] = deque()
        self._lock = threading.Lock()
        self._stopping = False
        self._display: Any = None
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)

    def submit(self, job: Callable[[D], T]) -> "Future[T]":
        future: Future[T] = Future()
        with self._lock:
            if self.ended.done():
                future.set_exception(XServerLost("the X server is gone"))
                return future
            self._jobs.append((future, job))
            self._poke()
        return future

    def stop(self) -> None:
        """End after the jobs that are waiting."""
        with self._lock:
            self._stopping = True
            self._poke()

    def cut(self) -> None:
        """End now: break the connection, which brings the thread out of any call of python-xlib."""
        self.stop()
        if self._display is not None:
            cut(self._display)

    def run(self) -> None:
        try:
            self._display = connect()
            connection = XConnection(self._display, self._theirs)
            desk = self._make(connection)
        except Unavailable as error:
            self._end()
            self.started.set_exception(error)
        except Exception as error:
            self._end()
            reason = Unavailable(f"the X server is gone: {error}")
            reason.__cause__ = error
            self.started.set_exception(reason)
        else:
            self.started.set_result(None)
            self._work(connection, desk)
            self._end()

    def _work(self, connection: XConnection, desk: D) -> None:
        while not self._stopping:
            try:
                connection.wait(lambda: bool(self._jobs) or self._stopping, None)
            except Exception as error:
                if not connection.lost:
                    _log.exception("the X thread ends")
                else:
                    _log.info("the X server is gone: %s", error)
                return
            while self._jobs:
                future, job = self._jobs.popleft()
                try:
                    future.set_result(job(desk))
                except Exception as error:
                    if connection.lost:
                        lost = XServerLost("the X server is gone")
                        lost.__cause__ = error
                        future.set_exception(lost)
                        return
                    future.set_exception(error)

    def _end(self) -> None:
        if self._display is not None:
            close(self._display)
        with self._lock:
            self.ended.set_result(None)
            self._ours.close()
            self._theirs.close()
        while self._jobs:
            future, _ = self._jobs.popleft()
            future.set_exception(XServerLost("the X server is gone"))

    def _poke(self) -> None:
        with contextlib.suppress(OSError):
            self._ours.send(b"x")
