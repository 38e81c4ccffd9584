"""The engine process: one model, one thread that runs it, and a Wyoming server before it.

    python -m dictate.engines.worker --engine NAME[:ARG] --socket PATH [--settings JSON]

It serves before the model is loaded, so that nobody has to wait to begin: sound stays in the
socket until the engine's thread comes to it. Every call to the engine is made on that one thread,
in the order asked; a connection has at most one call under way, so a fast client is slowed by its
own socket and no queue can grow. The process ends when its standard input does: it dies with its
parent, even when the engine's thread hangs for ever.
"""

import argparse
import asyncio
import contextlib
import ctypes
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from wyoming.asr import Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.ping import Ping, Pong

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine, Utterance
from dictate.engines.convert import Converter
from dictate.engines.protocol import (
    HOTWORDS,
    LARGEST_EVENT,
    BadEvent,
    BeginUtterance,
    Cancel,
    EngineState,
    PartialText,
    Progress,
    StatusEvent,
    Timings,
    UnusableTerms,
    WatchStatus,
    hotwords_from_event,
    read_event,
)
from dictate.engines.sandbox import close_network
from dictate.engines.wyoming_compat import TranscriptChunker, info_of, terms_of
from dictate.errors import DictateError, EngineError
from dictate.events import RATE
from dictate.hotwords.model import Hotwords

log = logging.getLogger(__name__)

PROGRESS_S = 0.25
"""`dictate-progress` is sent each time so much more sound was worked through."""

GONE_S = 0.05
"""So often is looked whether the client is still there, while an utterance is finished."""

T = TypeVar("T")


class Server:
    """What all connections share: the engine, its thread, and who watches it."""

    idle_s: float | None = None
    """A client that sends nothing for so many seconds, or takes nothing, is let go."""

    def __init__(self, settings: EngineSettings, excluded: Collection[str] = ()) -> None:
        self.settings = settings
        self._excluded = excluded
        self.status = StatusEvent(state=EngineState.LOADING, name=settings.use)
        self.watchers: set[ClientConnection] = set()
        self.engine: Engine | None = None
        """Set on its thread, where what was asked meanwhile comes right behind `load`."""
        self._thread = ThreadPoolExecutor(1, "engine")
        self._reachable = ""
        """Why a local engine has a network all the same."""

    async def on_thread(self, call: Callable[[], T]) -> T:
        """Run `call` on the engine's thread, behind all that was asked before. An OSError of the
        engine is an EngineError, as one of ours means that the client left."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except OSError as error:
            raise EngineError(f"{type(error).__name__}: {error}") from error

    async def load(self) -> None:
        """Choose and load the engine; all who watch are told of both."""
        loop = asyncio.get_running_loop()

        def chosen() -> None:
            asyncio.run_coroutine_threadsafe(self._tell(self.status), loop)

        await self.on_thread(lambda: self._load(chosen))
        await self._tell(self.status)

    async def _tell(self, status: StatusEvent) -> None:
        for watcher in list(self.watchers):
            with contextlib.suppress(OSError):
                await watcher.send(status.event())

    def _load(self, chosen: Callable[[], None]) -> None:
        # All of it on this thread, not on the loop: the sound that waits for the thread must find
        # the engine, or why there is none.
        began = time.monotonic()
        try:
            engine = ENGINES.choose(self.settings.use, self.settings, self._excluded)
            self.status = StatusEvent(
                state=EngineState.LOADING,
                name=engine.name,
                languages=list(engine.languages),
                local=engine.local,
            )
            # Before it loads: who dies of that has to be known by name.
            chosen()
            if engine.local:
                # Before, too: the file that it loads is what could do most harm.
                self._reachable = close_network()
            engine.load()
        except Exception as error:
            log.debug("the engine does not load", exc_info=True)
            self.status = replace(self.status, state=EngineState.FAILED, message=says(error))
            return
        self.engine = engine
        self.status = StatusEvent(
            state=EngineState.READY,
            name=engine.name,
            languages=list(engine.languages),
            streams=engine.streams,
            hotwords_as=engine.hotwords_as,
            load_s=round(time.monotonic() - began, 3),
            memory_mb=_memory_mb(),
            local=engine.local,
            **self._facts(engine),
        )

    def _facts(self, engine: Engine) -> dict[str, Any]:
        facts = asdict(engine.facts)
        if self._reachable:
            facts["notes"] = (*facts["notes"], self._reachable)
        return facts

    def loaded(self) -> Engine:
        """The engine; called on its thread, so behind `load`. Raises DictateError."""
        if self.engine is None:
            raise DictateError(self.status.message or "the engine did not load")
        return self.engine

    async def serve(self, path: Path) -> None:
        """Serve on a Unix socket at `path`, for this user only, until killed."""
        listener = bind(path)
        server = await asyncio.start_unix_server(self.accept, sock=listener, limit=LARGEST_EVENT)
        loading = asyncio.create_task(self.load())
        async with server:
            await server.serve_forever()
        await loading

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, until it leaves."""
        await ClientConnection(self, reader, writer).run()


