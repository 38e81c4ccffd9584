"""Builds the stages in the order in which sound travels, reloads them, stops them in reverse.

Strategy: `run` is the whole life; read it first. Every stage is chosen by its door, off the loop,
since `why_not` may block. What a user saves in a file is read whole before the old is let go. One
TaskGroup owns all that goes on beside the dictations: if a part of it dies of a bug the daemon
ends, the service manager starts it again, and the journal knows what was under way.
"""

import asyncio
import fcntl
import itertools
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dictate import config_file, desktop, hotwords_file, paths
from dictate.announcer import Announcer
from dictate.backends import by_reason
from dictate.config import Settings, same_engine
from dictate.control.hotkey import Press
from dictate.control.listener import KeyListener
from dictate.control.notifications import Notifier
from dictate.control.service import Service
from dictate.engines.link import EngineLink
from dictate.errors import AlreadyRunning, ConfigError, DictateError, JournalError, Unavailable
from dictate.journal import Entry, Journal
from dictate.microphone import MICROPHONES, Microphone
from dictate.microphone.tap import Tap
from dictate.outputs import OUTPUTS, Output
from dictate.outputs.nowhere import NowhereOutput
from dictate.pipeline import Pipeline
from dictate.recall import Recall
from dictate.session import Command
from dictate.speech import DETECTORS
from dictate.speech.segmenter import Segmenter
from dictate.steering import DaemonSteering
from dictate.terminal import Terminal
from dictate.watch import watch
from dictate.wishes import Files, Wishes

log = logging.getLogger(__name__)

SWEEP_S = 3600.0
SEEK_S = 2.0
DRAIN_S = 1.5
"""So long a stopping daemon waits for texts on the way; what is not written by then is on disk."""


