"""One attempt to get an utterance transcribed.

Each attempt has a connection of its own to the engine process (see `protocol.py`), so that no event
of a cancelled utterance can reach a later one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, async_write_event

from dictate.engines.call_watch import WorkMeter, usage_of
from dictate.engines.hotword_events import encode, hash_event, hotwords_bytes
from dictate.engines.protocol import (
    AskDraft,
    BadEvent,
    BeginUtterance,
    Drafted,
    DropDraft,
    EngineState,
    Known,
    PartialText,
    Progress,
    Timings,
    error_from,
    read_event,
)
from dictate.engines.stability import PartialStability
from dictate.engines.supervisor import EngineSupervisor
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE, FinalTranscript, PartialTranscript
from dictate.hotwords.model import Hotwords
from dictate.plain_text import clean
from dictate.translation import _

log = logging.getLogger(__name__)

LARGEST_TEXT = 1_000_000
"""Maximum number of characters in an answer: no dictation is longer, so more is nonsense."""
UNREPORTED_S = 0.5
"""Seconds of sound that the process may have worked through without having reported it."""
STALLED_S = 0.5
"""Seconds after the deadline in which events of the process still count: it may be this process
that got no turn."""


class AttemptFailed(Exception):
    """This attempt came to nothing."""

    def __init__(self, error: EngineError, *, again: bool = True, silent: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        """What the caller gets if the second attempt fails as well."""
        self.again = again
        """Whether a fresh process may do better."""
        self.silent = silent
        """Whether the engine is remote and did not answer within its deadline: a second attempt
        would make the user wait as long again."""


@dataclass(frozen=True, slots=True, eq=False)
class DraftQuestion:
    """Asks for a draft, in order with the sound."""

    answer: asyncio.Future[tuple[FinalTranscript, Timings] | None]
    """The draft, and what it cost; None if the process makes none. Without an answer if the attempt
    ends before."""


Piece: TypeAlias = bytes | DraftQuestion | DropDraft
"""What is sent: sound, or what concerns a draft."""


class UtteranceAttempt:
    """One attempt at one utterance."""

    def __init__(
        self,
        supervisor: EngineSupervisor,
        dictation: int,
        hotwords: Hotwords,
        language: str | None,
        on_partial: Callable[[PartialTranscript], None],
        *,
        louder: bool = True,
    ) -> None:
        """`louder`: quiet sound is recognised once more, louder."""
        self.worked_s = 0.0
        """Seconds of the sound that the engine has worked through, as far as it reports that."""
        self.process_run = -1
        """The run of the process that it was sent to; -1 before that."""
        self._supervisor = supervisor
        self._dictation = dictation
        self._hotwords = hotwords
        self._language = language
        self._on_partial = on_partial
        self._louder = louder
        self._deadline: asyncio.Timeout | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._meter: WorkMeter | None = None
        self._sent_s = 0.0
        self._asked = False
        """Whether the process owes us an answer to the hash of the list."""
        self._list_known: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._stopped = False
        self._drafts = 0
        self._draft: DraftQuestion | None = None
        """The last of so many questions."""
        self._timings = Timings(0.0, 0.0, 0.0)
        self._stability = PartialStability()

    async def run(self, pieces: AsyncIterator[Piece]) -> FinalTranscript:
        """Send the PCM as it comes; the answer. Raises AttemptFailed."""
        try:
            reader, writer, self.process_run = await self._supervisor.connect()
        except EngineLost as error:
            raise AttemptFailed(error) from error
        self._supervisor.status_listeners.add(self._update_deadline)
        if (pid := self._supervisor.pid) is not None:
            self._meter = WorkMeter(lambda: usage_of(pid))
        sending = None
        try:
            async with asyncio.timeout(None) as self._deadline:
                sending = asyncio.create_task(self._send(writer, pieces))
                return await self._receive(reader)
        except TimeoutError as error:
            deadline_s = self._supervisor.settings.deadline_s
            hung = EngineLost(
                _("the engine hung for {deadline_s:g} s").format(deadline_s=deadline_s)
            )
            raise AttemptFailed(hung, silent=not self._supervisor.local) from error
        except OSError as error:
            raise self._lost(
                _("the engine was lost: {error}").format(error=error.strerror or error)
            ) from error
        except BadEvent as error:
            raise AttemptFailed(
                EngineError(_("the engine answers nonsense: {error}").format(error=error))
            ) from error
        finally:
            self._supervisor.status_listeners.discard(self._update_deadline)
            if self._timer is not None:
                self._timer.cancel()
            if sending is not None:
                sending.cancel()
            writer.transport.abort()

    def _update_deadline(self) -> None:
        """There is a deadline while the engine is loaded, takes in no list of hotwords, and owes us
        an answer. It moves with each progress, so that a slow engine has all the time it needs."""
        supervisor = self._supervisor
        owes = self._asked or self._stopped or self._sent_s - self.worked_s > UNREPORTED_S
        busy = supervisor.state != EngineState.READY or supervisor.control.preparing
        if not owes or busy:
            self._stop_timer()
        elif self._timer is None:
            if self._meter is not None:
                self._meter.restart()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(supervisor.settings.deadline_s, self._end_soon)

    def _end_soon(self) -> None:
        """The deadline has passed without a report. The process cannot report anything while a call
        of its engine keeps Python's lock; then its use of the processor counts."""
        assert self._deadline is not None
        loop, supervisor = asyncio.get_running_loop(), self._supervisor
        limit_s = supervisor.pace.limit_s(self._sent_s)
        if self._meter is not None and self._meter.at_work(limit_s):
            self._timer = loop.call_later(supervisor.settings.deadline_s, self._end_soon)
        else:
            self._deadline.reschedule(loop.time() + STALLED_S)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(None)

    async def _send(self, writer: asyncio.StreamWriter, pieces: AsyncIterator[Piece]) -> None:
        chunk_ms = self._supervisor.settings.chunk_ms
        try:
            await self._send_hotwords(writer)
            for event in (
                BeginUtterance(self._dictation, chunk_ms=chunk_ms, louder=self._louder).event(),
                Transcribe(language=self._language).event(),
                AudioStart(RATE, 2, 1).event(),
            ):
                await async_write_event(event, writer)
            async for piece in pieces:
                await async_write_event(self._event(piece), writer)
                if isinstance(piece, bytes):
                    self._sent_s += len(piece) / (2 * RATE)
                    self._update_deadline()
            await async_write_event(AudioStop().event(), writer)
            self._stopped = True
            self._update_deadline()
        except OSError as error:
            log.debug("the receiving side will notice it too: %s", error)

    def _event(self, piece: Piece) -> Event:
        if isinstance(piece, bytes):
            return AudioChunk(RATE, 2, 1, piece).event()
        if isinstance(piece, DropDraft):
            return piece.event()
        self._drafts, self._draft = self._drafts + 1, piece
        return AskDraft(self._drafts).event()

    async def _send_hotwords(self, writer: asyncio.StreamWriter) -> None:
        """Name the list by its hash, and send it only if this process does not know it: it may
        have started after the list was taken in, or have had many others since."""
        await encode(self._hotwords)
        await async_write_event(hash_event(self._hotwords), writer)
        self._asked = True
        self._update_deadline()
        if not await self._list_known:
            writer.write(hotwords_bytes(self._hotwords))
            await writer.drain()

    async def _receive(self, reader: asyncio.StreamReader) -> FinalTranscript:
        while event := await read_event(reader):
            if event.type == Progress.type:
                self.worked_s = float(Progress.from_event(event).audio_s)
                self._stop_timer()
                self._update_deadline()
            elif event.type == Known.type and self._asked:
                self._asked = False
                self._list_known.set_result(Known.from_event(event).known)
                self._stop_timer()
                self._update_deadline()
            elif event.type == PartialText.type:
                text = clean(_text(event))  # it is shown in windows and terminals as it is
                self._on_partial(
                    PartialTranscript(self._dictation, text, self._stability.update(text))
                )
                # Yield once, so that a caller that cancels here receives no further partials.
                await asyncio.sleep(0)
            elif event.type == Timings.type:
                self._take_timings(event)
            elif event.type == Drafted.type:
                self._take_draft(Drafted.from_event(event))
            elif event.type == "transcript":
                # The text first: whatever becomes of the timings, it is returned.
                asyncio.get_running_loop().call_soon(self._supervisor.record_timings, self._timings)
                return self._final(_text(event), str(event.data.get("language") or ""))
            elif event.type == "error":
                error, code = error_from(event), event.data.get("code")
                if error.says:
                    log.debug("the engine says: %s", error.says)
                raise AttemptFailed(
                    error,
                    again=code != "Unavailable",
                    silent=code == EngineLost.__name__,
                )
        raise self._lost(_("the engine process died or closed the connection"))

    def _take_timings(self, event: Event) -> None:
        try:
            timings = Timings.from_event(event)
            _check_length(event.type, timings.plain or "")
        except BadEvent as error:
            log.warning("the engine reports nonsense about its work: %s", error)
        else:
            self._timings = timings

    def _take_draft(self, drafted: Drafted) -> None:
        """An answer to an earlier question is late: speech came back since."""
        _check_length(drafted.type, drafted.text)
        if self._draft is None or drafted.number != self._drafts or self._draft.answer.done():
            return
        answer = None
        if not drafted.reason:
            answer = self._final(drafted.text, drafted.language), self._timings
        self._draft.answer.set_result(answer)

    def _final(self, text: str, language: str) -> FinalTranscript:
        return FinalTranscript(
            self._dictation,
            text,
            plain=self._timings.plain,
            audio_s=self._timings.audio_s,
            finish_ms=self._timings.finish_ms,
            language=language,
            punctuates=self._supervisor.info.punctuates,
        )

    def _lost(self, what: str) -> AttemptFailed:
        # The supervisor may know why; that is worth more than `what`.
        return AttemptFailed(EngineLost(self._supervisor.message or what))


def _text(event: Event) -> str:
    text = event.data.get("text")
    if not isinstance(text, str):
        raise BadEvent(_("a {type} without a text").format(type=event.type))
    _check_length(event.type, text)
    return text


def _check_length(kind: str, text: str) -> None:
    if len(text) > LARGEST_TEXT:
        raise BadEvent(_("a {kind} of {count} characters").format(kind=kind, count=len(text)))