class ClientConnection:
    """One client. It may send one utterance after another."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._hotwords = Hotwords()
        self._over = False
        """The rest of this utterance is not heard: it was answered by an error, or cancelled."""
        self._failed = False
        """It was answered by an error."""
        self._reset()

    def _reset(self) -> None:
        self._ours: BeginUtterance | None = None
        self._language: str | None = None
        self._converter: Converter | None = None
        self._utterance: Utterance | None = None
        self._pieces = TranscriptChunker()
        self._streaming = False
        """Whether a client of another make gets the text in pieces."""
        self._samples = 0
        self._worked_s = 0.0
        self._told_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether an utterance is under way."""
        return self._utterance is not None

    async def send(self, event: Event) -> None:
        async with asyncio.timeout(self._server.idle_s):
            await async_write_event(event, self._writer)

    async def _next(self) -> Event | None:
        async with asyncio.timeout(self._server.idle_s):
            return await read_event(self._reader)

    async def run(self) -> None:
        """Answer until the client leaves; trouble with one event is an `error` to the client."""
        try:
            while event := await self._next():
                try:
                    await self._handle(event)
                except OSError:
                    raise
                except Exception as error:
                    log.debug("%s failed", event.type, exc_info=True)
                    self._over = self._failed = True
                    await self._drop()
                    await self.send(Error(says(error), type(error).__name__).event())
                if event.type == "audio-stop" and self._failed:
                    # Home Assistant takes no notice of an `error`, but of the end.
                    break
        except (OSError, BadEvent) as error:
            log.debug("a client is gone: %s", error)
        finally:
            self._server.watchers.discard(self)
            self._writer.close()
            await self._drop()

    async def _drop(self) -> None:
        utterance = self._utterance
        self._reset()
        if utterance is not None:
            with contextlib.suppress(Exception):
                await self._server.on_thread(utterance.cancel)

    async def _handle(self, event: Event) -> None:
        match event.type:
            case "describe":
                await self.send(info_of(self._server.status).event())
            case "ping":
                await self.send(Pong(Ping.from_event(event).text).event())
            case WatchStatus.type:
                self._server.watchers.add(self)
                await self.send(self._server.status.event())
            case kind if kind == HOTWORDS:
                await self._take_hotwords(event)
            case BeginUtterance.type:
                self._ours = BeginUtterance.from_event(event)
            case "transcribe":
                self._language = event.data.get("language")
                if terms := terms_of(event):
                    self._hotwords = Hotwords(terms)
            case "audio-start":
                self._over = self._failed = False
                start = AudioStart.from_event(event)
                await self._begin(start.rate, start.width, start.channels)
            case "audio-chunk" | "audio-stop" if self._over:
                self._over = event.type == "audio-chunk"
            case "audio-chunk":
                await self._feed(AudioChunk.from_event(event))
            case "audio-stop":
                await self._finish()
            case Cancel.type:
                self._over = True
                await self._drop()
            case _:
                log.debug("nobody here knows %s", event.type)

    async def _take_hotwords(self, event: Event) -> None:
        self._hotwords = hotwords = hotwords_from_event(event)
        if self in self._server.watchers:
            server = self._server
            terms = await server.on_thread(lambda: server.loaded().prepare(hotwords))
            await self.send(UnusableTerms(terms).event())

    async def _begin(self, rate: int, width: int, channels: int) -> None:
        server, hotwords, language = self._server, self._hotwords, self._language
        chunk_ms = 0 if self._ours is None else self._ours.chunk_ms
        if self._utterance is not None:
            await server.on_thread(self._utterance.cancel)
        self._converter = Converter(rate, width, channels)
        self._utterance = await self._work(
            lambda: server.loaded().begin(hotwords, language, chunk_ms)
        )
        await self._tell_progress()

    async def _feed(self, chunk: AudioChunk) -> None:
        if self._utterance is None:
            await self._begin(chunk.rate, chunk.width, chunk.channels)
        utterance, converter = self._utterance, self._converter
        assert utterance is not None
        assert converter is not None
        if (chunk.rate, chunk.width, chunk.channels) != converter.format:
            raise BadEvent("the sound changed its format in the middle")
        samples = converter.convert(chunk.audio)
        self._samples += len(samples)
        text = await self._work(lambda: utterance.feed(samples))
        if text is not None:
            await self._tell_partial(text)
        await self._tell_progress()

    async def _finish(self) -> None:
        if self._utterance is None:
            await self._begin(RATE, 2, 1)
        utterance, converter, ours = self._utterance, self._converter, self._ours
        assert utterance is not None
        assert converter is not None
        began = time.monotonic()
        rest = converter.convert(b"", last=True)
        self._samples += len(rest)

        def finish() -> str:
            if len(rest):
                utterance.feed(rest)
            return utterance.finish()

        gone = asyncio.create_task(self._stop_when_gone(utterance))
        try:
            text = await self._work(finish)
        finally:
            gone.cancel()
        audio_s = self._samples / RATE
        if ours is not None:
            finish_ms = (time.monotonic() - began) * 1000
            rtf = self._worked_s / audio_s if audio_s else 0.0
            effort = asdict(utterance.effort)
            await self.send(Timings(audio_s, round(finish_ms, 1), round(rtf, 4), **effort).event())
        streams = ours is None and self._server.status.streams
        if streams:
            await self._stream(self._pieces.rest(text))
        await self.send(Transcript(text).event())
        if streams:
            await self.send(TranscriptStop().event())
        self._reset()

    async def _tell_partial(self, text: str) -> None:
        if self._ours is None:
            if piece := self._pieces.more(text):
                await self._stream(piece)
        elif self._ours.partials:
            await self.send(PartialText(self._ours.dictation, text).event())

    async def _stream(self, piece: str) -> None:
        if not self._streaming:
            self._streaming = True
            await self.send(TranscriptStart(language=self._language).event())
        if piece:
            await self.send(TranscriptChunk(piece).event())

    async def _stop_when_gone(self, utterance: Utterance) -> None:
        """Who leaves has cancelled; a client of another make may only have no more to say."""
        while self._ours is None or not self._reader.at_eof():  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(GONE_S)
        utterance.stop()

    async def _work(self, call: Callable[[], T]) -> T:
        def timed() -> T:
            began = time.monotonic()
            try:
                return call()
            finally:
                self._worked_s += time.monotonic() - began

        return await self._server.on_thread(timed)

    async def _tell_progress(self) -> None:
        audio_s = self._samples / RATE
        if self._ours is not None and (audio_s == 0 or audio_s - self._told_s >= PROGRESS_S):
            self._told_s = audio_s
            await self.send(Progress(audio_s).event())


