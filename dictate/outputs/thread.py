"""A connection to the desktop in a thread of its own, with an asyncio loop in it.

The owner of a selection must answer at any time, and a desktop's library may block. So each
connection has a thread. Jobs are coroutines: while one waits, the connection is served.
"""

import asyncio
import contextlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Generic, TypeAlias, TypeVar

from dictate.errors import Unavailable
from dictate.platform.background import BackgroundTasks, ignore_exception
from dictate.translation import _

_log = logging.getLogger(__name__)

CONNECT_S = 2.0
"""Seconds after which a desktop that does not answer counts as hung."""
STOP_S = 0.2
"""Seconds that the thread has to end."""

T = TypeVar("T")
D = TypeVar("D")
Job: TypeAlias = Coroutine[Any, Any, T]


class DesktopLost(Exception):
    """The connection has ended, or was given up because the other side hung."""


class DesktopConnection(ABC):
    """A connection as its thread sees it. Everything here runs in that thread, except `cut`."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self.loop.create_future()
        """Has the exception that ended the connection; None if it is not needed any more."""
        self._served = asyncio.Event()
        self._turn = asyncio.Lock()
        self._tasks = BackgroundTasks(_log)

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether it has been seen to break."""

    @abstractmethod
    def serve(self) -> None:
        """Dispatch all that has arrived, and send what is queued, as far as neither blocks."""

    @abstractmethod
    def close(self) -> None:
        """Disconnect, whatever state the other side is in."""

    @abstractmethod
    def cut(self) -> None:
        """Break the connection from a different thread, which ends any call that blocks on it."""

    def end(self, error: Exception | None = None) -> None:
        """Have the thread end."""
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)
            self.ended.exception()  # asyncio reports one that is never looked at

    def poll(self) -> None:
        """Serve now. Raises what ended the connection."""
        if self.ended.done():
            self.ended.result()
        try:
            self.serve()
        except Exception as error:
            self.end(error)
            raise

    def wake(self) -> None:
        """Serve now, and have `wait` look again. The callback of the connection's descriptor."""
        with contextlib.suppress(Exception):  # `ended` has it
            self.poll()
        self._served.set()

    async def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Serve until `until()` holds (True) or the time is over (False)."""
        end = self.loop.time() + seconds
        while True:
            self.poll()
            if until():
                return True
            if (rest := end - self.loop.time()) <= 0:
                return False
            self._served.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._served.wait()

    async def run(self, job: Job[T]) -> T:
        """Run a job after those before it."""
        try:
            async with self._turn:
                return await job
        except Exception as error:
            if self.lost:
                self.end(error)
            raise
        finally:
            job.close()
            # A library may have read events for which no descriptor wakes the loop.
            self.wake()

    def start(self, job: Job[object]) -> None:
        """Run a job for which no caller waits."""

        async def run() -> None:
            try:
                await self.run(job)
            except Exception:
                if not self.lost:
                    raise

        self._tasks.start(run())

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` in this many seconds, also while a job waits."""

        def act() -> None:
            try:
                action()
            except Exception as error:
                self.end(error)
            self.wake()

        self.loop.call_later(seconds, act)


C = TypeVar("C", bound=DesktopConnection)


def at_once(make: Callable[[C], D]) -> Callable[[C], Awaitable[D]]:
    """`make`, for a thread that awaits what it calls."""

    async def made(connection: C) -> D:
        return make(connection)

    return made


class _Running(Generic[C, D]):
    """A thread, from connecting to the end of the connection."""

    def __init__(self) -> None:
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        self.lock = threading.Lock()
        self.stopping = False
        self.connection: C | None = None
        self.backend: D | None = None
        """None before the start, and after the end."""

    def stop(self) -> None:
        """End, without the jobs that are still waiting."""
        self.stopping = True
        if self.connection is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self.connection.loop.call_soon_threadsafe(self.connection.end)


