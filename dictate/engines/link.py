"""The daemon's side of the engine: starts it, keeps it alive, and gets every utterance an answer.

The engine process may die, hang or talk nonsense at any moment. Whatever happens, an utterance is
sent once live, as the user speaks, and if that comes to nothing once more as a whole, from what
is on disk, to a fresh process. Then it is EngineLost; the sound stays with the caller.

Each utterance has a connection of its own (see `protocol.py`), so news of a cancelled one cannot
reach a later one.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from wyoming.event import Event, async_write_event

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.engines.exchange import AttemptFailed, UtteranceAttempt, UtteranceClient
from dictate.engines.process import EngineProcess
from dictate.engines.protocol import (
    LARGEST_EVENT,
    EngineState,
    Timings,
    Unusable,
    WatchStatus,
    hotwords_event,
    read_event,
)
from dictate.errors import EngineError, EngineLost
from dictate.events import PartialTranscript
from dictate.hotwords.model import Hotwords

log = logging.getLogger(__name__)

LOADING_S = 600.0
"""An engine that is not loaded after so long counts as hung."""
STEADY_S = 10.0
"""A process that dies younger than this counts towards a crash loop."""
CRASHES = 4
"""So many young deaths in a row are a crash loop: `failed`, until somebody speaks again."""
SOONEST_S, LATEST_S = 2.0, 60.0
"""An engine elsewhere that cannot be reached is looked for again after so long, and twice as long
each time; somebody who speaks has it looked for at once."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine says of itself, and what the last utterance took."""

    name: str = ""
    languages: tuple[str, ...] = ()
    streams: bool = False
    hotwords_as: str = ""
    load_s: float = 0.0
    memory_mb: float = 0.0
    rtf: float = 0.0
    """Seconds of work for a second of sound, of the last utterance."""
    finish_ms: float = 0.0
    """From the end of the sound to the text, of the last utterance."""
    model: str = ""
    device: str = ""
    precision: str = ""
    chunk_ms: int = 0
    """Milliseconds of sound to a step, of the last utterance."""
    step_ms: float = 0.0
    """The median step of the last utterance, in milliseconds of work."""
    device_memory_mb: float = 0.0
    notes: tuple[str, ...] = ()
    """What is not as it was asked for, and why: of the engine, then of the last utterance."""