class Daemon:
    """One running Dictate. Made and run on the loop."""

    def __init__(
        self,
        files: Files,
        wishes: Wishes,
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
        self._pen = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._count = itertools.count(1)
        self._reloading = asyncio.Lock()
        self._choosing = asyncio.Lock()
        self._aside: set[asyncio.Task[None]] = set()
        self._unusable: list[str] = []
        """What the user was told of the words, the engine, or both."""

    async def run(self) -> int:
        """From start to stop. Raises ConfigError, AlreadyRunning."""
        self.settings, self.hotwords = await asyncio.to_thread(self.files.read, self.wishes)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        self._in_terminal = sys.stdin is not None and sys.stdin.isatty()
        async with AsyncExitStack() as stack:
            stack.enter_context(_only_one())
            self.service = Service(DaemonSteering(self))
            wanted = self.settings.notifications.enabled
            self.notifier = Notifier(lambda: self.service.bus, enabled=wanted)
            self.announcer = Announcer(
                self.service, self.notifier, self._terminal, self._state_changed
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
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
            self.announcer.ready(f"ready: {self.summary}")
            await self._stop.wait()
            self.announcer.stopping()
            await self.pipeline.drain(DRAIN_S)
        return 0

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
            self.journal, unfinished = await loop.run_in_executor(self._pen, open_it, where)
        except JournalError as error:
            self.announcer.trouble(f"{error}; what you say is kept in memory only")
            self.journal, unfinished = await loop.run_in_executor(self._pen, open_it, None)
        stack.callback(self._pen.shutdown)
        stack.callback(self._pen.submit, self.journal.close)
        return unfinished

    async def _build(self, stack: AsyncExitStack) -> None:
        """Engine, output, detector, pipeline, microphone."""
        settings = self.settings
        self.link = self._make_link(settings)
        await self.link.start()
        stack.push_async_callback(lambda: self.link.stop())
        self.output = await self._open_output(await self._choose_output(settings))
        stack.push_async_callback(lambda: self.output.close())
        self.pipeline = Pipeline(
            settings=settings,
            hotwords=self.hotwords,
            link=self.link,
            output=self.output,
            segmenter=await self._make_segmenter(settings),
            journal=self.journal,
            pen=self._pen,
            audience=self.announcer,
        )
        self.tap = Tap(
            self._make_microphone,
            settings.microphone,
            on_chunk=self.pipeline.hear,
            on_trouble=self.announcer.trouble,
            on_open_changed=self._microphone_changed,
            on_end=self.pipeline.sound_over,
        )
        self.pipeline.tap = self.tap
        self.recall = Recall(self.pipeline)
        stack.push_async_callback(self.tap.stop)
        await self.tap.start()
        self.key = KeyListener(settings.hotkey, self._pressed, self._key_state)

    def _make_link(self, settings: Settings) -> EngineLink:
        # A name of its own for each: the old engine may still be ending when the new one starts.
        socket = paths.runtime_dir() / f"engine-{next(self._count)}.sock"
        return EngineLink(settings.engine, socket, self._engine_changed)

    async def _choose_output(self, settings: Settings) -> Output:
        """The output that can work; where none does, one that holds every text and says why."""
        use, passed = settings.output.use, list[str]()
        try:
            output, passed = await asyncio.to_thread(OUTPUTS.choose_and_say, use, settings.output)
        except Unavailable as error:
            output = NowhereOutput(settings.output, str(error))
        self.service.update(output_notes=by_reason(passed))
        return output

    async def _open_output(self, output: Output) -> Output:
        try:
            await output.open()
        except Unavailable as error:
            output = NowhereOutput(output.settings, str(error))
        self.service.update(output=output.name)
        return output

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
        yield self.key.run()
        yield self._watch_files()
        yield self._seek_desktop()
        yield self._show_alive()
        yield self._sweep()
        yield self._first(unfinished)

    async def _first(self, unfinished: list[Entry]) -> None:
        """The hotwords to the engine, what a crash left, and what is to be spoken."""
        await self._prepare()
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

    async def _prepare(self) -> list[str]:
        """Give the engine the list ahead of the next dictation; what it cannot use, in words."""
        try:
            unusable = await self.link.prepare(self.hotwords)
        except DictateError as error:
            unusable = [str(error)]
        if unusable != self._unusable:
            self._unusable = unusable
            for line in unusable:
                self.announcer.trouble(line)
        return unusable

    def _key_state(self, state: str) -> None:
        self.service.update(hotkey=state)
        if not state.startswith("none") and self.settings.output.use == "auto":
            # There is a desktop now, or another one; perhaps there was none at the last choice.
            self._spawn(self._replace_output(self.settings))

    def _pressed(self, press: Press) -> None:
        session = self.pipeline.session
        decide: dict[Press, Callable[[], list[Command]]] = {
            Press.START_HELD: lambda: session.start(held=True),
            Press.STOP: session.stop,
            Press.TOGGLE: session.toggle,
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
            use, name = self.settings.output.use, self.output.name
            if name == "none" or (use == "auto" and name in ("clipboard", "stdout")):
                await asyncio.to_thread(desktop.adopt)
                await self._replace_output(self.settings)

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
            if self.link.well and self.tap.well:
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
        async with self._reloading:
            return await self._reload(self.link.given_up if asked else ())

    async def _reload(self, try_again: tuple[str, ...]) -> list[str]:
        settings, hotwords = await asyncio.to_thread(self.files.read, self.wishes)
        lines = config_file.changes(self.settings, settings)
        lines += hotwords_file.difference(self.hotwords, hotwords)
        lines += [f"the engine {name} is tried again" for name in try_again]
        old, self.settings, self.hotwords = self.settings, settings, hotwords
        self.pipeline.settings, self.pipeline.hotwords = settings, hotwords
        if try_again or not same_engine(old.engine, settings.engine):
            await self._replace_link(settings)
        self.link.settings = settings.engine
        if old.output != settings.output:
            await self._replace_output(settings)
        if old.speech != settings.speech:
            self.pipeline.segmenter = await self._make_segmenter(settings)
        if old.microphone != settings.microphone:
            await self.tap.replace(settings.microphone, self._make_microphone)
        if old.hotkey != settings.hotkey:
            self.key.change(settings.hotkey)
        self.notifier.enabled = settings.notifications.enabled
        self.journal.settings = settings.journal
        return lines + await self._prepare()

    async def _replace_link(self, settings: Settings) -> None:
        link = self._make_link(settings)
        await link.start()
        old, self.link, self.pipeline.link = self.link, link, link
        self._spawn(self._retire(old.stop))

    async def _replace_output(self, settings: Settings) -> None:
        async with self._choosing:
            output = await self._choose_output(settings)
            if output.name == self.output.name != "none":
                # It goes on: a desktop may let only one be there at a time.
                self.output.settings = settings.output
                return
            output = await self._open_output(output)
            old, self.output, self.pipeline.output = self.output, output, output
        self._spawn(self._retire(old.close))

    async def _retire(self, end: Callable[[], Awaitable[None]]) -> None:
        """A stage that was replaced ends when no dictation can be in it any more."""
        await self.pipeline.idle.wait()
        await end()

    def _spawn(self, way: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(way)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    # What is told.

    @property
    def summary(self) -> str:
        """One line: what was chosen."""
        state = self.link.serving
        engine = self.link.info.name if state == "ready" else f"({state})"
        return f"engine {engine}, output {self.output.name}"

    def _state_changed(self) -> None:
        session = self.pipeline.session
        self.service.update(state=session.summary)
        self.key.session(recording=session.listening)

    def _engine_changed(self) -> None:
        info, state = self.link.info, self.link.serving
        why = self.link.message if state in ("restarting", "failed") else ""
        self.service.update(
            engine=info.name,
            engine_state=state,
            model=info.model,
            device=info.device,
            precision=info.precision,
            chunk_ms=info.chunk_ms,
            engine_memory_mb=info.device_memory_mb or info.memory_mb,
            engine_notes="; ".join(filter(None, (why, *info.notes))),
            engine_finish_ms=info.finish_ms,
        )

    def _microphone_changed(self, is_open: bool, device: str) -> None:  # noqa: FBT001
        self.service.update(microphone_open=is_open, microphone=device)


@contextmanager
def _only_one() -> Iterator[None]:
    """Hold the lock of the one daemon in this runtime folder. Raises AlreadyRunning."""
    lock = (paths.safe_dir(paths.runtime_dir()) / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning("Dictate is running already; see `dictatectl status`") from None
        yield


def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
