"""Builds the stages in the order in which sound travels, reloads them, stops them in reverse.

Strategy: `run` is the whole life; read it first. Every stage is chosen by its door, off the loop,
since `unavailable_reason` may block. What a user saves in a file is read whole before the old is
let go. One TaskGroup owns all that goes on beside the dictations: if a part of it dies of a bug the
daemon ends, the service manager starts it again, and the journal knows what was under way.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dictate.app.controller import DaemonController
from dictate.app.engine_manager import EngineManager
from dictate.app.event_dispatcher import EventDispatcher
from dictate.app.live_feedback import LiveFeedback
from dictate.app.output_manager import OutputManager
from dictate.app.pipeline import Pipeline, Profile
from dictate.app.replay import Replay
from dictate.app.session import Command
from dictate.app.terminal import Terminal
from dictate.app.tray_controller import TrayController
from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.dbus.service import Service
from dictate.errors import AlreadyRunning, ConfigError, JournalError, Unavailable
from dictate.hotkeys.hotkey import Press
from dictate.hotkeys.keys import Keys
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import Hotwords
from dictate.journal.journal import Entry, Journal
from dictate.microphone import MICROPHONES, Microphone
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.platform import desktop, paths
from dictate.platform.file_watcher import watch
from dictate.platform.locks import lock
from dictate.text import polish
from dictate.ui.notifications import Notifier
from dictate.vad import DETECTORS
from dictate.vad.segmenter import Segmenter

log = logging.getLogger(__name__)

SWEEP_S = 3600.0
SEEK_S = 2.0
DRAIN_S = 1.5
"""So long a stopping daemon waits for texts on the way; what is not written by then is on disk."""


class Daemon:
    """One running Dictate. Made and run on the loop."""

    def __init__(
        self,
        files: ConfigFiles,
        wishes: CommandLineOverrides,
        *,
        speak: list[Path],
        once: bool = False,
        show: bool = False,
    ) -> None:
        self.files = files
        self.wishes = wishes
        self._speak = speak
        """Recordings to dictate from the start, in real time."""
        self._once = once
        self._terminal = Terminal(always=show)
        self._stop = asyncio.Event()
        self._journal_executor = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._reloading = asyncio.Lock()
        self._desktop = ""
        """What the hotkey last said of it."""
        self._background_tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """From start to stop. Raises ConfigError, AlreadyRunning."""
        self.settings, self.hotwords = await asyncio.to_thread(self._read)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        self._in_terminal = sys.stdin is not None and sys.stdin.isatty()
        async with AsyncExitStack() as stack:
            stack.enter_context(_only_one())
            self.steering = DaemonController(self)
            self.service = Service(self.steering)
            wanted = self.settings.notifications.enabled
            self.notifier = Notifier(lambda: self.service.bus, enabled=wanted)
            self.tray = TrayController(self, self.settings.tray)
            self.shown = LiveFeedback(self.settings, lambda how: self.service.update(overlay=how))
            self.announcer = EventDispatcher(
                self.service,
                self.notifier,
                self._terminal,
                self.shown.picture,
                self._state_changed,
                lambda number: self.recall.paste(number),
            )
            stack.push_async_callback(self.service.close)
            await self._connect()
            unfinished = await self._open_journal(stack)
            await self._build(stack)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            tasks = [group.create_task(way) for way in self._ways(unfinished)]
            stack.callback(_cancel, tasks)
            self._state_changed()
            self._engine_changed()
            self._show_outputs()
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
            self.announcer.ready(f"ready: {self.summary}")
            await self._stop.wait()
            self.announcer.stopping()
            await self.pipeline.drain(DRAIN_S)
        return 0

    def _read(self) -> tuple[Settings, Hotwords]:
        """Both files. Raises ConfigError. Blocks."""
        settings, hotwords = self.files.read(self.wishes)
        # The phrases of a long list take a moment to sort: here, not in the first dictation.
        polish("", hotwords, settings.text)
        return settings, hotwords

    # Building, in order.

    async def _connect(self) -> None:
        try:
            await self.service.connect()
        except Unavailable as error:
            log.warning("%s; dictatectl cannot reach this daemon", error)

    async def _open_journal(self, stack: AsyncExitStack) -> list[Entry]:
        """The journal, on its own thread; in memory where its folder cannot be used."""
        loop = asyncio.get_running_loop()

        def trouble(message: str) -> None:
            loop.call_soon_threadsafe(self.announcer.trouble, message)

        def open_it(where: Path | None) -> tuple[Journal, list[Entry]]:
            journal = Journal(where, self.settings.journal, trouble)
            return journal, journal.open()

        try:
            where = paths.state_dir()
            self.journal, unfinished = await loop.run_in_executor(
                self._journal_executor, open_it, where
            )
        except JournalError as error:
            self.announcer.trouble(f"{error}; what you say is kept in memory only")
            self.journal, unfinished = await loop.run_in_executor(
                self._journal_executor, open_it, None
            )
        stack.callback(self._journal_executor.shutdown)
        stack.callback(self._journal_executor.submit, self.journal.close)
        return unfinished

    async def _build(self, stack: AsyncExitStack) -> None:
        """Engine, output, detector, pipeline, microphone."""
        settings = self.settings
        self.links = EngineManager(self._engine_changed, self.announcer.trouble)
        await self.links.start(settings)
        stack.push_async_callback(self.links.stop)
        self.outlets = OutputManager(self.announcer.trouble)
        await self.outlets.choose(settings)
        stack.push_async_callback(self.outlets.close)
        main, second = self._main_and_second()
        self.pipeline = Pipeline(
            settings=settings,
            hotwords=self.hotwords,
            main=main,
            second=second,
            segmenter=await self._make_segmenter(settings),
            journal=self.journal,
            journal_executor=self._journal_executor,
            audience=self.announcer,
        )
        self.tap = MicrophoneSupervisor(
            self._make_microphone,
            settings.microphone,
            on_chunk=self.pipeline.hear,
            on_trouble=self.announcer.trouble,
            on_open_changed=self._microphone_changed,
            on_end=self.pipeline.sound_over,
        )
        self.pipeline.tap = self.tap
        self.recall = Replay(self.pipeline)
        stack.push_async_callback(self.tap.stop)
        await self.tap.start()
        self.keys = Keys(
            settings.hotkey,
            settings.second.key,
            on_press=partial(self._pressed, second=False),
            on_second=partial(self._pressed, second=True),
            on_cancel=lambda: self.pipeline.act(self.pipeline.session.cancel),
            on_state=self._key_state,
        )

    def _main_and_second(self) -> tuple[Profile, Profile]:
        """The two ways, of the engines and outputs of now."""
        main = self.settings.engine.language
        second = self.settings.second.language or main
        return (
            Profile(self.links.main, main, self.outlets.main),
            Profile(self.links.second, second, self.outlets.second),
        )

    async def _make_segmenter(self, settings: Settings) -> Segmenter:
        detector = await asyncio.to_thread(DETECTORS.choose, settings.speech.use, settings.speech)
        return Segmenter(
            settings.speech, detector.frame_samples, detector.likelihood, detector.reset
        )

    def _make_microphone(self) -> Microphone:
        # Never refused here: a microphone may be plugged in at any time, the tap tries at a press.
        use = self.settings.microphone.use
        name = MICROPHONES.auto[0] if use == "auto" else use.partition(":")[0]
        return MICROPHONES.make(name, self.settings.microphone)

    # What goes on beside the dictations.

    def _ways(self, unfinished: list[Entry]) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._stay_on_bus()
        yield self.keys.run()
        yield self._watch_files()
        yield self._seek_desktop()
        yield self._show_alive()
        yield self._sweep()
        yield self.shown.run()
        yield self.tray.run()
        yield self._first(unfinished)

    async def _first(self, unfinished: list[Entry]) -> None:
        """The hotwords to the engine, what a crash left, and what is to be spoken."""
        await self.links.prepare(self.hotwords)
        await self.recall.recover(unfinished)
        for path in self._speak:
            await self._say(path)
        if self._once:
            self._stop.set()
        elif self._speak:
            self._terminal.line("Spoken. `dictatectl start` speaks it again; Ctrl+C ends.")

    async def _say(self, path: Path) -> None:
        """Dictate one recording, as if somebody held the key while it plays."""
        changed = replace(self.settings.microphone, use=f"wav:{path}")
        self.settings = replace(self.settings, microphone=changed)
        await self.tap.replace(changed, self._make_microphone)
        self.pipeline.act(lambda: self.pipeline.session.start(held=True))
        await self.pipeline.idle.wait()

    def _key_state(self) -> None:
        states = self.keys.states
        self.service.update(
            hotkey=states["main"], second_hotkey=states["second"], cancel_key=states["cancel"]
        )
        if states["main"] == self._desktop or self.keys.paused:
            return
        before, self._desktop = self._desktop, states["main"]
        self.shown.overlay.try_again()
        # A desktop has come or gone, or it is another one; at first, the outputs were just chosen.
        if before or self.outlets.wanting(self.settings):
            self._spawn(self._replace_outputs())

    def _pressed(self, press: Press, *, second: bool) -> None:
        session = self.pipeline.session
        decide: dict[Press, Callable[[], list[Command]]] = {
            Press.START_HELD: lambda: session.start(held=True, second=second),
            Press.STOP: session.stop,
            Press.TOGGLE: lambda: session.toggle(second=second),
            Press.LATCH: session.latch,
            Press.DISCARD: session.discard,
        }
        self.pipeline.act(decide[press])

    async def _watch_files(self) -> None:
        def watching() -> None:
            # What was saved between our reading and now, nobody would tell us of.
            self._spawn(self._take_in())

        files = [self.files.config, self.files.hotwords]
        await watch(files, lambda _: self._take_in(), watching)

    async def _take_in(self) -> None:
        """What was saved; if something in it is wrong, nothing of it."""
        try:
            await self.reload()
        except ConfigError as error:
            first, *more = error.problems
            rest = f" (and {len(more)} more: dictatectl check)" if more else ""
            self.announcer.trouble(f"{first}{rest}; the old settings stay")

    async def _seek_desktop(self) -> None:
        """The desktop may come after us: look for it as long as there is no window to write into,
        unless the user wants it so."""
        while True:
            await asyncio.sleep(SEEK_S)
            if self.outlets.wanting(self.settings):
                await asyncio.to_thread(desktop.adopt)
                await self._replace_outputs()

    def _hang_up(self) -> None:
        """SIGHUP: the terminal is closed, or somebody asks for a reload, as daemons do it."""
        if self._in_terminal:
            self._stop.set()
        else:
            self._spawn(self._take_in())

    async def _stay_on_bus(self) -> None:
        try:
            await self.service.run()
        except AlreadyRunning as error:
            # The bus was away, and another dictate was faster when it came back.
            log.warning("%s; this one ends", error)
            self._stop.set()

    async def _show_alive(self) -> None:
        """Feed the watchdog while loop, capture and engine are well: this loop runs, and somebody
        looks after the other two (a microphone or engine that fails is no reason to be killed)."""
        interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6 / 2
        while interval:
            if self.links.main.is_supervised and self.tap.well:
                self.announcer.alive()
            await asyncio.sleep(interval)

    async def _sweep(self) -> None:
        """What the user does not want kept goes, now and every hour."""
        while True:
            self.pipeline.write_down(self.journal.sweep, time.time())
            await asyncio.sleep(SWEEP_S)

    # Changing while running.

    async def reload(self, *, asked: bool = False) -> list[str]:
        """Read both files again and apply what changed; a line for each change. If somebody `asked`
        for it, engines that were given up are tried again. Raises ConfigError, and then nothing
        has changed."""
        if asked:
            self.shown.overlay.try_again()
        async with self._reloading:
            return await self._reload(asked=asked)

    async def _reload(self, *, asked: bool) -> list[str]:
        settings, hotwords = await asyncio.to_thread(self._read)
        lines = config_file.changes(self.settings, settings)
        lines += hotwords_file.difference(self.hotwords, hotwords)
        if asked:
            lines += [f"the engine {name} is tried again" for name in self.links.given_up]
        old, self.settings, self.hotwords = self.settings, settings, hotwords
        self.pipeline.settings, self.pipeline.hotwords = settings, hotwords
        for link in await self.links.change(settings, again=asked):
            self._spawn(self._retire(link.stop))
        if (old.output, old.second.output) != (settings.output, settings.second.output):
            await self._replace_outputs()
        self.pipeline.main, self.pipeline.second = self._main_and_second()
        if old.speech != settings.speech:
            self.pipeline.segmenter = await self._make_segmenter(settings)
        if old.microphone != settings.microphone:
            await self.tap.replace(settings.microphone, self._make_microphone)
        self.keys.change(settings.hotkey, settings.second.key)
        self.notifier.enabled = settings.notifications.enabled
        self.journal.settings = settings.journal
        self.shown.change(settings)
        self.tray.change(settings.tray)
        return lines + await self.links.prepare(hotwords)

    async def _replace_outputs(self) -> None:
        for output in await self.outlets.choose(self.settings):
            self._spawn(self._retire(output.close))
        self.pipeline.main, self.pipeline.second = self._main_and_second()
        self._show_outputs()

    async def _retire(self, end: Callable[[], Awaitable[None]]) -> None:
        """A stage that was replaced ends when no dictation can be in it any more."""
        await self.pipeline.idle.wait()
        await end()

    def _spawn(self, way: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(way)
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    # What is told.

    @property
    def summary(self) -> str:
        """One line: what was chosen."""
        state = self.links.main.serving_state
        engine = self.links.main.info.name if state == "ready" else f"({state})"
        return f"engine {engine}, output {self.outlets.main.name}"

    def _state_changed(self) -> None:
        session = self.pipeline.session
        self.service.update(state=session.summary)
        self.keys.session(recording=session.listening, under_way=session.summary != "ready")
        self.shown.state(self.pipeline)
        self.tray.update()

    def _engine_changed(self) -> None:
        self.service.update(**self.links.status)
        self.tray.update()

    def _show_outputs(self) -> None:
        main, second = self.outlets.main, self.outlets.second
        self.service.update(
            output=main.name,
            second_output="" if second is main else second.name,
            output_notes=self.outlets.notes,
        )

    def _microphone_changed(self, is_open: bool, device: str) -> None:  # noqa: FBT001
        self.service.update(microphone_open=is_open, microphone=device)


@contextmanager
def _only_one() -> Iterator[None]:
    """Hold the lock of the one daemon in this runtime folder. Raises AlreadyRunning."""
    with (paths.safe_dir(paths.runtime_dir()) / "lock").open("w") as file:
        try:
            lock(file.fileno())
        except BlockingIOError:
            raise AlreadyRunning("Dictate is running already; see `dictatectl status`") from None
        yield


def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
