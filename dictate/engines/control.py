"""The control connection to an engine process: it reports the state of the engine, and takes
hotwords ahead of the dictation that uses them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from wyoming.event import Event, async_write_event
from wyoming.ping import Ping

from dictate.engines.call_watch import Usage, WorkMeter
from dictate.engines.hotword_events import encode, hotwords_bytes
from dictate.engines.process import FROZEN_S, LOADING_S
from dictate.engines.protocol import (
    LARGEST_EVENT,
    EngineState,
    StatusEvent,
    UnusableTerms,
    WatchStatus,
    error_from,
    read_event,
)
from dictate.errors import EngineError, EngineLost
from dictate.hotwords.model import Hotwords
from dictate.translation import _

CONNECT_S = 0.02
"""Seconds between attempts to connect to a process that has just been started."""
HUNG_S = 30.0
"""Seconds without an answer to a ping, after which a process that takes in a list counts as hung.
A list may take minutes, but the process answers meanwhile."""


class ControlConnection:
    """One connection at a time, to each of the processes that follow each other at one socket."""

    def __init__(
        self,
        socket: Path,
        on_status: Callable[[StatusEvent], None],
        on_preparing: Callable[[], None],
        usage: Callable[[], Usage],
    ) -> None:
        """Called on the loop: `on_status` with each status that the process reports, and
        `on_preparing` when `preparing` has changed. `usage` is what the process has used while it
        loads, and blocks."""
        self._socket = socket
        self._on_status = on_status
        self._on_preparing = on_preparing
        self._limit: asyncio.Timeout | None = None
        self._usage = usage
        self._hung = self._frozen = False
        self._ready = False
        self._local = True
        """Whether the model is loaded here, as far as that is known."""
        self._writer: asyncio.StreamWriter | None = None
        self._answers: deque[asyncio.Future[list[str]]] = deque()
        """To the lists that were sent, in their order."""
        self.hotwords: Hotwords | None = None
        """The list that each new process gets as soon as it is connected."""

    @property
    def connected(self) -> bool:
        """Whether a process listens to it."""
        return self._writer is not None

    @property
    def preparing(self) -> bool:
        """Whether the engine takes in a list of hotwords, and so cannot do anything else."""
        return bool(self._answers)

    async def prepare(self, hotwords: Hotwords) -> list[str]:
        """Send a list of hotwords: one line for each term that the engine cannot use. It may take
        as long as a model may take to load. Raises OSError, EngineError."""
        if self._writer is None:
            raise EngineLost(_("the engine was lost"))
        return await (await self._send(hotwords, self._writer))

    async def _send(
        self, hotwords: Hotwords, writer: asyncio.StreamWriter
    ) -> asyncio.Future[list[str]]:
        await encode(hotwords)
        answer = self._expect_answer()
        writer.write(hotwords_bytes(hotwords))
        await writer.drain()
        return answer

    def _expect_answer(self) -> asyncio.Future[list[str]]:
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        self._set_limit()
        self._on_preparing()
        return answer

    def _set_limit(self) -> None:
        """While it loads or takes in a list, the process has a time limit."""
        if self._limit is not None and not self._limit.expired():
            busy = not self._ready or self._answers
            now = asyncio.get_running_loop().time()
            self._limit.reschedule(now + LOADING_S if busy else None)

    async def run(self) -> str:
        """Connect to the process that is being started and report its state until it is gone or
        its engine has failed; why it is of no use."""
        reason = _("the engine was lost")
        try:
            reason = await self._watch()
        finally:
            while self._answers:
                _settle(self._answers.popleft(), EngineLost(reason))
        return reason

    async def _watch(self) -> str:
        try:
            self._ready = self._hung = self._frozen = False
            self._local = True
            async with asyncio.timeout(LOADING_S) as self._limit, _beside(self._watch_loading()):
                reader, writer = await self._connect()
                heartbeat = asyncio.create_task(self._watch_heartbeat())
                try:
                    await async_write_event(WatchStatus().event(), writer)
                    self._writer = writer
                    if self.hotwords is not None:
                        await self._send(self.hotwords, writer)
                    while event := await read_event(reader):
                        if event.type in (UnusableTerms.type, "error"):
                            self._answer(event)
                        elif event.type == StatusEvent.type:
                            status = StatusEvent.from_event(event)
                            self._local = status.local
                            self._on_status(status)
                            if status.state == EngineState.FAILED:
                                return status.message
                            self._ready = status.state == EngineState.READY
                            self._set_limit()
                    return _("the engine closed its connection")
                finally:
                    heartbeat.cancel()
                    self._writer = self._limit = None
                    writer.close()
        except TimeoutError:
            if self._hung:
                return _("the engine hung for {hung_s:g} s while it took in the hotwords").format(
                    hung_s=HUNG_S
                )
            if self._frozen:
                return _("the engine did nothing for {frozen_s:g} s while it was loaded").format(
                    frozen_s=FROZEN_S
                )
            what = _("has not taken in the hotwords") if self._ready else _("is not loaded")
            return _("the engine {what} after {loading_s:.0f} s").format(
                what=what, loading_s=LOADING_S
            )
        except (OSError, EngineError) as error:
            return _("the engine talks nonsense: {error}").format(error=error)

    async def _watch_loading(self) -> None:
        """End `run` if the process does nothing while it loads: it is stopped, or waits for what
        does not come."""
        meter = await asyncio.to_thread(WorkMeter, self._usage)
        while True:
            await asyncio.sleep(FROZEN_S)
            if self._ready:
                return
            works = await asyncio.to_thread(meter.at_work, LOADING_S)
            if not self._local:  # it waits for another machine, with deadlines of its own
                works = await answers_ping(self._socket, HUNG_S)
            if not works and not self._ready:
                break
        self._frozen = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())

    async def _watch_heartbeat(self) -> None:
        """End `run` if the process hangs while it takes in a list."""
        while not self._hung:
            await asyncio.sleep(HUNG_S / 2)
            if self._ready and self._answers and not await answers_ping(self._socket, HUNG_S):
                self._hung = bool(self._answers)
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_unix_connection(str(self._socket), limit=LARGEST_EVENT)
            except OSError:  # it does not listen yet
                await asyncio.sleep(CONNECT_S)

    def _answer(self, event: Event) -> None:
        if not self._answers:
            raise EngineError(_("{type} unasked").format(type=event.type))
        if event.type == "error":
            _settle(self._answers.popleft(), error_from(event))
        else:
            terms = UnusableTerms.from_event(event).terms
            _settle(self._answers.popleft(), [str(term) for term in terms])
        self._set_limit()
        self._on_preparing()


async def answers_ping(socket: Path, within_s: float) -> bool:
    """Whether the process that listens there is alive. It has a connection of its own for that: on
    another one the answer would wait until what was sent before is done."""
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            try:
                await async_write_event(Ping().event(), writer)
                return await read_event(reader) is not None
            finally:
                writer.close()
    except (OSError, EngineError):
        return False


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do this meanwhile."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


def _settle(answer: asyncio.Future[list[str]], result: list[str] | EngineError) -> None:
    if answer.done():
        return
    if isinstance(result, EngineError):
        answer.set_exception(result)
        answer.exception()  # marks it as retrieved, or asyncio would log it
    else:
        answer.set_result(result)
