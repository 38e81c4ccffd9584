"""The engines of the daemon: the main one, and those of the profiles that name another.

Each has a client and a process of its own, and nothing here waits for any but the main one: they
may load for minutes, hang or die, without any effect on the others. Where two profiles have the
same engine with the same model, one process serves both, because each dictation says its language.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from dictate.app.signals import Signal
from dictate.config.profiles import engines_of, same_engine
from dictate.config.schema import EngineSettings, Settings
from dictate.engines import ENGINES
from dictate.engines.client import EngineClient
from dictate.engines.protocol import EngineState
from dictate.engines.speed import Speed, load, measure
from dictate.engines.supervisor import EngineStatus
from dictate.errors import DictateError, EngineError
from dictate.hotwords.calibration import BUILT_IN, Calibration, default_strength
from dictate.hotwords.model import MAIN, Hotwords
from dictate.platform import paths
from dictate.translation import _

PREPARE_S = 5.0
"""Seconds that a reload waits for the main engine to take in the hotwords. A long list on a busy
machine takes longer, and nothing needs to wait for it."""

MOST_LISTS = 4
"""Maximum number of lists that an engine takes in ahead. It keeps as many."""

MOST_LINES = 5
"""Maximum number of terms that an engine cannot use and that are reported one by one."""

SPEED = "engine speed"  # untranslated: a key
"""The source of a message about an engine that cannot keep up."""


Clients: TypeAlias = Mapping[str, EngineClient]
"""The client of each profile, MAIN first; one may serve several."""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """One engine, as the user sees it."""

    name: str
    state: EngineState
    model: str
    device: str
    precision: str
    chunk_ms: int
    memory_mb: float
    notes: str
    """What is not as the settings want it, and why."""


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """One engine that runs."""

    profiles: Sequence[str]
    """What it hears."""
    is_fallback: bool
    """Whether it hears only what the engine of these profiles fails at."""
    client: EngineClient

    @property
    def report(self) -> EngineReport:
        """This engine, whichever served last."""
        return _report(self.client, self.client.supervisor.info, self.client.state)


class EngineManager:
    """Made on the loop; its clients may change at each `apply`."""

    def __init__(
        self,
        settings: Settings,
        on_trouble: Callable[[str, str], None],
        on_mended: Callable[[str], None],
        calibrations: Sequence[Calibration] = (),
    ) -> None:
        """`on_trouble` receives one line for the user and its source, `on_mended` the source."""
        self._calibrations = calibrations
        self.changed = Signal[[]]()
        """`report` changed."""
        self._on_trouble = on_trouble
        self._on_mended = on_mended
        self._count = itertools.count(1)
        self._unused: set[EngineClient] = set()
        """Those that were prepared, and neither applied nor discarded yet."""
        self._loading_hotwords: list[asyncio.Task[list[str]]] = []
        self._reported: dict[str, list[str]] = {}
        """The hotwords that each engine could not use, as last reported."""
        self._slow: set[str] = set()
        """The engines that were reported to be slower than speech."""
        self.changed.connect(self._report_slow)
        wanted = engines_of(settings)
        made = {each: self._make(each) for each in wanted.values()}
        self.clients: Clients = {name: made[each] for name, each in wanted.items()}
        """Replaced as a whole: who keeps it can compare it later."""

    @property
    def main(self) -> EngineClient:
        """The client of the main profile."""
        return self.clients[MAIN]

    @property
    def _in_use(self) -> tuple[EngineClient, ...]:
        """Each client once, the main one first."""
        return tuple(dict.fromkeys(self.clients.values()))

    @property
    def running(self) -> Sequence[EngineProcess]:
        """Those of the profiles, each once, the main one first, and behind each its fallback once
        that was needed."""
        found: list[EngineProcess] = []
        for client in self._in_use:
            profiles = [name for name, each in self.clients.items() if each is client]
            found.append(EngineProcess(profiles, is_fallback=False, client=client))
            if client.fallback is not None:
                found.append(EngineProcess(profiles, is_fallback=True, client=client.fallback))
        return found

    @property
    def well(self) -> bool:
        """Whether each engine is watched and restarted, whatever its state."""
        return all(process.client.is_supervised for process in self.running)

    def _make(self, settings: EngineSettings) -> EngineClient:
        # A name of its own for each: the old engine may still be ending when the new one starts.
        socket = paths.runtime_dir() / f"engine-{next(self._count)}.sock"
        strength = default_strength(self._calibrations)
        return EngineClient(settings, socket, self.changed, strength)

    async def start(self) -> None:
        """Start the processes. Returns at once."""
        for client in self._in_use:
            await client.start()

    async def stop(self) -> None:
        """Kill them."""
        self._cancel_loading()
        for client in self._in_use:
            await client.stop()

    # Changing while running.

    async def prepare(self, settings: Settings, *, retry: bool = False) -> Clients:
        """The clients that serve these settings: those in use, or new ones, which are started.
        With `retry`, an engine that was given up gets a new client, and so does "auto" if a better
        engine was installed.

        Either `apply` or `discard` them. Raises DictateError.
        """
        wanted = engines_of(settings)
        found: dict[EngineSettings, EngineClient] = {}
        started: list[EngineClient] = []

        async def start(settings: EngineSettings) -> EngineClient:
            started.append(self._make(settings))
            self._unused.add(started[-1])
            await started[-1].start()
            return started[-1]

        async def serves(client: EngineClient, settings: EngineSettings) -> bool:
            if not same_engine(client.settings, settings):
                return False
            return not (retry and (client.excluded or await _is_outdated(client)))

        try:
            for each in dict.fromkeys(wanted.values()):
                kept = [client for client in self._in_use if await serves(client, each)]
                found[each] = kept[0] if kept else await start(each)
            return {name: found[each] for name, each in wanted.items()}
        except BaseException:
            self._unused -= set(started)
            for client in started:
                await client.stop()
            raise

    async def prepare_better(self, hotwords: Hotwords) -> tuple[Clients, Speed] | None:
        """Have "auto" choose again: clients of which at least one runs a better engine than before,
        loaded and tested, and the speed of that; None if none is better. Those in use serve
        meanwhile.

        Either `apply` or `discard` them. Raises EngineError if the better engine fails.
        """
        in_use = self.clients  # a reload may replace them meanwhile
        fresh: dict[EngineClient, EngineClient] = {}
        speed = None
        try:
            for client in dict.fromkeys(in_use.values()):
                if client.settings.use == "auto":
                    fresh[client] = self._make(client.settings)
                    await fresh[client].start()
            for before, client in list(fresh.items()):
                await load(client)
                if await asyncio.to_thread(_is_better, client, before):
                    speed = speed or await measure(client)
                    first = next(name for name, each in in_use.items() if each is before)
                    await client.prepare(hotwords.for_use(profile=first, application=""))
                elif client.excluded:
                    _raise_given_up(client)
                else:
                    await fresh.pop(before).stop()
        except BaseException:
            for client in fresh.values():
                await client.stop()
            raise
        if speed is None:
            return None
        self._unused |= set(fresh.values())
        return {name: fresh.get(client, client) for name, client in in_use.items()}, speed

    def apply(self, settings: Settings, clients: Clients) -> list[EngineClient]:
        """Use what `prepare` returned for these settings. Those that were replaced are returned,
        and still run."""
        before = self._in_use
        self._unused -= set(clients.values())
        self.clients = clients
        for name, wanted in engines_of(settings).items():
            clients[name].apply(wanted)
        self.changed()
        return [client for client in before if client not in self._in_use]

    async def discard(self, clients: Clients) -> None:
        """Stop what `prepare` started."""
        for client in set(clients.values()) & self._unused:
            self._unused.discard(client)
            await client.stop()

    # Hotwords.

    def calibrate(self, calibrations: Sequence[Calibration]) -> None:
        """Use these default strengths from the next list on."""
        self._calibrations = calibrations
        for client in {*self._in_use, *self._unused}:
            client.default_strength = default_strength(calibrations)
        self.changed()

    async def load_hotwords(self, hotwords: Hotwords) -> list[str]:
        """Send each engine the lists that dictations can have, ahead of the next one: one line for
        each term that the main one cannot use, without the terms of applications. What else cannot
        be used is reported once it is known, and so are these if it takes long."""
        self._cancel_loading()
        firsts: list[asyncio.Task[list[str]]] = []
        for client in self._in_use:
            names = [name for name, each in self.clients.items() if each is client]
            uses = [hotwords.uses(profile=name) for name in names]
            lists = [each[0] for each in uses] + [one for each in uses for one in each[1:]]
            role = role_of(names[0])
            firsts.append(asyncio.create_task(self._load_hotwords(client, lists[0], role)))
            others = asyncio.create_task(self._load_others(client, lists, firsts[-1], role))
            self._loading_hotwords += [firsts[-1], others]
        main = firsts[0]
        await asyncio.wait([main], timeout=PREPARE_S)
        if main.done():
            return [] if main.cancelled() else main.result()
        terms = hotwords.for_use(application="").terms
        return [
            _("engine {name}: still takes in the {count:,} terms").format(
                name=self.main.info.name, count=len(terms)
            )
        ]

    async def _load_hotwords(
        self, client: EngineClient, hotwords: Hotwords, role: str
    ) -> list[str]:
        try:
            unusable = await client.prepare(hotwords)
        except DictateError as error:
            unusable = [str(error)]
        self._report_unusable(client, role, unusable)
        return unusable

    async def _load_others(
        self,
        client: EngineClient,
        lists: Sequence[Hotwords],
        first: asyncio.Task[list[str]],
        role: str,
    ) -> list[str]:
        """Send the lists behind the first one, once that is taken in; those that were dropped come
        with their first dictation."""
        others = list({id(one): one for one in lists if one is not lists[0]}.values())
        await asyncio.wait([first])
        if not others or first.cancelled():
            return []
        unusable: list[str] = []
        try:
            for hotwords in others[: MOST_LISTS - 1]:
                unusable += await client.prepare(hotwords)
            # The engine has it already. It is the one to have after a restart, too, and to fall
            # back on while another one takes long.
            await client.prepare(lists[0])
        except DictateError:
            return []  # what is wrong with the engine is reported by others
        new = [line for line in dict.fromkeys(unusable) if line not in first.result()]
        self._report_unusable(client, role, new, _(", in some groups"))
        return new

    def _report_unusable(
        self, client: EngineClient, role: str, unusable: list[str], where: str = ""
    ) -> None:
        source = role + where
        if unusable != self._reported.get(source, []):
            self._reported[source] = unusable
            lines = unusable[:MOST_LINES]
            if more := len(unusable) - len(lines):
                lines.append(
                    _("and so it is with {count:,} more of the terms in hotwords.toml").format(
                        count=more
                    )
                )
            for line in lines:
                self._on_trouble(f"{role} {client.info.name}{where}: {line}", source)
        if not unusable:
            self._on_mended(source)

    def _report_slow(self) -> None:
        """Say once of each engine that it cannot keep up."""
        for name, reason in self.slow.items():
            if name not in self._slow:
                self._slow.add(name)
                self._on_trouble(
                    _("engine {name}: {reason}").format(name=name, reason=reason), SPEED
                )
        if not self.slow:
            self._on_mended(SPEED)

    def _cancel_loading(self) -> None:
        for loading in self._loading_hotwords:
            loading.cancel()
        self._loading_hotwords.clear()

    # What there is to see.

    @property
    def excluded(self) -> tuple[str, ...]:
        """The engines that "auto" does without, in any profile, because they failed here."""
        return tuple(dict.fromkeys(name for client in self._in_use for name in client.excluded))

    @property
    def slow(self) -> dict[str, str]:
        """How slow each engine is that cannot keep up with speech, and what to do, by its name."""
        found = (client.info for client in self._in_use)
        return {info.name: info.slow for info in found if info.slow}

    @property
    def report(self) -> EngineReport:
        """The main engine."""
        return _report(self.main, self.main.info, self.main.serving_state)

    @property
    def others(self) -> dict[str, EngineReport]:
        """The engine of each profile that is not heard by the main one."""
        return {
            name: _report(client, client.info, client.serving_state)
            for name, client in self.clients.items()
            if client is not self.main
        }


def role_of(profile: str) -> str:
    """What the engine of this profile is called in messages."""
    return _("engine") if profile == MAIN else _('profile "{name}", engine').format(name=profile)


def _raise_given_up(client: EngineClient) -> NoReturn:
    raise EngineError("; ".join(client.info.notes))


async def _is_outdated(client: EngineClient) -> bool:
    """Whether "auto" would choose a different engine by now: one was installed."""
    if client.settings.use != "auto" or client.info.name not in ENGINES.auto:
        return False
    try:
        chosen = await asyncio.to_thread(ENGINES.choose, "auto", client.settings)
    except DictateError:
        return False
    return chosen.name != client.info.name


def _is_better(client: EngineClient, before: EngineClient) -> bool:
    """Whether "auto" prefers the engine of the one to that of the other."""
    order = ENGINES.order(client.settings)
    name, other = client.info.name, before.info.name
    return name in order and (other not in order or order.index(name) < order.index(other))


def _report(client: EngineClient, info: EngineStatus, state: EngineState) -> EngineReport:
    reason = client.message if state in (EngineState.RESTARTING, EngineState.FAILED) else ""
    strength = client.default_strength(info.name, info.model)
    tuned = (
        ""
        if strength == BUILT_IN
        else _("hotwords: default strength {strength:g} (calibrated)").format(strength=strength)
    )
    return EngineReport(
        name=info.name,
        state=state,
        model=info.model,
        device=info.device,
        precision=info.precision,
        chunk_ms=info.chunk_ms,
        memory_mb=info.device_memory_mb or info.memory_mb,
        notes="; ".join(filter(None, (reason, *info.notes, tuned))),
    )
