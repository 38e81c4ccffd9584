"""One client of an engine process: its events become calls of the engine, and those become answers.

A connection has at most one call under way, so a client that is too fast is slowed down by its own
socket, and no queue can grow.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import TypeVar

from wyoming.asr import Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart
from wyoming.event import Event, async_write_event
from wyoming.ping import Ping, Pong

from dictate.engines import Utterance, UtteranceStats, inspection
from dictate.engines.convert import Converter
from dictate.engines.host import EngineHost
from dictate.engines.hotword_events import HOTWORDS
from dictate.engines.kept_lists import received
from dictate.engines.protocol import (
    AskDraft,
    BadEvent,
    BeginUtterance,
    Cancel,
    Drafted,
    DropDraft,
    Inspect,
    Known,
    PartialText,
    Progress,
    Timings,
    UnusableTerms,
    WatchStatus,
    error_event,
    read_event,
)
from dictate.engines.quiet_speech import QuietSound, better
from dictate.engines.wyoming_compat import TranscriptChunker, info_of, terms_of
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.platform.background import ignore_exception
from dictate.translation import _

log = logging.getLogger(__name__)

PROGRESS_S = 0.25
"""Seconds of sound between two `dictate-progress`."""
CLIENT_CHECK_S = 0.05
"""Seconds between checks that the client is still connected, while an utterance is finished."""
AT_REST_S = 0.002
"""Seconds without an event after which no sound waits, so that a draft may be made."""

T = TypeVar("T")


class ClientConnection:
    """One client, which may send one utterance after another."""

    def __init__(
        self, host: EngineHost, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._hotwords: Hotwords | None = Hotwords()
        """None if the client named a list that is not known here."""
        self._skipping = False
        """The rest of this utterance is ignored: it was answered by an error, or cancelled."""
        self._failed = False
        """It was answered by an error."""
        self._reset()

    def _reset(self) -> None:
        self._announced: BeginUtterance | None = None
        """Of a client that knows our events."""
        self._language: str | None = None
        self._converter: Converter | None = None
        self._utterance: Utterance | None = None
        self._heard_with = Hotwords()
        """The list of this utterance."""
        self._quiet = QuietSound()
        self._draft_wanted: AskDraft | None = None
        self._chunker = TranscriptChunker()
        self._streaming = False
        """Whether a client that does not know our events has got the beginning of the text."""
        self._samples = 0
        self._worked_s = 0.0
        self._done_s = 0.0
        """Seconds of the sound that the engine has worked through."""
        self._reported_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether an utterance is under way."""
        return self._utterance is not None

    async def send(self, event: Event) -> None:
        async with asyncio.timeout(self._host.idle_s):
            await async_write_event(event, self._writer)

    async def _read(self) -> Event | None:
        async with asyncio.timeout(self._host.idle_s):
            return await read_event(self._reader)

    async def _next(self) -> Event | None:
        """The next event. As long as none comes and the engine is idle, a draft is made that is
        wanted: so it never delays sound that is here already."""
        if self._draft_wanted is None:
            return await self._read()
        reading = asyncio.create_task(self._read())
        ignore_exception(reading)  # if the draft cannot be sent either
        try:
            while (wanted := self._draft_wanted) is not None:
                await asyncio.wait({reading}, timeout=AT_REST_S)
                if reading.done():
                    break
                if self._host.idle:
                    self._draft_wanted = None
                    await self._draft(wanted.number)
            return await reading
        finally:
            reading.cancel()

    async def run(self, first: Event | None = None) -> None:
        """Answer until the client leaves, beginning with `first` if that was read already. An event
        that fails gets an `error` as its answer."""
        try:
            while event := first or await self._next():
                first = None
                try:
                    await self._handle(event)
                except OSError:
                    raise
                except Exception as error:
                    log.debug("%s failed", event.type, exc_info=True)
                    self._skipping = self._failed = True
                    await self._discard()
                    await self.send(error_event(error))
                if event.type == "audio-stop" and self._failed:
                    # Home Assistant ignores an `error`, but notices the end of the connection.
                    break
        except (OSError, BadEvent) as error:
            log.debug("a client has left: %s", error)
        finally:
            self._host.watchers.discard(self.send)
            self._writer.close()
            await self._discard()

    async def _discard(self) -> None:
        utterance = self._utterance
        self._reset()
        if utterance is not None:
            with contextlib.suppress(Exception):
                await self._host.on_thread(utterance.cancel)

    async def _handle(self, event: Event) -> None:
        match event.type:
            case "describe":
                await self.send(info_of(self._host.status).event())
            case "ping":
                await self.send(Pong(Ping.from_event(event).text).event())
            case WatchStatus.type:
                self._host.watchers.add(self.send)
                await self.send(self._host.status.event())
            case kind if kind == HOTWORDS:
                await self._take_hotwords(event)
            case Inspect.type:
                reports = await self._host.inspect(*inspection.asked(event))
                await self.send(inspection.answer(reports))
            case BeginUtterance.type:
                self._announced = BeginUtterance.from_event(event)
            case "transcribe":
                self._language = event.data.get("language")
                if terms := terms_of(event):
                    self._hotwords = Hotwords(terms)
            case "audio-start":
                self._skipping = self._failed = False
                start = AudioStart.from_event(event)
                await self._begin(start.rate, start.width, start.channels)
            case "audio-chunk" | "audio-stop" if self._skipping:
                self._skipping = event.type == "audio-chunk"
            case "audio-chunk":
                await self._feed(AudioChunk.from_event(event))
            case "audio-stop":
                await self._finish()
            case AskDraft.type:
                self._draft_wanted = AskDraft.from_event(event)
            case DropDraft.type:
                self._draft_wanted = None
            case Cancel.type:
                self._skipping = True
                await self._discard()
            case _:
                log.debug("unknown event %s", event.type)

    async def _take_hotwords(self, event: Event) -> None:
        digest = event.data.get("hash")
        if "hotwords" not in event.data and isinstance(digest, str):
            self._hotwords = self._host.lists.find(digest)
            await self.send(Known(self._hotwords is not None).event())
            return
        hotwords, digest = await asyncio.to_thread(received, event)
        self._hotwords = hotwords
        if digest:
            self._host.lists.keep(digest, hotwords)
        if self.send in self._host.watchers:
            terms = await self._host.prepare(hotwords, self._send_preparing)
            await self.send(UnusableTerms(terms, kept=bool(digest)).event())

    async def _begin(self, rate: int, width: int, channels: int) -> None:
        host, language = self._host, self._language
        if self._hotwords is None:
            raise BadEvent(_("the list of hotwords is not known here: send it whole"))
        self._heard_with = hotwords = await host.usable(self._hotwords)
        chunk_ms = 0 if self._announced is None else self._announced.chunk_ms
        if self._utterance is not None:
            await host.on_thread(self._utterance.cancel)
        self._converter = Converter(rate, width, channels)
        self._utterance = await self._timed(
            lambda: host.loaded().begin(hotwords, language, chunk_ms)
        )
        await host.report_changes()
        await self._send_progress()

    async def _feed(self, chunk: AudioChunk) -> None:
        if self._utterance is None:
            await self._begin(chunk.rate, chunk.width, chunk.channels)
        utterance, converter = self._utterance, self._converter
        assert utterance is not None
        assert converter is not None
        if (chunk.rate, chunk.width, chunk.channels) != converter.format:
            raise BadEvent(_("the sound changed its format in the middle"))
        samples = converter.convert(chunk.audio)
        self._samples += len(samples)
        self._quiet.feed(samples)
        text = await self._timed(lambda: utterance.feed(samples), utterance)
        self._done_s = self._samples / RATE
        if text is not None:
            await self._send_partial(text)
        await self._send_progress()

    async def _draft(self, number: int) -> None:
        """Answer with a draft, or with the reason why there is none."""
        utterance, reason = self._utterance, self._why_no_draft()
        draft, before_s = None, self._worked_s
        if utterance is not None and not reason:
            try:
                draft = await self._timed(utterance.draft, utterance)
            except Exception as error:
                # The utterance itself goes on.
                log.debug("the draft failed", exc_info=True)
                reason = type(error).__name__
        if utterance is None or draft is None:
            reason = reason or _("the engine makes none here")
            await self.send(Drafted(number, reason=reason).event())
            return
        took_s = self._worked_s - before_s
        self._host.drafts.measured(took_s, self._worked_s, self._samples / RATE)
        effort = replace(utterance.effort, note=draft.note)
        await self.send(self._timings(took_s, self._worked_s, effort, draft.plain))
        await self.send(Drafted(number, draft.text, draft.language).event())

    def _why_no_draft(self) -> str:
        if self._utterance is None or self._converter is None:
            return _("there is no sound")
        if self._converter.format != (RATE, 2, 1):
            return _("the sound is resampled")
        louder = self._announced is None or self._announced.louder
        if louder and self._quiet.is_quiet:
            return _("the sound may be recognised once more, louder")
        return self._host.drafts.exceeded

    def _timings(
        self, finish_s: float, worked_s: float, effort: UtteranceStats, plain: str | None
    ) -> Event:
        audio_s = self._samples / RATE
        rtf = worked_s / audio_s if audio_s else 0.0
        return Timings(
            audio_s, round(finish_s * 1000, 1), round(rtf, 4), **asdict(effort), plain=plain
        ).event()

    async def _finish(self) -> None:
        if self._utterance is None:
            await self._begin(RATE, 2, 1)
        utterance, converter, announced = self._utterance, self._converter, self._announced
        assert utterance is not None
        assert converter is not None
        began = time.monotonic()
        rest = converter.convert(b"", last=True)
        self._samples += len(rest)
        self._quiet.feed(rest)

        def finish() -> str:
            if len(rest):
                utterance.feed(rest)
            return utterance.finish()

        watch = asyncio.create_task(self._stop_when_disconnected(utterance))
        try:
            before_s = self._worked_s
            text, plain = await self._timed(finish, utterance), utterance.plain
            worked_s = self._worked_s
            wanted = announced is None or announced.louder
            if (
                wanted
                and not utterance.stopped
                and (sound := await self._timed(self._quiet.louder))
            ):
                again, its_plain = await self._hear_again(sound)
                if better(text, again) != text:
                    text, plain = again, its_plain
        finally:
            watch.cancel()
        audio_s = self._samples / RATE
        self._host.measured(worked_s, audio_s)
        self._host.drafts.measured(worked_s - before_s, worked_s, audio_s)
        if announced is not None:
            finish_s = time.monotonic() - began
            await self.send(self._timings(finish_s, worked_s, utterance.effort, plain))
        streams = announced is None and self._host.status.streams
        if streams:
            await self._send_chunk(self._chunker.rest(text))
        await self.send(Transcript(text, language=utterance.language or None).event())
        if streams:
            await self.send(TranscriptStop().event())
        self._reset()

    async def _hear_again(self, sound: list[Samples]) -> tuple[str, str | None]:
        """The text of this sound, which is that of the utterance, made louder, with and without the
        hotwords; empty if the engine fails at it."""
        host, announced = self._host, self._announced
        chunk_ms = 0 if announced is None else announced.chunk_ms
        again = text = watch = None
        try:
            again = await self._timed(
                lambda: host.loaded().begin(self._heard_with, self._language, chunk_ms)
            )
            watch = asyncio.create_task(self._stop_when_disconnected(again))
            for samples in sound:
                if again.stopped:
                    break
                await self._timed(partial(again.feed, samples), again)
                if announced is not None:
                    # The client sees that the engine works, and waits.
                    await self.send(Progress(self._samples / RATE).event())
            else:
                text = await self._timed(again.finish, again)
        except Exception:
            # There is a text already. A client that has left is noticed when that is sent.
            log.debug("the louder sound failed", exc_info=True)
        finally:
            if watch is not None:
                watch.cancel()
            if again is not None and text is None:
                with contextlib.suppress(Exception):
                    await host.on_thread(again.cancel)
        return text or "", None if again is None else again.plain

    async def _send_partial(self, text: str) -> None:
        if self._announced is None:
            if chunk := self._chunker.more(text):
                await self._send_chunk(chunk)
        elif self._announced.partials:
            await self.send(PartialText(self._announced.dictation, text).event())

    async def _send_chunk(self, chunk: str) -> None:
        if not self._streaming:
            self._streaming = True
            await self.send(TranscriptStart(language=self._language).event())
        if chunk:
            await self.send(TranscriptChunk(chunk).event())

    async def _stop_when_disconnected(self, utterance: Utterance) -> None:
        """End-of-file from a client that knows our events means cancel. Others may just have
        closed their side of the connection."""
        if self._announced is None:
            return
        while not self._reader.at_eof():  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(CLIENT_CHECK_S)
        utterance.stop()

    async def _timed(self, call: Callable[[], T], utterance: Utterance | None = None) -> T:
        """Run this on the engine's thread. A client that knows our events receives progress while
        it works. A call of an utterance may work longer the more sound there is."""

        def measured() -> T:
            began = time.monotonic()
            try:
                return call()
            finally:
                self._worked_s += time.monotonic() - began

        host = self._host
        if utterance is None:
            return await host.on_thread(measured, at_work=self._send_at_work)
        return await host.on_thread(
            measured,
            limit_s=host.pace.limit_s(self._samples / RATE),
            signs=lambda: utterance.signs,
            at_work=self._send_at_work,
        )

    async def _send_preparing(self) -> None:
        await self.send(Progress(0.0).event())

    async def _send_at_work(self) -> None:
        if self._announced is not None:
            await self.send(Progress(self._done_s).event())

    async def _send_progress(self) -> None:
        if self._announced is None:
            return
        if self._done_s == 0 or self._done_s - self._reported_s >= PROGRESS_S:
            self._reported_s = self._done_s
            await self._send_at_work()
