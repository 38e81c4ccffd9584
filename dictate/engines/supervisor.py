"""Starts the engine process, watches it, and restarts it when it dies, hangs or talks nonsense."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines.call_watch import Usage, loading_usage_of
from dictate.engines.control import ControlConnection
from dictate.engines.fallback import AutoChoice
from dictate.engines.memory import resident_mb
from dictate.engines.pace import MEASURABLE_S, Pace, slow_note
from dictate.engines.process import LOADING_S, EngineProcess, engine_name
from dictate.engines.protocol import LARGEST_EVENT, EngineState, StatusEvent, Timings
from dictate.errors import EngineLost
from dictate.platform.backoff import Backoff
from dictate.translation import _

log = logging.getLogger(__name__)

RESTART_S, RESTART_FACTOR = 0.01, 8.0
"""Seconds before the first restart of a process that died, and by how much each further wait is
longer."""
STEADY_S = 10.0
"""Seconds after which a process is no longer young: only young deaths count towards a crash
loop."""
CRASHES = 4
"""Number of young deaths in a row that are a crash loop: the engine is `failed`, until the user
speaks again."""
GROWN_MB = 2_000.0
"""Megabytes that a process may hold more than when its engine was loaded. Caches take some hundred;
what is more is lost in a leak."""
LOOK_S = 60.0
"""Seconds between two looks at that."""
SOONEST_S, LATEST_S = 2.0, 60.0
"""Seconds between attempts to reach a remote engine: the first wait, and the longest. When the user
speaks, the next attempt follows at once."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine reports about itself, and how long the last utterance took."""

    name: str = ""
    languages: tuple[str, ...] = ()
    streams: bool = False
    can_draft: bool = False
    """Whether it makes drafts."""
    hotwords_as: str = ""
    punctuates: bool | None = None
    """Whether its texts have punctuation; None if that is not known."""
    load_s: float = 0.0
    memory_mb: float = 0.0
    rtf: float = 0.0
    """Real-time factor of the last utterance, or as measured at the load: seconds of work for a
    second of sound."""
    slow: str = ""
    """If it cannot keep up with speech: how slow it is, and what to do."""
    finish_ms: float = 0.0
    """From when the process came to the end of the sound to the text, of the last utterance."""
    model: str = ""
    device: str = ""
    precision: str = ""
    chunk_ms: int = 0
    """Milliseconds of sound in a step, of the last utterance."""
    step_ms: float = 0.0
    """The median step of the last utterance, in milliseconds of work."""
    device_memory_mb: float = 0.0
    notes: tuple[str, ...] = ()
    """What differs from the settings, and why: first of the engine, then of the last utterance."""


