"""Decodes clips with an engine process that runs, as one more of its clients.

Each clip has a connection of its own and brings its list of hotwords along. It is fed in chunks,
each only after the one before is worked through, so that a dictation comes in between.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, async_write_event

from dictate.config.schema import TextSettings
from dictate.engines.call_watch import WorkMeter, loading_usage_of
from dictate.engines.control import answers_ping
from dictate.engines.hotword_events import hotwords_event
from dictate.engines.language import utterance_language
from dictate.engines.process import FROZEN_S, LOADING_S
from dictate.engines.protocol import (
    LARGEST_EVENT,
    BadEvent,
    BeginUtterance,
    EngineState,
    Progress,
    StatusEvent,
    UnusableTerms,
    WatchStatus,
    read_event,
)
from dictate.errors import DictateError, EngineError, EngineLost
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords
from dictate.text import polish
from dictate.translation import _

CHUNK_BYTES: Final = 16_384
"""Bytes of sound in one chunk: half a second."""
SILENT_S: Final = 30.0
"""Seconds without a sign of the engine, after which it counts as hung: it reports progress four
times a second."""
ABSENT_S: Final = 30.0
"""Seconds in which an engine process must have come to listen: one that died is soon replaced."""
PROGRESS_S: Final = 0.25
"""Seconds of sound between two reports of the engine process."""
CONNECT_S: Final = 0.1
"""Seconds between attempts to reach a process that is starting."""

Locate = Callable[[], Awaitable[Path]]
"""Where the engine process listens now. Raises EngineError if there is none any more."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one clip with one list."""

    recognized: str
    """The text of the engine."""
    text: str
    """The text as it is written: after the text steps, which spell the terms of the list."""


class Decoder(Protocol):
    """What a trial needs of an engine."""

    async def decode(self, sound: Samples, hotwords: Hotwords) -> Heard:
        """The text of this sound with this list. Raises EngineError."""


async def _at_once() -> None:
    pass


