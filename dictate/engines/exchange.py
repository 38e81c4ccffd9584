"""One utterance on its way through the engine process: live, and once more if that failed."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, async_write_event

from dictate.engines.protocol import BadEvent, Begin, PartialText, Progress, Timings, read_event
from dictate.engines.stability import PartialStability
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE, FinalTranscript, PartialTranscript
from dictate.hotwords.model import Hotwords

if TYPE_CHECKING:
    from dictate.engines.link import EngineClient

log = logging.getLogger(__name__)

LARGEST_BUFFER = RATE * 2 * 300
"""Bytes of live sound that may wait for a slow engine; beyond it, all is sent at the end, from
what the caller has on disk."""
LARGEST_TEXT = 1_000_000
"""Characters. No dictation is longer, so a longer answer is nonsense."""
PIECE = 16_384
"""Bytes of one audio-chunk at most: half a second."""
UNREPORTED_S = 0.5
"""Seconds of sound the process may have worked through without having said so."""


class AttemptFailed(Exception):
    """This sending came to nothing."""

    def __init__(self, error: EngineError, *, again: bool = True, silent: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        """What the caller gets if the second sending fails as well."""
        self.again = again
        """Whether a fresh process may do better."""
        self.silent = silent
        """Whether the engine is elsewhere, and said nothing within its time: another would cost
        the user the same again."""


class UtteranceAttempt:
    """One sending of one utterance, on a connection of its own."""

    def __init__(
        self,
        link: "EngineClient",
        dictation: int,
        hotwords: Hotwords,
        language: str | None,
        on_partial: Callable[[PartialTranscript], None],
    ) -> None:
        self.process_run = -1
        """Which run of the process it was sent to; -1 while to none."""
        self._link = link
        self._dictation = dictation
        self._hotwords = hotwords
        self._language = language
        self._on_partial = on_partial
        self._deadline: asyncio.Timeout | None = None
        self._sent_s = 0.0
        self._worked_s = 0.0
        self._stopped = False
        self._waiting_since: float | None = None
        self._timings = Timings(0.0, 0.0, 0.0)
        self._settling = PartialStability()

    async def run(self, pieces: AsyncIterator[bytes]) -> FinalTranscript:
        """Send the PCM as it comes; the answer. Raises Trouble."""
        reader, writer, self.process_run = await self._link.connect()
        self._link.exchanges.add(self)
        sending = None
        try:
            async with asyncio.timeout(None) as self._deadline:
                sending = asyncio.create_task(self._send(writer, pieces))
                return await self._receive(reader)
        except TimeoutError as error:
            deadline_s = self._link.settings.deadline_s
            hung = EngineLost(f"the engine hung for {deadline_s:g} s")
            raise AttemptFailed(hung, silent=not self._link.local) from error
        except OSError as error:
            raise self._gone(f"the engine was lost: {error}") from error
        except BadEvent as error:
            raise AttemptFailed(EngineError(f"the engine answers nonsense: {error}")) from error
        finally:
            self._link.exchanges.discard(self)
            if sending is not None:
                sending.cancel()
            writer.transport.abort()

    def touch(self) -> None:
        """Set the deadline anew: there is one while the loaded engine owes us work."""
        loop = asyncio.get_running_loop()
        owes = self._stopped or self._sent_s - self._worked_s > UNREPORTED_S
        if not owes:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = loop.time()
        if self._deadline is None or self._deadline.expired():
            return
        if self._waiting_since is None or self._link.state != "ready":
            self._deadline.reschedule(None)
        else:
            since = max(self._waiting_since, self._link.ready_at)
            self._deadline.reschedule(since + self._link.settings.deadline_s)

    async def _send(self, writer: asyncio.StreamWriter, pieces: AsyncIterator[bytes]) -> None:
        try:
            for event in (
                self._link.hotwords_event(self._hotwords),
                Begin(self._dictation, chunk_ms=self._link.settings.chunk_ms).event(),
                Transcribe(language=self._language).event(),
                AudioStart(RATE, 2, 1).event(),
            ):
                await async_write_event(event, writer)
            async for piece in pieces:
                await async_write_event(AudioChunk(RATE, 2, 1, piece).event(), writer)
                self._sent_s += len(piece) / (2 * RATE)
                self.touch()
            await async_write_event(AudioStop().event(), writer)
            self._stopped = True
            self.touch()
        except OSError as error:
            log.debug("the receiving side will see it too: %s", error)

    async def _receive(self, reader: asyncio.StreamReader) -> FinalTranscript:
        while event := await read_event(reader):
            if event.type == Progress.type:
                self._worked_s = Progress.from_event(event).audio_s
                self._waiting_since = None
                self.touch()
            elif event.type == PartialText.type:
                text = _text(event)
                self._on_partial(
                    PartialTranscript(self._dictation, text, self._settling.next(text))
                )
                # More may have arrived already; who cancels on hearing this one gets no other.
                await asyncio.sleep(0)
            elif event.type == Timings.type:
                self._timings = Timings.from_event(event)
            elif event.type == "transcript":
                self._link.took(self._timings)
                return FinalTranscript(
                    self._dictation,
                    _text(event),
                    audio_s=self._timings.audio_s,
                    finish_ms=self._timings.finish_ms,
                )
            elif event.type == "error":
                says, code = event.data.get("text"), event.data.get("code")
                raise AttemptFailed(
                    EngineError(str(says)[:1000]),
                    again=code != "Unavailable",
                    silent=code == EngineLost.__name__,
                )
        raise self._gone("the engine process died or left")

    def _gone(self, what: str) -> AttemptFailed:
        # That it is gone says less than why, which the link may know.
        return AttemptFailed(EngineLost(self._link.message or what))


def _text(event: Event) -> str:
    text = event.data.get("text")
    if not isinstance(text, str):
        raise BadEvent(f"a {event.type} without a text")
    if len(text) > LARGEST_TEXT:
        raise BadEvent(f"a {event.type} of {len(text)} characters")
    return text


class UtteranceClient:
    """One utterance, for the daemon: feed it, then finish or cancel it."""

    def __init__(
        self, link: "EngineClient", exchange: Callable[["EngineClient"], UtteranceAttempt]
    ) -> None:
        """`exchange` makes one sending through a link."""
        self._link = link
        self._exchange = exchange
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._ended = False
        self._too_slow = False
        self._cancelled = False
        self._again: asyncio.Task[FinalTranscript] | None = None
        self._elsewhere: UtteranceClient | None = None
        self._live = asyncio.create_task(self._send(self._pieces()))
        self._live.add_done_callback(_seen)
        self._live.add_done_callback(lambda _: self._room.set())

    def feed(self, pcm: bytes) -> None:
        """Take more sound: signed 16-bit little-endian, mono, 16 kHz. Never blocks."""
        if self._ended or self._live.done():
            return
        self._waiting.extend(pcm[at : at + PIECE] for at in range(0, len(pcm), PIECE))
        self._waiting_bytes += len(pcm)
        self._more.set()
        if self._waiting_bytes > LARGEST_BUFFER:
            self._too_slow = True
            self._waiting.clear()
            self._live.cancel()

    async def room(self) -> None:
        """Wait until all that was fed is on its way, or lost: for who has the sound faster than
        the engine hears it."""
        while self._waiting and not self._live.done():
            self._room.clear()
            await self._room.wait()

    async def finish(self, whole: Callable[[], Awaitable[bytes]]) -> FinalTranscript:
        """No more sound comes: the whole text. `whole` brings all that was fed, and is asked only
        if the live sending failed; what it raises comes through.

        Raises EngineLost if the engine died or hung twice, EngineError if it answered nonsense or
        an error twice, or cannot do this at all, and no other engine takes its place.
        """
        self._ended = True
        self._more.set()
        silent = None
        try:
            return await self._live
        except AttemptFailed as trouble:
            if not trouble.again:
                raise trouble.error from trouble
            silent = trouble if trouble.silent else None
        except asyncio.CancelledError:
            if self._cancelled or not self._too_slow:
                raise
        pcm = await whole()
        if self._cancelled:
            raise asyncio.CancelledError
        if silent and (spare := await self._link.spare()):
            return await self._by(spare, pcm, silent)
        try:
            return await self._once_more(pcm)
        except AttemptFailed as trouble:
            if spare := await self._link.spare():
                return await self._by(spare, pcm, trouble)
            if not self._link.fall_back(self._link.chosen, str(trouble)):
                raise trouble.error from trouble
        try:
            return await self._once_more(pcm)
        except AttemptFailed as trouble:
            raise trouble.error from trouble

    async def _once_more(self, pcm: bytes) -> FinalTranscript:
        self._again = asyncio.create_task(self._send(_cut(pcm)))
        return await self._again

    async def _by(
        self, spare: "EngineClient", pcm: bytes, trouble: AttemptFailed
    ) -> FinalTranscript:
        """Have another engine hear it."""

        async def whole() -> bytes:
            return pcm

        self._elsewhere = UtteranceClient(spare, self._exchange)
        self._elsewhere.feed(pcm)
        try:
            final = await self._elsewhere.finish(whole)
        except EngineError as error:
            raise EngineError(f"{trouble}; and its fall-back: {error}") from error
        self._link.stood_in(spare, str(trouble))
        return final

    def cancel(self) -> None:
        """Throw it away; no partial and no text come any more, and `finish` is cancelled.
        Idempotent."""
        self._ended = self._cancelled = True
        self._live.cancel()
        if self._again is not None:
            self._again.cancel()
        if self._elsewhere is not None:
            self._elsewhere.cancel()
        self._waiting.clear()

    async def _send(self, pieces: AsyncIterator[bytes]) -> FinalTranscript:
        exchange = self._exchange(self._link)
        self._link.want()
        try:
            return await exchange.run(pieces)
        except AttemptFailed as trouble:
            if trouble.again:
                self._link.restart(exchange.process_run, str(trouble))
                await self._link.spare()  # it loads while the user still speaks
            raise

    async def _pieces(self) -> AsyncIterator[bytes]:
        while True:
            while self._waiting:
                piece = self._waiting.popleft()
                self._waiting_bytes -= len(piece)
                yield piece
                self._room.set()
            if self._ended:
                return
            self._more.clear()
            await self._more.wait()


async def _cut(pcm: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(pcm), PIECE):
        yield pcm[start : start + PIECE]


def _seen(task: asyncio.Task[FinalTranscript]) -> None:
    """A failure that nobody asks about, as the utterance was cancelled, is not news."""
    if not task.cancelled():
        task.exception()
