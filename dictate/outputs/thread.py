"""A connection to the desktop in a thread of its own.

Who owns a selection has to answer at any time, and what a desktop's library does may block. So one
thread owns one connection; it sleeps in `select` until the desktop or the loop has something for
it, and every wait inside a job goes on answering.
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
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from dictate.errors import Unavailable

_log = logging.getLogger(__name__)

CONNECT_S = 2.0
"""Seconds after which a desktop that does not answer counts as hung."""
STOP_S = 0.2

T = TypeVar("T")
D = TypeVar("D")


class DesktopLost(Exception):
    """The connection is gone, or was given up because the other side hung."""


class DesktopConnection(ABC):
    """A connection as its thread sees it. Everything here runs in that thread, `cut` aside."""

    def __init__(self, wake: socket.socket) -> None:
        self._wake = wake
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether it has been seen to break."""

    @abstractmethod
    def serve(self) -> None:
        """Hand all that has come to whom it is for. Does not block."""

    @abstractmethod
    def flush(self) -> None:
        """Send what waits to be sent, as far as that does not block."""

    @abstractmethod
    def pending(self) -> bool:
        """Whether something has been read that no handler has received yet."""

    @abstractmethod
    def watched(self) -> tuple[list[int], list[int]]:
        """The descriptors to wake for: those that can be read, those that can be written."""

    @abstractmethod
    def close(self) -> None:
        """Disconnect, whatever state the other side is in."""

    @abstractmethod
    def cut(self) -> None:
        """Break the connection from another thread, which ends what blocks on it at once."""

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._serial), action))

    def wait(self, until: Callable[[], bool], seconds: float | None) -> bool:
        """Serve until `until()` holds (True) or the time is over (False)."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            self.serve()
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()
            self.flush()
            if until():
                return True
            if end is not None and now >= end:
                return False
            if self.pending():  # a timer's round trip may have queued some
                continue
            limits = [when for when in (end, self._timers[0][0] if self._timers else None) if when]
            sleep = max(0.0, min(limits) - time.monotonic()) if limits else None
            reading, writing = self.watched()
            wake = self._wake.fileno()
            readable, _, _ = select.select([*reading, wake], writing, [], sleep)
            if wake in readable:
                self._wake.recv(4096)


C = TypeVar("C", bound=DesktopConnection)


class DesktopThread(Generic[C, D]):
    """Runs jobs on what `make` builds on a fresh connection; begins anew after the other's death.

    `connect` may block, and raises Unavailable; `what` is the other side, for people.
    """

    def __init__(
        self,
        name: str,
        what: str,
        connect: Callable[[socket.socket], C],
        make: Callable[[C], D],
    ) -> None:
        self._name = name
        self._what = what
        self._connect = connect
        self._make = make
        self._worker: _Worker[C, D] | None = None

    async def start(self) -> None:
        """Connect, unless connected. Raises Unavailable."""
        if self._worker is not None and not self._worker.ended.done():
            return
        self._worker = _Worker(self._name, self._what, self._connect, self._make)
        self._worker.start()
        try:
            await _bounded(self._worker.started, CONNECT_S)
        except TimeoutError:
            self._cut()
            raise Unavailable(f"{self._what} does not answer; is the desktop hung?") from None

    async def call(self, job: Callable[[D], T], limit_s: float) -> T:
        """What `job` returns or raises in the thread. Raises DesktopLost.

        A job that has begun runs to its end even if the caller is cancelled.
        """
        if self._worker is None:
            raise DesktopLost(f"not connected to {self._what}")
        try:
            return await _bounded(self._worker.submit(job), limit_s)
        except TimeoutError:
            self._cut()
            raise DesktopLost(f"{self._what} does not answer") from None

    async def stop(self, last: Callable[[D], None], limit_s: float) -> None:
        """Run one last job and disconnect. Idempotent."""
        worker = self._worker
        if worker is None or worker.ended.done():
            return
        with contextlib.suppress(DesktopLost):
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
    # Retrieve a result that comes too late, or asyncio logs its exception.
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.wait_for(asyncio.shield(waiting), seconds)


class _Worker(threading.Thread, Generic[C, D]):
    """The thread of one connection, from connecting to the connection's end."""

    def __init__(
        self,
        name: str,
        what: str,
        connect: Callable[[socket.socket], C],
        make: Callable[[C], D],
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        self._what = what
        self._connect = connect
        self._make = make
        self._jobs: deque[tuple[Future[Any], Callable[[D], Any]]] = deque()
        self._lock = threading.Lock()
        self._stopping = False
        self._connection: C | None = None
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)

    def submit(self, job: Callable[[D], T]) -> "Future[T]":
        future: Future[T] = Future()
        with self._lock:
            if self.ended.done():
                future.set_exception(self._gone())
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
        """End now, out of whatever blocks."""
        self.stop()
        if self._connection is not None:
            self._connection.cut()

    def run(self) -> None:
        try:
            self._connection = self._connect(self._theirs)
            desk = self._make(self._connection)
        except Unavailable as error:
            self._end()
            self.started.set_exception(error)
        except Exception as error:
            self._end()
            reason = Unavailable(f"{self._what} is gone: {error}")
            reason.__cause__ = error
            self.started.set_exception(reason)
        else:
            self.started.set_result(None)
            self._work(self._connection, desk)
            self._end()

    def _work(self, connection: C, desk: D) -> None:
        while not self._stopping:
            try:
                connection.wait(lambda: bool(self._jobs) or self._stopping, None)
            except Exception as error:
                if not connection.lost:
                    _log.exception("the thread of %s ends", self._what)
                else:
                    _log.info("%s is gone: %s", self._what, error)
                return
            while self._jobs:
                future, job = self._jobs.popleft()
                try:
                    future.set_result(job(desk))
                except Exception as error:
                    if connection.lost:
                        lost = self._gone()
                        lost.__cause__ = error
                        future.set_exception(lost)
                        return
                    future.set_exception(error)

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        with self._lock:
            self.ended.set_result(None)
            self._ours.close()
            self._theirs.close()
        while self._jobs:
            future, _ = self._jobs.popleft()
            future.set_exception(self._gone())

    def _gone(self) -> DesktopLost:
        return DesktopLost(f"{self._what} is gone")

    def _poke(self) -> None:
        with contextlib.suppress(OSError):
            self._ours.send(b"x")
