"""The engine inside its process: loaded and called on one thread, and watched by clients."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from typing import Any, TypeVar

from wyoming.event import Event

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine, TermReport
from dictate.engines.call_watch import WITHOUT_SOUND_S, CallWatch
from dictate.engines.draft_limit import DraftLimit
from dictate.engines.kept_lists import KeptLists
from dictate.engines.memory import resident_mb
from dictate.engines.pace import Pace
from dictate.engines.process import LOADING_S
from dictate.engines.protocol import EngineState, StatusEvent, error_text
from dictate.engines.sandbox import close_network
from dictate.errors import EngineError
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.platform.background import ignore_exception
from dictate.translation import _

log = logging.getLogger(__name__)

SHORT_LIST_S = 1.0
"""Seconds that an utterance waits for a list that is taken in: most lists take less. Meanwhile its
sound waits in the socket."""
INSPECTED_AT_ONCE = 100
"""Terms that are inspected in one call of the engine, some 20 ms."""
LOOK_S = 0.25
"""Seconds between two looks whether a call that takes long is at work. It is less than the
shortest `engine.deadline_s`."""

T = TypeVar("T")
AtWork = Callable[[], Awaitable[None]]
"""Reports that a call works. It may raise OSError."""


class EngineHost:
    """What all connections share."""

    idle_s: float | None = None
    """Seconds after which a client that sends or takes nothing is disconnected."""

    def __init__(self, settings: EngineSettings, excluded: Collection[str] = ()) -> None:
        """`excluded` names the engines that "auto" must not choose."""
        self.settings = settings
        self.status = StatusEvent(state=EngineState.LOADING, name=settings.use)
        self.watchers: set[Callable[[Event], Awaitable[None]]] = set()
        """Called with each change of `status`. They may raise OSError."""
        self.lists = KeptLists()
        self.watch = CallWatch()
        self.pace = Pace()
        self.drafts = DraftLimit()
        self.engine: Engine | None = None
        """Set on the engine's thread, so that calls that were queued behind `load` find it."""
        self._excluded = excluded
        self._thread = ThreadPoolExecutor(1, "engine")
        self._calls = 0
        """Calls that wait for the thread, or are on it."""
        self._beside = ThreadPoolExecutor(1, "hotwords")
        self._beside_watch = CallWatch()
        self._preparing: dict[Hotwords, asyncio.Future[list[str]]] = {}
        """The lists that are taken in beside the utterances."""
        self._prepared: Hotwords | None = None
        """The last one that was taken in so."""
        self._network_note = ""
        """Why a local engine could reach the network all the same."""

    @property
    def idle(self) -> bool:
        """Whether the engine has nothing to do for any client."""
        return not self._calls

    async def on_thread(
        self,
        call: Callable[[], T],
        *,
        limit_s: float = WITHOUT_SOUND_S,
        signs: Callable[[], int] = lambda: 0,
        at_work: AtWork | None = None,
    ) -> T:
        """Run `call` on the engine's thread, behind all earlier calls. An OSError of the engine
        becomes an EngineError: to the connections, an OSError means that the client left.

        `at_work` is called now and then while the thread works on this call or an earlier one. For
        `limit_s` and `signs` see `CallWatch.call`."""

        def watched() -> T:
            with self.watch.call(limit_s, signs):
                return call()

        self._calls += 1
        try:
            return await _watched(self._thread, watched, self.watch, at_work)
        except OSError as error:
            what = error.strerror or _("without a reason")
            raise EngineError(f"{type(error).__name__}: {what}", str(error)) from error
        finally:
            self._calls -= 1

    def measured(self, worked_s: float, sound_s: float) -> None:
        """An utterance with this much sound took this much work."""
        self.pace.measured(worked_s, sound_s)

    async def prepare(self, hotwords: Hotwords, at_work: AtWork) -> list[str]:
        """Have the engine take in the list, beside its utterances if it can. See
        `Engine.prepare` and `on_thread`."""
        engine = await self.on_thread(self.loaded, at_work=at_work)

        def prepare() -> list[str]:
            return engine.prepare(hotwords)

        if not engine.prepares_beside:
            return await self.on_thread(prepare, limit_s=LOADING_S, at_work=at_work)

        def beside() -> list[str]:
            with self._beside_watch.call(LOADING_S):
                return prepare()

        preparing = asyncio.ensure_future(
            _watched(self._beside, beside, self._beside_watch, at_work)
        )
        self._preparing[hotwords] = preparing
        try:
            lines = await preparing
            self._prepared = hotwords
            return lines
        finally:
            self._preparing.pop(hotwords, None)

    async def usable(self, hotwords: Hotwords) -> Hotwords:
        """This list, once it is taken in. If that takes long, an earlier list of the client."""
        preparing = self._preparing.get(hotwords)
        if preparing is None:
            return hotwords
        # The clients of a shared engine have lists of their own.
        other = self._prepared if self.idle_s is None else None
        await asyncio.wait([preparing], timeout=None if other is None else SHORT_LIST_S)
        return hotwords if preparing.done() or other is None else other

    async def inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        """As `Engine.inspect`, a few terms at a time: dictations go on in between."""
        reports: list[TermReport] = []
        for at in range(0, len(terms), INSPECTED_AT_ONCE):
            some = terms[at : at + INSPECTED_AT_ONCE]
            reports += await self.on_thread(partial(self._inspect, some, guards))
        return reports

    def _inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        return self.loaded().inspect(terms, guards)

    async def load(self) -> None:
        """Choose and load the engine; the watchers get the status after each of the two."""
        loop = asyncio.get_running_loop()

        def chosen() -> None:
            asyncio.run_coroutine_threadsafe(self._report(self.status), loop)

        await self.on_thread(lambda: self._load(chosen), limit_s=LOADING_S)
        await self._report(self.status)

    async def report_changes(self) -> None:
        """The watchers get the status again if the engine has loaded a different model by itself,
        or cannot."""
        if await self.on_thread(self._update_status):
            await self._report(self.status)

    def _update_status(self) -> bool:
        """Take over what the engine changed by itself; whether there was something."""
        if self.engine is None:
            return False
        facts = self._facts(self.engine)
        if all(facts[name] == getattr(self.status, name) for name in ("model", "notes")):
            return False
        self.status = replace(self.status, memory_mb=resident_mb(), **facts)
        return True

    async def _report(self, status: StatusEvent) -> None:
        for watcher in list(self.watchers):
            with contextlib.suppress(OSError):
                await watcher(status.event())

    def _load(self, chosen: Callable[[], None]) -> None:
        # All of it on this thread, not on the loop: sound that waits for the thread must find
        # the engine, or the reason why there is none.
        began = time.monotonic()
        try:
            engine = ENGINES.choose(self.settings.use, self.settings, self._excluded)
            self.status = StatusEvent(
                state=EngineState.LOADING,
                name=engine.name,
                languages=list(engine.languages),
                local=engine.local,
            )
            # Before it loads: if loading kills the process, the supervisor must know which engine
            # it was.
            chosen()
            if engine.local:
                # Before it loads, too: the model file is what could do most harm.
                self._network_note = close_network()
            engine.load()
        except Exception as error:
            log.debug("the engine does not load", exc_info=True)
            self.status = replace(self.status, state=EngineState.FAILED, message=error_text(error))
            return
        self.engine = engine
        self.watch.waits = not engine.local
        self.pace.rtf = engine.facts.rtf
        self.status = StatusEvent(
            state=EngineState.READY,
            name=engine.name,
            languages=list(engine.languages),
            streams=engine.streams,
            can_draft=engine.can_draft,
            hotwords_as=engine.hotwords_as,
            punctuates=engine.punctuates,
            load_s=round(time.monotonic() - began, 3),
            memory_mb=resident_mb(),
            local=engine.local,
            **self._facts(engine),
        )

    def _facts(self, engine: Engine) -> dict[str, Any]:
        facts = asdict(engine.facts)
        if self._network_note:
            facts["notes"] = (*facts["notes"], self._network_note)
        return facts

    def loaded(self) -> Engine:
        """The engine; to be called on its thread, so behind `load`. Raises EngineError."""
        if self.engine is None:
            raise EngineError(self.status.message or _("the engine did not load"))
        return self.engine


async def _watched(
    thread: ThreadPoolExecutor, call: Callable[[], T], watch: CallWatch, at_work: AtWork | None
) -> T:
    """Run this on the thread, and report now and then that it works."""
    future = asyncio.get_running_loop().run_in_executor(thread, call)
    try:
        while not (await asyncio.wait({future}, timeout=LOOK_S))[0]:
            if watch.at_work() and at_work is not None:
                with contextlib.suppress(OSError):  # the next answer notices it
                    await at_work()
        return future.result()
    finally:
        future.cancel()
        ignore_exception(future)