class EngineSupervisor:
    """One engine process at a time."""

    def __init__(
        self, settings: EngineSettings, socket: Path, on_change: Callable[[], None]
    ) -> None:
        """The process listens at `socket`, which lies in a folder that only this user can enter.
        `on_change` is called on the loop when `state`, `message` or `info` has changed."""
        self.settings = settings
        self.state = EngineState.LOADING
        self.message = ""
        """Why it is restarting or failed."""
        self.info = EngineStatus(name=settings.use)
        self.ready_at = 0.0
        """Loop time at which the engine was loaded."""
        self.local = True
        """Whether the engine is on this machine."""
        self.run = 0
        """The number of the current process; each restart adds one."""
        self.choice = AutoChoice(settings.use)
        self.pace = Pace()
        self.control = ControlConnection(
            socket, self._status_received, self._call_listeners, self._loading_usage
        )
        self.status_listeners: set[Callable[[], None]] = set()
        """Called after each status that the process reports, and when it begins or ends to take in
        a list of hotwords."""
        self._socket = socket
        self._on_change = on_change
        self._name = engine_name(settings)
        """The engine that the log speaks of."""
        self._changed = asyncio.Event()
        """Replaced at each change of the state."""
        self._task: asyncio.Task[None] | None = None
        self._process: EngineProcess | None = None
        self._reachable = False
        self._restart_wanted = asyncio.Event()
        self._engine_notes: tuple[str, ...] = ()

    @property
    def is_supervised(self) -> bool:
        """Whether the process is watched and restarted, whatever its state."""
        return self._task is not None and not self._task.done()

    @property
    def pid(self) -> int | None:
        """The engine process, while there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process and keep it alive. Returns at once; see `state`."""
        self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """Kill the process."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            await asyncio.to_thread(self._socket.unlink, missing_ok=True)

    def ensure_running(self) -> None:
        """Try an engine again that has failed."""
        if self.state == EngineState.FAILED and self.is_supervised:
            self._set(EngineState.RESTARTING, self.message)

    def restart(self, run: int, reason: str) -> None:
        """Kill the process and start a new one, unless that has happened since `run`."""
        if run == self.run:
            self._reachable = False
            self._restart_wanted.set()
            self._set(EngineState.RESTARTING, reason)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
        """A new connection to the process, and the number of that process. Raises EngineLost."""
        try:
            async with asyncio.timeout(LOADING_S):
                while True:
                    await self._until(lambda: self._reachable or self.state == EngineState.FAILED)
                    if self.state == EngineState.FAILED:
                        raise EngineLost(
                            _("the engine cannot be used: {message}").format(message=self.message)
                        )
                    run = self.run
                    try:
                        connection = await asyncio.open_unix_connection(
                            str(self._socket), limit=LARGEST_EVENT
                        )
                    except OSError as error:  # it died just now
                        self.restart(run, _("it cannot be reached ({error})").format(error=error))
                    else:
                        return *connection, run
        except TimeoutError as error:
            raise EngineLost(_("the engine does not start")) from error

    async def until_settled(self) -> None:
        """Wait until the engine is ready or has failed. Raises TimeoutError."""
        async with asyncio.timeout(LOADING_S):
            await self._until(lambda: self.state in (EngineState.READY, EngineState.FAILED))

    def record_timings(self, timings: Timings) -> None:
        """Note how long an utterance took that came through."""
        self.pace.measured(timings.rtf * timings.audio_s, timings.audio_s)
        slow = self.info.slow if timings.audio_s < MEASURABLE_S else slow_note(timings.rtf)
        notes = (*self._engine_notes, slow, timings.note)
        self.info = replace(
            self.info,
            rtf=timings.rtf,
            slow=slow,
            finish_ms=timings.finish_ms,
            chunk_ms=timings.chunk_ms,
            step_ms=timings.step_ms,
            notes=tuple(filter(None, notes)),
        )
        self._on_change()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _set(self, state: EngineState, message: str = "") -> None:
        if (state, message) != (self.state, self.message):
            self.state, self.message = state, message
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
            self._on_change()

    async def _supervise(self) -> None:
        """Start the process again and again, more slowly if it keeps dying young."""
        loop = asyncio.get_running_loop()
        crashes = Backoff(RESTART_S, LATEST_S, STEADY_S, RESTART_FACTOR)
        unreachable = Backoff(SOONEST_S, LATEST_S)
        try:
            while True:
                began = loop.time()
                reason = await self._one_run()
                # A remote failure is not the fault of the local process, which is as good as new.
                blameless = not self.local and self._restart_wanted.is_set()
                wait_s = crashes.after(STEADY_S if blameless else loop.time() - began)
                if self.ready_at > began:
                    unreachable.reset()
                if crashes.failures >= CRASHES and self.choice.process_failed(reason):
                    crashes.reset()
                    wait_s = crashes.after()
                if crashes.failures >= CRASHES or self.state == EngineState.FAILED:
                    log.error("engine %s: cannot be used: %s", self._name, reason)
                    self._set(EngineState.FAILED, reason)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(None if self.local else unreachable.after()):
                            await self._until(lambda: self.state != EngineState.FAILED)
                    crashes.reset()
                else:
                    log.warning("engine %s: restarted: %s", self._name, reason)
                    self._set(EngineState.RESTARTING, reason)
                    await asyncio.sleep(wait_s)
        finally:
            self._reachable = False
            self._set(EngineState.FAILED, _("the engine was stopped"))
            if self._process is not None:
                await self._process.kill()

    async def _one_run(self) -> str:
        """One run of the process, from its start to its death; why it ended."""
        self.run += 1
        self._restart_wanted.clear()
        self._process = process = EngineProcess(self.settings, self._socket, self.choice.excluded)
        try:
            await process.start()
        except OSError as error:
            return _("the engine process cannot be started: {error}").format(error=error)
        died = asyncio.create_task(process.ended())
        restart = asyncio.create_task(self._restart_wanted.wait())
        control = asyncio.create_task(self.control.run())
        growth = asyncio.create_task(self._watch_memory(self.run))
        try:
            await asyncio.wait({died, restart, control}, return_when=asyncio.FIRST_COMPLETED)
            if restart.done():
                return self.message
            if died.done():
                return _("the engine process died ({result})").format(result=died.result())
            if control.done() and self.state in (EngineState.FAILED, EngineState.RESTARTING):
                return control.result()
            await asyncio.wait({died}, timeout=1)
            return (
                _("the engine process died ({result})").format(result=died.result())
                if died.done()
                else control.result()
            )
        finally:
            self._reachable = False
            for task in (died, restart, control, growth):
                task.cancel()
            await process.kill()

    async def _watch_memory(self, run: int) -> None:
        """Replace a process that has grown too much, at a moment in which nobody needs it."""
        while True:
            await asyncio.sleep(LOOK_S)
            mb = await asyncio.to_thread(resident_mb, self.pid or 0)
            idle = not self.status_listeners and not self.control.preparing
            if idle and self.state == EngineState.READY and mb > self.info.memory_mb + GROWN_MB:
                self.restart(
                    run,
                    _("it grew from {before:.0f} to {now:.0f} MB").format(
                        before=self.info.memory_mb, now=mb
                    ),
                )

    def _status_received(self, status: StatusEvent) -> None:
        self.local = status.local
        self.choice.chose(status.name)
        self._name = status.name.partition(":")[0] or self._name
        if status.state == EngineState.READY:
            self.ready_at = asyncio.get_running_loop().time()
            excluded = (
                _("{name} was given up: {why}").format(name=name, why=why)
                for name, why in self.choice.excluded.items()
            )
            self._engine_notes = (*excluded, *(str(note) for note in status.notes))
            slow = slow_note(status.rtf)
            notes = (*self._engine_notes, slow) if slow else self._engine_notes
            self.info = _engine_status(status, slow, notes)
            if self.state == EngineState.READY:
                log.info("engine %s: it uses the model %s", self._name, status.model)
            else:
                log.info("engine %s: loaded in %.1f s", self._name, status.load_s)
        state = status.state
        if state == EngineState.FAILED and self.choice.load_failed(status.message):
            state = EngineState.RESTARTING
        self._reachable = state not in (EngineState.FAILED, EngineState.RESTARTING)
        self._set(state, status.message)
        self._call_listeners()

    def _loading_usage(self) -> Usage:
        pid = self.pid
        return Usage(0.0, 0) if pid is None else loading_usage_of(pid)

    def _call_listeners(self) -> None:
        for listener in list(self.status_listeners):
            listener()


def _engine_status(status: StatusEvent, slow: str, notes: tuple[str, ...]) -> EngineStatus:
    return EngineStatus(
        name=status.name,
        languages=tuple(str(language) for language in status.languages),
        streams=status.streams,
        can_draft=status.can_draft,
        hotwords_as=status.hotwords_as,
        punctuates=status.punctuates,
        load_s=status.load_s,
        memory_mb=status.memory_mb,
        rtf=status.rtf,
        slow=slow,
        model=status.model,
        device=status.device,
        precision=status.precision,
        chunk_ms=status.chunk_ms,
        device_memory_mb=status.device_memory_mb,
        notes=notes,
    )
