"""The way itself: microphone, speech, engine, text, output - and the journal beside it.

Strategy: `session.py` decides, this obeys. Each command has one short method below, in the order in
which a dictation lives. What takes time (the engine's end, the journal's fsync, the writing) runs
as a task of that dictation and comes back as news to the session; nothing here waits in line
behind anything else. Whatever goes wrong ends as news too, so that no dictation hangs.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from dictate.app.observer import PipelineObserver, Timing
from dictate.app.preedit import Preedit
from dictate.app.session import Command, Do, Input, Session
from dictate.config.schema import Settings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.errors import DeliveryUnsure, DictateError, JournalError, NotDelivered
from dictate.events import (
    RATE,
    AudioChunk,
    FinalTranscript,
    PartialTranscript,
    SpeechEnded,
    pcm_from_samples,
)
from dictate.hotwords.model import Hotwords
from dictate.journal.journal import Journal
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.outputs import Focus, Output, Receipt
from dictate.text import polish
from dictate.vad.segmenter import Segmenter

log = logging.getLogger(__name__)
T = TypeVar("T")

LATE_SOUND_S = 0.3
"""So long after the tail's end we wait for its last chunk: the sound card's latency is 0.1 s."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What hears a dictation and what writes it, from its press to its end."""

    link: EngineClient
    language: str
    output: Output


@dataclass(slots=True)
class Dictation:
    """One dictation on its way."""

    number: int
    way: Profile
    utterance: UtteranceClient
    continued: bool
    pressed_at: float
    samples: int = 0
    lost: int = 0
    """Samples that the microphone lost."""
    released_at: float = 0.0
    ends_at: float = float("inf")
    """Where its sound ends, monotonic seconds."""
    focus: "asyncio.Task[Focus | None] | None" = None
    guess: PartialTranscript | None = None
    """The engine's last."""
    text: str = ""
    reason: str = ""
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class LastDelivery:
    """The last text that was written, as long as it may be taken back."""

    number: int
    text: str
    focus: Focus | None
    output: Output