class EngineClient:
    """The engine, for the daemon: always there, whatever its process does."""

    def __init__(
        self,
        settings: EngineSettings,
        socket: Path,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`socket` is where the engine process shall listen, in a folder that only this user can
        enter; `on_change` is called on the loop when `state` or `info` changes."""
        self.settings = settings
        self.state = "loading"
        """loading, ready, restarting or failed."""
        self.message = ""
        """Why it is restarting or failed."""
        self.info = EngineStatus(name=settings.use)
        self.ready_at = 0.0
        """Loop time at which the engine was loaded."""
        self.local = True
        """Whether the engine is on this machine."""
        self.run = 0
        """The number of this run of the process; each restart counts up."""
        self.chosen = ""
        """The engine that "auto" chose last, whether it loads or not."""
        self.exchanges: set[UtteranceAttempt] = set()
        """What is under way."""
        self._socket = socket
        self._on_change = on_change
        self._news = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._child: EngineProcess | None = None
        self._reachable = False
        self._doomed = asyncio.Event()
        self._control: asyncio.StreamWriter | None = None
        self._answers: deque[asyncio.Future[list[str]]] = deque()
        self._list: Event | None = None
        self._listed: Hotwords | None = None
        self._engine_notes: tuple[str, ...] = ()
        self._without: dict[str, str] = {}
        """Engines that failed here, and why: "auto" does without them from now on."""
        self._tried_again = ""
        """The engine that did not load, and gets a fresh process once."""
        self._own = self.info
        """What the engine of this link says, where `info` is that of the one in its place."""
        self._spare: EngineClient | None = None

    @property
    def well(self) -> bool:
        """Whether somebody looks after the engine process, whatever state that is in."""
        return self._keeper is not None and not self._keeper.done()

    @property
    def serving(self) -> str:
        """The state of the engine that `info` is about: ours, or the one in its place."""
        return self.state if self._spare is None or self.info is self._own else self._spare.state

    @property
    def given_up(self) -> tuple[str, ...]:
        """The engines that "auto" does without, as they failed here."""
        return tuple(self._without)

    @property
    def pid(self) -> int | None:
        """The engine process, while there is one."""
        return None if self._child is None else self._child.pid

    async def start(self) -> None:
        """Start the engine process and keep it alive. Returns at once; see `state`."""
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Kill the engine process. Utterances that are still open end in EngineLost."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            await asyncio.to_thread(self._socket.unlink, missing_ok=True)
        if self._spare is not None:
            await self._spare.stop()

    async def prepare(self, hotwords: Hotwords) -> list[str]:
        """Have the engine take the list in, ahead of the dictation that uses it: one line for
        each term that cannot be used. It is taken in again after each restart. Raises EngineLost
        if the engine does not answer; utterances bring their list along in any case."""
        event = self.hotwords_event(hotwords)
        self.want()
        try:
            async with asyncio.timeout(LOADING_S):
                await self._until(lambda: self.state in ("ready", "failed"))
            async with asyncio.timeout(self.settings.deadline_s):
                return await self._ask(event)
        except (TimeoutError, OSError, EngineError) as error:
            if isinstance(error, EngineLost):
                raise
            reason = f"the engine does not take the hotwords in ({str(error) or 'no answer'})"
            self.restart(self.run, reason)
            raise EngineLost(f"{reason}: restarted") from error

    async def _ask(self, event: Event) -> list[str]:
        if self._control is None:
            raise EngineLost(f"the engine cannot be used: {self.message or self.state}")
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        await async_write_event(event, self._control)
        return await answer

    def hotwords_event(self, hotwords: Hotwords) -> Event:
        """The event for this list; the last one is remembered, as a list may be long."""
        if self._list is None or self._listed != hotwords:
            self._list, self._listed = hotwords_event(hotwords), hotwords
        return self._list

    def begin(
        self,
        dictation: int,
        hotwords: Hotwords,
        language: str | None,
        on_partial: Callable[[PartialTranscript], None] = lambda _: None,
    ) -> "UtteranceClient":
        """Begin an utterance, in any state: its sound waits for the engine. `on_partial` is
        called on the loop."""
        return UtteranceClient(
            self, lambda link: UtteranceAttempt(link, dictation, hotwords, language, on_partial)
        )

    def want(self) -> None:
        """Somebody needs the engine: one that was given up is tried again."""
        if self.state == "failed" and self._keeper is not None and not self._keeper.done():
            self._set("restarting", self.message)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
        """A new connection to the engine process, and to which run of it. Raises Trouble."""
        try:
            async with asyncio.timeout(LOADING_S):
                while True:
                    await self._until(lambda: self._reachable or self.state == "failed")
                    if self.state == "failed":
                        raise AttemptFailed(
                            EngineLost(f"the engine cannot be used: {self.message}")
                        )
                    run = self.run
                    try:
                        connection = await asyncio.open_unix_connection(
                            str(self._socket), limit=LARGEST_EVENT
                        )
                    except OSError as error:  # it died just now
                        self.restart(run, f"it cannot be reached ({error})")
                    else:
                        return *connection, run
        except TimeoutError as error:
            raise AttemptFailed(EngineLost("the engine does not start")) from error

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            await self._news.wait()

    def restart(self, run: int, reason: str) -> None:
        """Kill the process and start it anew, unless that was done since `run`."""
        if run == self.run:
            self._reachable = False
            self._doomed.set()
            self._set("restarting", reason)

    def fall_back(self, name: str, reason: str) -> bool:
        """Do without the engine `name` from now on, as far as the user left the choice to us and
        there is another; whether that is so. The process has to be started anew for it."""
        if self.settings.use != "auto" or name not in ENGINES.auto:
            return False
        if not set(ENGINES.auto) - {name, *self._without}:
            return False
        log.error("the engine %s is given up, the next best takes its place: %s", name, reason)
        self._without[name] = reason
        return True

    async def spare(self) -> "EngineClient | None":
        """The engine that hears what this one fails at, in a process of its own from now on; None
        if the user wants none, or this one was stopped."""
        if self.settings.fallback == "none" or not self.well:
            return None
        settings = replace(self.settings, use=self.settings.fallback, fallback="none")
        if self._spare is None:
            socket = self._socket.with_name(f"{self._socket.name}-2")
            self._spare = EngineClient(settings, socket, self._on_change)
            await self._spare.start()
        self._spare.settings = settings
        return self._spare

    def stood_in(self, spare: "EngineClient", reason: str) -> None:
        """The last utterance was heard by the engine of `spare`."""
        name = spare.info.name
        log.warning("%s heard it, because %s", name, reason)
        notes = (f"{reason}; {name} took its place", *spare.info.notes)
        self.info = replace(spare.info, notes=notes)
        self._on_change()

    def took(self, timings: Timings) -> None:
        """An utterance came through."""
        self._own = self.info = replace(
            self._own,
            rtf=timings.rtf,
            finish_ms=timings.finish_ms,
            chunk_ms=timings.chunk_ms,
            step_ms=timings.step_ms,
            notes=(*self._engine_notes, timings.note) if timings.note else self._engine_notes,
        )
        self._on_change()

    def _set(self, state: str, message: str = "") -> None:
        if (state, message) != (self.state, self.message):
            self.state, self.message = state, message
            news, self._news = self._news, asyncio.Event()
            news.set()
            self._on_change()

    async def _keep(self) -> None:
        """Start the process again and again, more slowly if it keeps dying young."""
        loop = asyncio.get_running_loop()
        young_deaths = 0
        again_s = SOONEST_S
        try:
            while True:
                began = loop.time()
                reason = await self._one_run()
                # What happens elsewhere is no fault of this process, which is as good as new.
                blameless = not self.local and self._doomed.is_set()
                young = loop.time() - began < STEADY_S and not blameless
                young_deaths = young_deaths + 1 if young else 1
                again_s = SOONEST_S if self.ready_at > began else again_s
                if young_deaths >= CRASHES and self._give_up(reason):
                    young_deaths = 1
                if young_deaths >= CRASHES or self.state == "failed":
                    log.error("the engine cannot be used: %s", reason)
                    self._set("failed", reason)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(None if self.local else again_s):
                            await self._until(lambda: self.state != "failed")
                    young_deaths = 0
                    again_s = min(again_s * 2, LATEST_S)
                else:
                    log.warning("the engine is restarted: %s", reason)
                    self._set("restarting", reason)
                    await asyncio.sleep(0.01 * 8 ** (young_deaths - 1))
        finally:
            self._reachable = False
            self._set("failed", "the engine was stopped")
            if self._child is not None:
                await self._child.kill()

    def _another_try(self, reason: str) -> bool:
        """Whether an engine that did not load gets a fresh process, once, or the next best one is
        tried in its place."""
        if self.settings.use == "auto" and self._tried_again != self.chosen:
            self._tried_again = self.chosen
            return True
        return self._give_up(reason)

    def _give_up(self, reason: str) -> bool:
        # One that was given up before is not what fails now: nothing could be chosen in its place.
        return self.chosen not in self._without and self.fall_back(self.chosen, reason)

    async def _one_run(self) -> str:
        """One run of the process, from start to death; why it ended."""
        self.run += 1
        self._doomed.clear()
        self._child = child = EngineProcess(self.settings, self._socket, self._without)
        try:
            await child.start()
        except OSError as error:
            return f"the engine process cannot be started: {error}"
        died = asyncio.create_task(child.ended())
        doomed = asyncio.create_task(self._doomed.wait())
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.wait({died, doomed, watch}, return_when=asyncio.FIRST_COMPLETED)
            if doomed.done():
                return self.message
            if died.done():
                return f"the engine process died ({died.result()})"
            if watch.done() and self.state in ("failed", "restarting"):
                return watch.result()
            await asyncio.wait({died}, timeout=1)
            return f"the engine process died ({died.result()})" if died.done() else watch.result()
        finally:
            self._reachable = False
            for task in (died, doomed, watch):
                task.cancel()
            await child.kill()

    async def _watch(self) -> str:
        """Connect, and hear how the engine is, until it is gone; why it is of no use."""
        try:
            async with asyncio.timeout(LOADING_S) as limit:
                reader, writer = await self._first_connection()
                try:
                    await async_write_event(WatchStatus().event(), writer)
                    self._control = writer
                    if self._list is not None:
                        self._answers.append(asyncio.get_running_loop().create_future())
                        await async_write_event(self._list, writer)
                    while event := await read_event(reader):
                        if event.type in (Unusable.type, "error"):
                            self._heard(event)
                        elif event.type == EngineState.type:
                            status = EngineState.from_event(event)
                            self._now(status)
                            if status.state == "failed":
                                return status.message
                            if status.state == "ready":
                                limit.reschedule(None)
                    return "the engine closed its connection"
                finally:
                    self._control = None
                    while self._answers:
                        _settle(self._answers.popleft(), EngineLost("the engine was lost"))
                    writer.close()
        except TimeoutError:
            return f"the engine is not loaded after {LOADING_S:.0f} s"
        except (OSError, EngineError) as error:
            return f"the engine talks nonsense: {error}"

    async def _first_connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_unix_connection(str(self._socket), limit=LARGEST_EVENT)
            except OSError:  # not yet
                await asyncio.sleep(0.02)

    def _heard(self, event: Event) -> None:
        if not self._answers:
            raise EngineError(f"{event.type} unasked")
        if event.type == "error":
            _settle(self._answers.popleft(), EngineError(str(event.data.get("text"))[:1000]))
        else:
            terms = Unusable.from_event(event).terms
            _settle(self._answers.popleft(), [str(term) for term in terms])

    def _now(self, status: EngineState) -> None:
        self.local = status.local
        if status.name in ENGINES.auto:
            self.chosen = status.name
        if status.state == "ready":
            self.ready_at = asyncio.get_running_loop().time()
            given_up = (f"{name} was given up: {why}" for name, why in self._without.items())
            self._engine_notes = (*given_up, *(str(note) for note in status.notes))
            self._own = self.info = EngineStatus(
                name=status.name,
                languages=tuple(str(language) for language in status.languages),
                streams=status.streams,
                hotwords_as=status.hotwords_as,
                load_s=status.load_s,
                memory_mb=status.memory_mb,
                model=status.model,
                device=status.device,
                precision=status.precision,
                chunk_ms=status.chunk_ms,
                device_memory_mb=status.device_memory_mb,
                notes=self._engine_notes,
            )
        state = status.state
        if state == "failed" and self._another_try(status.message):
            state = "restarting"
        self._reachable = state not in ("failed", "restarting")
        self._set(state, status.message)
        for exchange in self.exchanges:
            exchange.touch()


def _settle(answer: asyncio.Future[list[str]], result: list[str] | EngineError) -> None:
    if answer.done():
        return
    if isinstance(result, EngineError):
        answer.set_exception(result)
        answer.exception()  # it is not news to nobody
    else:
        answer.set_result(result)