class EngineDecoder:
    """A Decoder. Call `open` first."""

    def __init__(
        self,
        locate: Locate,
        language: str,
        text: TextSettings,
        wait: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        """`wait` returns once the engine is free for this: no dictation is under way."""
        self.status = StatusEvent(EngineState.LOADING)
        """The engine, once it is open."""
        self._locate = locate
        self._language = language
        self._text = text
        self._wait = wait

    async def open(self) -> None:
        """Wait until the engine is loaded, for as long as it works on that. Raises EngineError."""
        try:
            async with asyncio.timeout(LOADING_S):
                self.status = await self._until_ready()
        except TimeoutError as error:
            raise EngineLost(
                _("the engine was not ready within {loading_s:.0f} s").format(loading_s=LOADING_S)
            ) from error

    async def decode(self, sound: Samples, hotwords: Hotwords) -> Heard:
        """See `Decoder`. If the process dies or is replaced meanwhile, the next one gets the clip
        once more."""
        try:
            return await self._decode(sound, hotwords)
        except (OSError, BadEvent, _Closed):
            before = (self.status.name, self.status.model)
            await self.open()
            if (self.status.name, self.status.model) != before:
                raise EngineLost(_("the engine was replaced by another one: start again")) from None
        try:
            return await self._decode(sound, hotwords)
        except (OSError, BadEvent, _Closed) as error:
            raise EngineLost(
                _(
                    "the engine process was lost twice at the same clip ({error}): see the "
                    "log of dictate"
                ).format(error=error)
            ) from error

    async def prepare(self, hotwords: Hotwords) -> list[str]:
        """Have the engine take in the list: one line for each term that it cannot use. Raises
        EngineError."""
        try:
            async with self._connection() as (reader, writer):
                await async_write_event(WatchStatus().event(), writer)
                await async_write_event(hotwords_event(hotwords), writer)
                while True:
                    event = await _next(reader)
                    if event.type == UnusableTerms.type:
                        return [str(line) for line in UnusableTerms.from_event(event).terms]
        except (OSError, BadEvent, _Closed) as error:
            raise EngineLost(_("the engine was lost ({error})").format(error=error)) from error

    async def restore(self, hotwords: Hotwords) -> None:
        """Have the engine ready for the next dictation again, whose list this is. It takes the list
        in anyway, if it cannot now."""
        with suppress(DictateError, OSError):
            await self.prepare(hotwords)

    async def _until_ready(self) -> StatusEvent:
        clock = asyncio.get_running_loop().time
        reached_at = clock()
        while clock() - reached_at < ABSENT_S:
            try:
                async with self._connection() as (reader, writer):
                    await async_write_event(WatchStatus().event(), writer)
                    if status := await self._watched(reader, _pid_of_peer(writer)):
                        return status
                    reached_at = clock()
            except (OSError, BadEvent):
                pass  # the process has just died, or has not come to listen yet
            await asyncio.sleep(CONNECT_S)
        raise EngineLost(
            _("no engine has come for {absent_s:.0f} s: see the log of dictate").format(
                absent_s=ABSENT_S
            )
        )

    async def _watched(self, reader: asyncio.StreamReader, pid: int) -> StatusEvent | None:
        """What the process reports once its engine is loaded; None if it ends before. Raises
        EngineError if it fails to load, or neither works nor answers."""
        meter = await asyncio.to_thread(WorkMeter, lambda: loading_usage_of(pid))
        loaded = asyncio.create_task(_status_when_loaded(reader))
        try:
            while not (await asyncio.wait({loaded}, timeout=FROZEN_S))[0]:
                works = await asyncio.to_thread(meter.at_work, LOADING_S)
                # One that works may be unable to answer: a library keeps Python's lock. One that
                # answers but does not work waits for another machine, or is soon replaced.
                if not works and not await answers_ping(await self._locate(), SILENT_S):
                    raise _hung()
            return loaded.result()
        finally:
            loaded.cancel()

    async def _decode(self, sound: Samples, hotwords: Hotwords) -> Heard:
        pcm, worked_s = pcm_from_samples(sound), 0.0
        async with self._connection() as (reader, writer):
            for event in (
                hotwords_event(hotwords),
                BeginUtterance(dictation=0, partials=False).event(),
                Transcribe(language=self._language).event(),
                AudioStart(rate=RATE, width=2, channels=1).event(),
            ):
                await _send(event, writer)
            for at in range(0, len(pcm), CHUNK_BYTES):
                await self._wait()
                chunk = pcm[at : at + CHUNK_BYTES]
                await _send(AudioChunk(RATE, 2, 1, chunk).event(), writer)
                worked_s = await _until_worked(reader, (at + len(chunk)) / 2 / RATE, worked_s)
            await self._wait()
            await _send(AudioStop().event(), writer)
            while (event := await _next(reader)).type != "transcript":
                pass
        recognized = event.data.get("text")
        if not isinstance(recognized, str):
            raise BadEvent(_("a transcript without a text"))
        detected = str(event.data.get("language") or "")
        language = utterance_language(self._language, detected, self.status.languages)
        written = polish(
            recognized,
            hotwords,
            self._text,
            language=language,
            punctuates=self.status.punctuates,
            audio_s=len(sound) / RATE,
        )
        return Heard(recognized.strip(), written.strip())

    @asynccontextmanager
    async def _connection(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        path = await self._locate()
        reader, writer = await asyncio.open_unix_connection(str(path), limit=LARGEST_EVENT)
        with closing(writer):
            yield reader, writer


class _Closed(EngineError):
    """The process closed the connection, or died."""


async def _status_when_loaded(reader: asyncio.StreamReader) -> StatusEvent | None:
    while event := await read_event(reader):
        if event.type == StatusEvent.type:
            status = StatusEvent.from_event(event)
            if status.state == EngineState.READY:
                return status
            if status.state == EngineState.FAILED:
                raise EngineError(
                    _("the engine cannot be used: {message}").format(message=status.message)
                )
    return None


def _pid_of_peer(writer: asyncio.StreamWriter) -> int:
    """The process that listens at the other end."""
    size = struct.calcsize("3i")
    credentials = writer.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, size
    )
    pid: int = struct.unpack("3i", credentials)[0]
    return pid


async def _send(event: Event, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(SILENT_S):
            await async_write_event(event, writer)
    except TimeoutError as error:
        raise _hung() from error


async def _next(reader: asyncio.StreamReader) -> Event:
    """The next event. Raises EngineError for an `error`, and if none comes."""
    try:
        async with asyncio.timeout(SILENT_S):
            event = await read_event(reader)
    except TimeoutError as error:
        raise _hung() from error
    if event is None:
        raise _Closed(_("the engine process closed the connection"))
    if event.type == "error":
        raise EngineError(
            _("the engine failed: {reason}").format(reason=str(event.data.get("text"))[:1000])
        )
    return event


async def _until_worked(reader: asyncio.StreamReader, sound_s: float, before_s: float) -> float:
    """Until the engine has worked through about this much of the sound; the seconds that it
    reported last, which are `before_s` at the start."""
    while before_s < sound_s - PROGRESS_S:
        event = await _next(reader)
        if event.type == Progress.type:
            before_s = float(Progress.from_event(event).audio_s)
    return before_s


def _hung() -> EngineLost:
    return EngineLost(
        _(
            "the engine gave no sign for {silent_s:.0f} s: if the next dictation hangs, too, "
            "it is restarted by itself"
        ).format(silent_s=SILENT_S)
    )