class Pipeline:
    """All stages joined. Made on the running loop; `daemon.py` builds and replaces the stages."""

    def __init__(
        self,
        *,
        settings: Settings,
        hotwords: Hotwords,
        main: Profile,
        second: Profile,
        segmenter: Segmenter,
        journal: Journal,
        journal_executor: ThreadPoolExecutor,
        audience: PipelineObserver,
    ) -> None:
        self.settings = settings
        self.hotwords = hotwords
        self.main = main
        self.second = second
        self.segmenter = segmenter
        self.journal = journal
        self.audience = audience
        self.session = Session(journal.next_number)
        self.tap: MicrophoneSupervisor
        """Set by the daemon: the tap calls back into this object."""
        self._listening = False
        self._previews = Preedit(
            self._spawn, lambda number, in_field: audience.previewed(number, in_field=in_field)
        )
        self._journal_executor = journal_executor
        self._in_flight: dict[int, Dictation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.written: LastDelivery | None = None
        self.writing = asyncio.Lock()
        """Held while the output has a text."""
        self.idle = asyncio.Event()
        """Set while no dictation is under way."""
        self.idle.set()

    # The session's side.

    def act(self, decide: Callable[[], list[Command]]) -> None:
        """Let the session decide, then obey."""
        before = self.session.summary
        for command in decide():
            log.debug("%s", command)
            self._obey(command)
        if self.session.recording is None and self._listening:
            self._listening = False
            self.tap.release()
        if self.session.summary != before:
            self.audience.changed()
        if self.session.summary == "ready":
            self.idle.set()
        else:
            self.idle.clear()

    def _news(self, number: int, what: Input) -> None:
        self.act(lambda: self.session.news(number, what))

    def _obey(self, command: Command) -> None:
        number = command.dictation
        match command.do:
            case Do.RECORD:
                self._record(command)
            case Do.TAIL:
                self._tail(self._in_flight[number])
            case Do.FINISH:
                self._run(number, self._finish(self._in_flight[number]))
            case Do.DELIVER:
                self._run(number, self._deliver(self._in_flight[number]))
            case Do.DROP:
                self._end(number)
                self.write_down(self.journal.empty, number)
                self.audience.nothing_heard(number)
            case Do.ABANDON:
                self._abandon(number)
            case Do.HOLD:
                self._hold(number)
            case Do.KEEP:
                self.write_down(self.journal.cancelled, number, "cancelled; its text came late")
            case Do.DONE:
                self._end(number)

    # One dictation, from the key to the window.

    def way(self, *, second: bool) -> Profile:
        """The way that a dictation goes."""
        return self.second if second else self.main

    def _record(self, command: Command) -> None:
        number, way = command.dictation, self.way(second=command.second)
        self.write_down(partial(self.journal.begin, second=command.second), number, time.time())
        self._in_flight[number] = Dictation(
            number,
            way,
            way.link.begin(number, self.hotwords, way.language, self._partial),
            command.continued,
            time.monotonic(),
        )
        if not command.continued:
            self.segmenter.reset()
        # Without a microphone no sample would ever count the time.
        longest_s = self.settings.microphone.longest_min * 60 + LATE_SOUND_S
        asyncio.get_running_loop().call_later(longest_s, self._too_long, number)
        if not self._listening:
            self._listening = True
            self.tap.listen()

    def hear(self, chunk: AudioChunk) -> None:
        """A chunk from the microphone: to disk, to the engine, to the speech detector."""
        number = self.session.recording
        dictation = self._in_flight.get(number or 0)
        if number is None or dictation is None:
            return
        pcm = pcm_from_samples(chunk.samples)
        self.write_down(self.journal.append, number, pcm)
        dictation.utterance.feed(pcm)
        self.audience.sound(chunk.samples)
        if not dictation.samples:
            waited_ms = (time.monotonic() - dictation.pressed_at) * 1000
            log.debug("dictation %d: first sound %.0f ms after the press", number, waited_ms)
        dictation.samples += len(chunk.samples)
        dictation.lost += chunk.dropped
        heard = self.segmenter.push(chunk)
        if chunk.end >= dictation.ends_at:
            self._news(number, Input.TAIL_OVER)
        elif dictation.samples >= self.settings.microphone.longest_min * 60 * RATE:
            self._too_long(number)
        elif self.settings.speech.end_ms and any(isinstance(e, SpeechEnded) for e in heard):
            self.act(self.session.endpoint)

    def _too_long(self, number: int) -> None:
        if self.session.recording == number:
            self.audience.trouble("the dictation has reached its longest time and was ended")
            self.sound_over()

    def sound_over(self) -> None:
        """The microphone is a recording, and it is over."""
        self.act(self.session.sound_over)

    def _tail(self, dictation: Dictation) -> None:
        tail_s = self.settings.engine.tail_ms / 1000
        loop = asyncio.get_running_loop()
        dictation.released_at = time.monotonic()
        dictation.ends_at = dictation.released_at + tail_s
        dictation.focus = loop.create_task(dictation.way.output.focus())
        # A microphone that died takes its last chunk with it: the tail must end all the same.
        loop.call_later(tail_s + LATE_SOUND_S, self._news, dictation.number, Input.TAIL_OVER)

    def _partial(self, partial: PartialTranscript) -> None:
        if partial.dictation in self._in_flight:
            self._in_flight[partial.dictation].guess = partial
            self.audience.partial(partial)
            self._show(partial)

    def show_again(self) -> None:
        """Show the last guess once more: the user may have gone to another window."""
        dictation = self._in_flight.get(self.session.recording or 0)
        if dictation and dictation.guess:
            self._show(dictation.guess)

    def _show(self, partial: PartialTranscript) -> None:
        if self.settings.output.preedit and partial.dictation == max(self._in_flight):
            self._previews.show(partial, self._in_flight[partial.dictation].way.output)
        else:
            self.audience.previewed(partial.dictation, in_field=False)

    async def _finish(self, dictation: Dictation) -> None:
        number, timing = dictation.number, dictation.timing
        ended_at = time.monotonic()
        timing.tail_ms = (ended_at - dictation.released_at) * 1000
        focus = await self._focus(dictation)
        if not self.under_way(number):
            return  # cancelled meanwhile
        self.write_down(self.journal.captured, number, focus.application if focus else "")
        if dictation.lost:
            self.audience.trouble(f"{dictation.lost * 1000 // RATE} ms of sound were lost")
        final = await dictation.utterance.finish(lambda: self.durably(self.journal.audio, number))
        timing.engine_ms = (time.monotonic() - ended_at) * 1000
        dictation.text = self.polish(final, continued=dictation.continued)
        if not dictation.text:
            self._news(number, Input.HEARD_NOTHING)
            return
        began = time.monotonic()
        await self.keep(number, dictation.text, final, dictation.way)
        timing.journal_ms = (time.monotonic() - began) * 1000
        self._news(number, Input.HEARD)

    def polish(self, final: FinalTranscript, *, continued: bool = False) -> str:
        """The text as it is written."""
        return polish(final.text, self.hotwords, self.settings.text, continued=continued)

    async def keep(self, number: int, text: str, final: FinalTranscript, way: Profile) -> None:
        """The text is durable when this returns, or the user has been told that it cannot be."""
        engine = way.link.info.name
        try:
            await self.durably(self.journal.transcribed, number, text, final.text, engine)
        except JournalError as error:
            self.audience.trouble(f"{error}; the text is kept in memory only")

    async def _deliver(self, dictation: Dictation) -> None:
        number, timing = dictation.number, dictation.timing
        focus = await self._focus(dictation)
        try:
            receipt = await self.write_out(
                number, dictation.text, dictation.way.output, focus, timing
            )
        except (NotDelivered, DeliveryUnsure) as error:
            dictation.reason = str(error)
            self._news(number, Input.REFUSED)
            return
        now = time.monotonic()
        timing.total_ms = (now - dictation.released_at) * 1000
        self._news(number, Input.WRITTEN)
        self.audience.delivered(number, receipt, timing)

    async def _focus(self, dictation: Dictation) -> Focus | None:
        """What had the focus at release. Not knowing it must not cost the text: the output decides
        what it does without."""
        try:
            return await dictation.focus if dictation.focus else None
        except DictateError as error:
            log.warning("nobody knows what has the focus: %s", error)
            return None

    async def write_out(
        self, number: int, text: str, output: Output, focus: Focus | None, timing: Timing
    ) -> Receipt:
        """Write the text once: intent durable first, outcome after. Raises as `Output.write`."""
        async with self.writing:
            began = time.monotonic()
            try:
                await self.durably(self.journal.typing, number, output.name)
            except JournalError as error:
                self.audience.trouble(f"{error}; the text is kept in memory only")
            durable = time.monotonic()
            self.audience.writing(number)
            self.written = None
            receipt = await output.write(text, focus)
            self.written = LastDelivery(number, text, focus, output)
            timing.journal_ms += (durable - began) * 1000
            timing.output_ms = (time.monotonic() - durable) * 1000
            self.write_down(self.journal.delivered, number, receipt.value)
            return receipt

    def _hold(self, number: int) -> None:
        dictation = self._end(number)
        reason = dictation.reason if dictation else "interrupted"
        self.write_down(self.journal.held, number, reason)
        self.audience.held(number, reason)

    def _abandon(self, number: int) -> None:
        dictation = self._end(number)
        if dictation:
            dictation.utterance.cancel()
        self.write_down(self.journal.cancelled, number, "cancelled")

    def _end(self, number: int) -> Dictation | None:
        dictation = self._in_flight.pop(number, None)
        if dictation:
            self._previews.take_away(number, dictation.way.output)
        return dictation

    @property
    def speaking(self) -> Profile | None:
        """The way that what is said now goes; None while nobody speaks."""
        dictation = self._in_flight.get(self.session.recording or 0)
        return dictation.way if dictation else None

    def under_way(self, number: int) -> bool:
        """Whether this dictation is not over yet."""
        return number in self._in_flight

    # Stopping.

    async def drain(self, patience_s: float) -> None:
        """End what is being said and give what is on the way so long to arrive; the rest is on
        disk and recovered by the next start."""
        self.act(self.session.sound_over)
        deadline = time.monotonic() + patience_s
        while self._tasks and time.monotonic() < deadline:
            await asyncio.wait(
                self._tasks,
                timeout=deadline - time.monotonic(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # The journal's thread, and the tasks.

    def write_down(self, how: Callable[..., object], *what: object) -> None:
        """Have the journal write something down, in order, without waiting for it."""
        self._journal_executor.submit(how, *what).add_done_callback(_log_failure)

    async def durably(self, how: Callable[..., T], *what: object) -> T:
        """The same, waiting for it."""
        return await asyncio.get_running_loop().run_in_executor(self._journal_executor, how, *what)

    def _run(self, number: int, way: Coroutine[Any, Any, None]) -> None:
        async def to_its_end() -> None:
            try:
                await way
            except Exception as error:
                if not isinstance(error, DictateError):
                    log.exception("dictation %d", number)
                if number in self._in_flight:
                    self._in_flight[number].reason = str(error) or type(error).__name__
                self._news(number, Input.FAILED)
                self._news(number, Input.REFUSED)

        self._spawn(to_its_end())

    def _spawn(self, way: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(way)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _log_failure(done: Any) -> None:
    if not done.cancelled() and done.exception() is not None:
        log.error("journal: %s", done.exception())