def bind(path: Path) -> socket.socket:
    """A listening socket that never was open to others: made aside, then put in the old one's
    place."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(aside))
    finally:
        os.umask(before)
    listener.listen(64)
    aside.replace(path)
    return listener


def _memory_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def says(error: Exception) -> str:
    """An error as its process tells of it."""
    return str(error) if isinstance(error, DictateError) else f"{type(error).__name__}: {error}"


def die_with_parent() -> None:
    """Have the kernel end this process with its parent, whatever it is at."""
    set_parent_death_signal = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _die_with_input() -> None:
    """End with the parent: at the end of standard input, and by a signal of the kernel in case a
    hung engine holds the interpreter's lock."""
    die_with_parent()

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        os._exit(0)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def main() -> None:
    """Run one engine until the parent is gone."""
    parser = argparse.ArgumentParser(prog="dictate.engines.worker", description=main.__doc__)
    parser.add_argument("--engine", required=True, metavar="NAME[:ARG]")
    parser.add_argument("--socket", required=True, type=Path, metavar="PATH")
    parser.add_argument("--settings", default="{}", metavar="JSON", help="of EngineSettings")
    parser.add_argument("--exclude", default=[], action="append", metavar="NAME", help="for auto")
    arguments = parser.parse_args()
    settings = EngineSettings(**{**json.loads(arguments.settings), "use": arguments.engine})
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_input()
    asyncio.run(Server(settings, arguments.exclude).serve(arguments.socket))


if __name__ == "__main__":
    main()