class DesktopThread(Generic[C, D]):
    """Runs jobs on what `make` builds on a connection, and connects anew after its end.

    `connect` may block, and raises Unavailable. `what` names the other side for people.
    """

    def __init__(
        self,
        name: str,
        what: str,
        connect: Callable[[], Awaitable[C]],
        make: Callable[[C], Awaitable[D]],
    ) -> None:
        self._name = name
        self._what = what
        self._connect = connect
        self._make = make
        self._running: _Running[C, D] | None = None

    async def start(self) -> None:
        """Connect, unless connected. Raises Unavailable."""
        if self._running is not None and not self._running.ended.done():
            return
        running = self._running = _Running()
        threading.Thread(target=self._run, args=[running], name=self._name, daemon=True).start()
        try:
            await _bounded(running.started, CONNECT_S)
        except TimeoutError:
            self._cut()
            raise Unavailable(
                _("{name} does not answer; is the desktop hung?").format(name=self._what)
            ) from None

    async def call(self, job: Callable[[D], Job[T]], limit_s: float) -> T:
        """What `job` returns or raises in the thread. Raises DesktopLost.

        A job that has begun runs to its end even if the caller is cancelled.
        """
        if self._running is None:
            raise DesktopLost(_("not connected to {name}").format(name=self._what))
        called = self._submit(self._running, job)
        try:
            return await _bounded(called, limit_s)
        except TimeoutError:
            self._cut()
            raise DesktopLost(_("{name} does not answer").format(name=self._what)) from None
        except asyncio.CancelledError:
            if called.cancelled():  # with the thread, not with the caller
                raise self._gone() from None
            raise

    async def stop(self, last: Callable[[D], Job[None]] | None = None, limit_s: float = 0) -> None:
        """Run a last job and disconnect. Idempotent."""
        running = self._running
        if running is None or running.ended.done():
            return
        if last is not None:
            with contextlib.suppress(DesktopLost):
                await self.call(last, limit_s)
        running.stop()
        with contextlib.suppress(TimeoutError):
            await _bounded(running.ended, STOP_S)
        self._running = None

    def _cut(self) -> None:
        """End the thread now, out of any call that blocks."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()
            if running.connection is not None:
                running.connection.cut()

    def _submit(self, running: _Running[C, D], job: Callable[[D], Job[T]]) -> "Future[T]":
        with running.lock:
            if running.connection is None or running.backend is None:
                raise self._gone()
            work = self._job(running.connection, job(running.backend))
            return asyncio.run_coroutine_threadsafe(work, running.connection.loop)

    # In the thread.

    def _run(self, running: _Running[C, D]) -> None:
        refused: Unavailable | None = None
        try:
            asyncio.run(self._main(running))
        except Unavailable as error:
            refused = error
        except Exception as error:
            refused = Unavailable(_("{name} is gone: {error}").format(name=self._what, error=error))
            refused.__cause__ = error
        running.ended.set_result(None)
        if refused is not None:
            running.started.set_exception(refused)

    async def _main(self, running: _Running[C, D]) -> None:
        connection = running.connection = await self._connect()
        try:
            running.backend = await self._make(connection)
            connection.wake()  # sends what that has queued
            running.started.set_result(None)
            if running.stopping:
                return
            await asyncio.wait({connection.ended})
            if error := connection.ended.exception():
                if connection.lost:
                    _log.info("%s is gone: %s", self._what, error)
                else:
                    _log.error("the thread of %s ends", self._what, exc_info=error)
        finally:
            with running.lock:
                running.backend = None
            for __ in range(2):
                await asyncio.sleep(0)  # what was submitted until now has begun then
            connection.close()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    async def _job(self, connection: C, job: Job[T]) -> T:
        try:
            return await connection.run(job)
        except Exception as error:
            if connection.lost:
                raise self._gone() from error
            raise

    def _gone(self) -> DesktopLost:
        return DesktopLost(_("{name} is gone").format(name=self._what))


async def _bounded(future: "Future[T]", seconds: float) -> T:
    waiting = asyncio.wrap_future(future)
    ignore_exception(waiting)  # a result after that time has no reader
    return await asyncio.wait_for(asyncio.shield(waiting), seconds)
