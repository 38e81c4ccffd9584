"""The life of the daemon, from ready to stopped. `assembly.py` builds it.

Strategy: one TaskGroup owns all that goes on beside the dictations. If a part of it dies of a bug,
the daemon ends, the service manager starts it again, and the journal knows what was in flight.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dictate.app.model_fetch import NONE
from dictate.app.parts import Controls, Stages, UserInterface
from dictate.app.reloader import ConfigSource
from dictate.errors import AlreadyRunning
from dictate.hotwords.whole_list import folder_of
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from dictate.journal.retention import Moment
from dictate.platform.background import BackgroundTasks
from dictate.platform.file_watcher import watch
from dictate.translation import _

log = logging.getLogger(__name__)

SWEEP_S = 3600.0
"""Seconds between two deletions of what the settings do not want kept."""
DRAIN_S = 1.5
"""Seconds to wait for dictations in flight at a stop; the rest are recovered at the next start."""
OK, NOT_WRITTEN, NOTHING_HEARD, INTERRUPTED = 0, 1, 4, 130
"""Exit statuses. The last three are of a daemon that was started for its recordings alone;
`dictate file` has the same numbers."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `dictate run` was asked for, beside the settings."""

    recordings: tuple[Path, ...] = ()
    """Dictated from the start, in real time."""
    once: bool = False
    """Whether the daemon ends after the recordings."""
    show_partials: bool = False
    """Whether partial transcripts are written to stderr also where that is no terminal."""
    fetch: str = NONE
    """The model that is downloaded meanwhile; see `ModelFetch`."""


class Daemon:
    """One running Dictate: its parts, open and connected."""

    def __init__(
        self,
        options: RunOptions,
        source: ConfigSource,
        ui: UserInterface,
        stages: Stages,
        controls: Controls,
        stop: asyncio.Event,
    ) -> None:
        """The daemon ends when `stop` is set."""
        self._options = options
        self._files = source.files
        self._ui = ui
        self._stages = stages
        self._controls = controls
        self._stop = stop
        self._status = INTERRUPTED if options.once else OK
        self._background = BackgroundTasks(log)
        self._recovered = asyncio.Event()
        """Set once no engine works on what a crash left."""

    async def run(self) -> int:
        """Until it is stopped; the exit status."""
        dispatcher, status = self._ui.dispatcher, self._controls.status
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(service) for service in self._services()]
            try:
                dispatcher.session_changed()
                status.engines()
                status.outputs()
                self._controls.choice.update()
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)
                dispatcher.ready(f"started: {status.summary}")
                self._controls.greeting.update()
                await self._stop.wait()
                dispatcher.stopping()
                await self._stages.pipeline.drain(DRAIN_S)
                await self._ui.service.stop_serving()
            finally:
                for task in tasks:
                    task.cancel()
        return self._status

    def _services(self) -> Iterator[Coroutine[Any, Any, None]]:
        """All that goes on beside the dictations."""
        yield self._stay_on_bus()
        yield self._controls.keys.run()
        yield self._watch_files()
        yield self._controls.desktop_watcher.run()
        yield self._feed_watchdog()
        yield self._sweep()
        yield self._ui.feedback.run()
        yield self._controls.tray.run()
        yield self._controls.fetch.run(self._recovered.wait)
        yield self._controls.sources.run()
        yield self._controls.plain_replay.run()
        yield self._controls.sleep_watcher.run()
        yield self._begin()

    async def _begin(self) -> None:
        """Send the hotwords to the engines, recover what a crash left, dictate the recordings."""
        await self._stages.engines.load_hotwords(self._controls.reloader.configuration.hotwords)
        await self._stages.replay.recover(self._stages.unfinished)
        self._recovered.set()
        await self._dictate_all()
        if self._options.once:
            if self._controls.fetch.progress:
                self._ui.terminal.line(_("Waiting for the model; Ctrl+C ends."))
            if await self._controls.fetch.arrives():
                self._ui.terminal.line(_("Once more, with the model that has arrived:"))
                await self._dictate_all()
            self._stop.set()
        elif self._options.recordings:
            self._ui.terminal.line(_("Spoken. `dictatectl start` speaks it again; Ctrl+C ends."))

    async def _dictate_all(self) -> None:
        """Dictate the recordings; what became of them is the exit status of a daemon that was
        started for them."""
        statuses = {await self._dictate(path) for path in self._options.recordings}
        if self._options.once:
            self._status = NOT_WRITTEN if NOT_WRITTEN in statuses else max(statuses, default=OK)

    async def _dictate(self, path: Path) -> int:
        """Dictate one recording, as if the key were held while it plays; an exit status."""
        settings = replace(self._controls.reloader.settings.microphone, use=f"wav:{path}")
        await self._stages.microphone.apply(settings)
        self._stages.pipeline.start(held=True)
        number = max(self._stages.pipeline.under_way, default=0)
        await self._stages.pipeline.idle.wait()
        entry = await self._stages.journal.call(Journal.get, number)
        # The settings may want nothing kept of what was delivered.
        if entry is None or entry.state is EntryState.DELIVERED:
            return OK
        return NOTHING_HEARD if entry.state is EntryState.EMPTY else NOT_WRITTEN

    async def _watch_files(self) -> None:
        def watching() -> None:
            # A save between our reading and now came too early to be seen.
            self._background.start(self._controls.reloader.reload_or_report())

        hotwords = self._files.hotwords
        files = [self._files.config, hotwords, folder_of(hotwords)]
        await watch(files, lambda __: self._controls.reloader.reload_or_report(), watching)

    def _hang_up(self) -> None:
        """SIGHUP: the terminal is closed; without one, it asks for a reload, as with any daemon."""
        if sys.stdin is not None and sys.stdin.isatty():
            self._stop.set()
        else:
            self._background.start(self._controls.reloader.reload_or_report(again=True))

    async def _stay_on_bus(self) -> None:
        try:
            await self._ui.service.run()
        except AlreadyRunning as error:
            # The bus was away, and another dictate was faster when it came back.
            log.warning("%s; this one ends", error)
            self._stop.set()

    async def _feed_watchdog(self) -> None:
        """Feed the service manager's watchdog while this loop runs and the microphone and every
        engine are supervised: one that fails, or is slow, is no reason to be killed."""
        interval_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6 / 2
        while interval_s:
            if self._stages.engines.well and self._stages.microphone.well:
                self._ui.dispatcher.alive()
            await asyncio.sleep(interval_s)

    async def _sweep(self) -> None:
        """Delete what the settings do not want kept, now and every hour. Not by defaults that are
        in force only because config.toml has a mistake: the user may want more kept."""
        while True:
            if not self._controls.reloader.configuration.unread:
                now = await asyncio.to_thread(Moment.now)
                self._stages.journal.submit(Journal.sweep, now)
            await asyncio.sleep(SWEEP_S)
