"""The engine process from outside, as any Wyoming client sees it."""

import asyncio
import json
import os
import signal
import socket
import stat
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from wyoming.asr import Transcribe, TranscriptStart
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping

from dictate.engines.hotword_events import hotwords_event
from dictate.engines.protocol import (
    LARGEST_EVENT,
    BeginUtterance,
    Cancel,
    UnusableTerms,
    WatchStatus,
)
from dictate.engines.worker import bind
from dictate.engines.wyoming_compat import TranscriptChunker, terms_of
from dictate.events import RATE
from dictate.hotwords.model import Hotwords, Term
from tests.lab.engine import PATIENCE_S, Worker, loud, until

LINE = "one two three four"
STREAMING = ("transcript-start", "transcript-chunk", "transcript-stop")


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await main()

    asyncio.run(in_time())


@asynccontextmanager
async def client(worker: Worker) -> AsyncIterator[AsyncClient]:
    one = await worker.connect()
    try:
        yield one
    finally:
        await one.disconnect()


async def speak(
    to: AsyncClient, seconds: float = 1.5, rate: int = RATE, channels: int = 1, pieces: int = 5
) -> None:
    """One utterance, as any client sends it."""
    await to.write_event(Transcribe(language="en").event())
    await to.write_event(AudioStart(rate, 2, channels).event())
    for _ in range(pieces):
        pcm = loud(seconds / pieces, rate=rate, channels=channels)
        await to.write_event(AudioChunk(rate, 2, channels, pcm).event())
    await to.write_event(AudioStop().event())


async def answer(of: AsyncClient) -> Event:
    """The next event, except Wyoming's own for a text that grows."""
    while event := await of.read_event():
        if event.type not in STREAMING:
            return event
    raise AssertionError("the engine process closed the connection")


async def status(of: AsyncClient) -> Event:
    await of.write_event(WatchStatus().event())
    return await answer(of)


def test_a_client_of_another_make(tmp_path: Path) -> None:
    """Nothing but what the Wyoming protocol has: no event of ours, one answer for each."""

    async def main() -> None:
        with Worker(tmp_path, LINE, "second") as worker:
            async with client(worker) as plain:
                await speak(plain)
                first = await answer(plain)
                assert (first.type, first.data["text"]) == ("transcript", LINE)
                await plain.write_event(Describe().event())
                info = Info.from_event(await answer(plain))
                (program,) = info.asr
                assert program.installed
                assert program.supports_transcript_streaming
                assert program.models[0].name == "scripted"
                assert program.models[0].languages == ["en"]
                await speak(plain, rate=48_000, channels=2)
                assert (await answer(plain)).data["text"] == "second"
                await plain.write_event(Ping("still there").event())
                assert (await answer(plain)).data == {"text": "still there"}

    run(main)


def test_a_client_that_shows_the_text_while_it_grows(tmp_path: Path) -> None:
    """Wyoming's own events: a beginning, pieces that add up to the text, the text, and an end."""

    async def main() -> None:
        with Worker(tmp_path, LINE, "so") as worker:
            async with client(worker) as plain:
                for text, seconds, pieces in ((LINE, 2.5, 3), ("so", 0.5, 1), ("", 0.0, 0)):
                    await speak(plain, seconds, pieces=round(10 * seconds))
                    came: list[Event] = []
                    while not came or came[-1].type != "transcript-stop":
                        event = await plain.read_event()
                        assert event is not None
                        came.append(event)
                    first, *chunks, whole, _ = came
                    assert TranscriptStart.from_event(first).language == "en"
                    assert {event.type for event in chunks} <= {"transcript-chunk"}
                    assert len(chunks) >= pieces
                    assert "".join(event.data["text"] for event in chunks) == text
                    assert (whole.type, whole.data["text"]) == ("transcript", text)

    run(main)


@pytest.mark.parametrize(
    ("partials", "text", "pieces"),
    [
        (["one", "one two", "one two three"], "one two three", ["one", " two", " three"]),
        (["one", "won two", "won two three", "won two three"], "won two", ["won two"]),
        (["a b c", "a b c", "a x c d"], "a x c d", ["a b"]),
        (["a b", "a b"], "", ["a"]),
        ([], "all at once", ["all at once"]),
        ([], "", []),
        (["日本語", "日本語で", "日本語です"], "日本語です", ["日本語です"]),
    ],
)
def test_pieces_that_are_not_taken_back(partials: list[str], text: str, pieces: list[str]) -> None:
    """If an engine does, the chunks end; the final transcript counts."""
    growing = TranscriptChunker()
    out = [*map(growing.more, partials), growing.rest(text)]
    assert [piece for piece in out if piece] == pieces


def test_sound_of_any_format_lasts_as_long_as_it_lasts(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, LINE) as worker:
            for rate, channels in ((RATE, 1), (48_000, 2), (8_000, 1)):
                async with client(worker) as ours:
                    await ours.write_event(BeginUtterance(1, partials=False).event())
                    await speak(ours, 1.5, rate, channels)
                    while (event := await answer(ours)).type != "dictate-timings":
                        assert event.type == "dictate-progress"
                    assert event.data["audio_s"] == pytest.approx(1.5, abs=0.001)

    run(main)


def test_sound_without_a_beginning_and_an_end_without_sound(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, LINE) as worker:
            async with client(worker) as plain:
                await plain.write_event(AudioChunk(RATE, 2, 1, loud(0.5)).event())
                await plain.write_event(AudioStop().event())
                assert (await answer(plain)).data["text"] == LINE
                await plain.write_event(AudioStop().event())
                assert (await answer(plain)).data["text"] == ""

    run(main)


def test_after_an_error_the_connection_ends_when_all_was_said(tmp_path: Path) -> None:

    async def main() -> None:
        with Worker(tmp_path, "!raise no room feed", LINE) as worker:
            for wrong in ("RuntimeError", "384000 Hz"):
                async with client(worker) as plain:
                    if wrong == "RuntimeError":
                        await speak(plain)
                    else:
                        await speak(plain, rate=10, seconds=5)
                    failed = await answer(plain)
                    assert failed.type == "error"
                    assert wrong in failed.data["text"]
                    # Home Assistant knows no error, but an end.
                    assert await plain.read_event() is None
            async with client(worker) as plain:
                await speak(plain)
                assert (await answer(plain)).data["text"] == LINE
                await plain.write_event(Ping().event())
                assert (await answer(plain)).type == "pong"

    run(main)


def test_an_engine_that_cannot_read_a_file_is_no_client_that_left(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, "!unreadable", LINE) as worker:
            async with client(worker) as plain:
                await speak(plain)
                failed = await answer(plain)
                assert failed.type == "error"
                assert "IsADirectoryError" in failed.data["text"]
                assert await plain.read_event() is None

    run(main)


def test_after_a_cancel_nothing_comes(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, "first", "second") as worker:
            async with client(worker) as plain:
                await plain.write_event(AudioStart(RATE, 2, 1).event())
                await plain.write_event(AudioChunk(RATE, 2, 1, loud(0.5)).event())
                await plain.write_event(Cancel().event())
                await plain.write_event(AudioChunk(RATE, 2, 1, loud(0.5)).event())
                await plain.write_event(AudioStop().event())
                await speak(plain)
                assert (await answer(plain)).data["text"] == "second"

    run(main)


def test_who_leaves_while_the_text_is_made_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, "!slow 15", "not wanted", LINE) as worker:
            async with client(worker) as ours:
                await ours.write_event(BeginUtterance(1, partials=False).event())
                await speak(ours)
                while (await answer(ours)).data.get("audio_s") != 1.5:
                    pass
            began = asyncio.get_running_loop().time()
            async with client(worker) as plain:
                await speak(plain)
                assert (await answer(plain)).data["text"] == LINE
            assert asyncio.get_running_loop().time() - began < 10

    run(main)


@pytest.mark.fault("S15")
def test_the_socket_is_for_this_user_alone_and_takes_the_place_of_an_old_one(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(tmp_path / "e"))
        old = (tmp_path / "e").stat().st_ino
        before = os.umask(0)
        try:
            worker = Worker(tmp_path, LINE)
        finally:
            os.umask(before)
        with worker:
            async with client(worker) as plain:
                await speak(plain)
                assert (await answer(plain)).data["text"] == LINE
            found = worker.socket.stat()
            assert stat.S_IMODE(found.st_mode) == 0o600
            assert found.st_ino != old
            assert not list(tmp_path.glob(".*"))  # noqa: ASYNC240

    run(main)


def test_a_path_may_be_as_long_as_the_kernel_allows_and_a_longer_one_is_named(
    tmp_path: Path,
) -> None:
    room = 107 - len(f"{tmp_path}/")
    longest = tmp_path / ("x" * room)
    with bind(longest):
        assert longest.is_socket()
    too_long = tmp_path / ("d" * room) / "engine.sock"
    too_long.parent.mkdir()
    with pytest.raises(OSError, match=f"^{too_long}: AF_UNIX path too long"):
        bind(too_long)


def test_it_answers_while_the_model_loads(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, "!loading 1.5", LINE) as worker:
            async with client(worker) as watcher, client(worker) as plain:
                event = await status(watcher)
                while not event.data["languages"]:  # it is not chosen yet
                    event = await answer(watcher)
                assert event.data["state"] == "loading"
                await speak(plain)
                await watcher.write_event(Describe().event())
                while (event := await answer(watcher)).type != "info":
                    assert event.data["state"] == "loading"
                (program,) = Info.from_event(event).asr
                assert program.description is not None
                assert "loading" in program.description
                # Who asks only once, as Home Assistant does, would offer no other.
                assert program.models[0].languages == ["en"]
                assert (await answer(plain)).data["text"] == LINE
                assert (await answer(watcher)).data["state"] == "ready"

    run(main)


def test_an_engine_that_cannot_load_says_why(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, "# nothing to say") as worker:
            async with client(worker) as watcher, client(worker) as plain:
                event = await status(watcher)
                while event.data["state"] == "loading":
                    event = await answer(watcher)
                assert event.data["state"] == "failed"
                assert "has no line to speak" in event.data["message"]
                await speak(plain)
                failed = await answer(plain)
                assert failed.type == "error"
                assert "has no line to speak" in failed.data["text"]

    run(main)


def test_hotwords_are_taken_in_ahead(tmp_path: Path) -> None:
    """Only a client that watches gets an answer to it."""

    async def main() -> None:
        words = hotwords_event(Hotwords((Term("Claude Code"),)))
        with Worker(tmp_path, LINE) as worker:
            async with client(worker) as watcher, client(worker) as plain:
                await plain.write_event(words)
                await speak(plain)
                assert (await answer(plain)).type == "transcript"
                assert (await status(watcher)).type == "dictate-status"
                await watcher.write_event(words)
                assert UnusableTerms.from_event(await answer(watcher)).terms == []
                await watcher.write_event(Event("dictate-hotwords", {"hotwords": 7}))
                assert (await answer(watcher)).type == "error"

    run(main)


def test_names_and_terms_of_other_makes() -> None:
    event = Transcribe(transcript_names=["Ada"], transcript_terms=["turbine"]).event()
    name, term = terms_of(event)
    assert (name.spelling, term.spelling) == ("Ada", "turbine")
    assert name.weight > term.weight
    assert terms_of(Transcribe().event()) == ()


@pytest.mark.parametrize("names", ["Ada", 7, {"a": 1}, [7, None]])
def test_names_that_are_no_list_of_words(tmp_path: Path, names: object) -> None:
    """One word is no list of letters."""
    assert terms_of(Event("transcribe", {"transcript_names": names})) == ()


def nonsense() -> dict[str, bytes]:
    announced = {"type": "audio-chunk", "payload_length": 100 * 1024 * 1024}
    return {
        "junk": os.urandom(5000) + b"\n" + os.urandom(5000),
        "a line without end": b"{" * (LARGEST_EVENT + 1),
        "100 MB announced": json.dumps(announced).encode() + b"\n" + bytes(1_000_000),
        "nothing": b"",
        "half an event": b'{"type": "audio-chunk", "payload_length": 1000}\nabc',
        "left in the middle": b'{"type": "audio-start", "data": {"rate": 16000, "width": 2, '
        b'"channels": 1}}\n{"type": "audio-chunk", "data": {"rate": 16000, "width": 2, '
        b'"channels": 1}, "payload_length": 20000}\n' + loud(0.625),
    }


def test_the_next_client_is_served_whatever_the_last_one_did(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, LINE) as worker:
            await worker.served()
            for what, raw in nonsense().items():
                for rude in (False, True):
                    reader, writer = await asyncio.open_unix_connection(str(worker.socket))
                    writer.write(raw)
                    if rude:  # leaves with a reset instead of an end
                        raw_socket = writer.get_extra_info("socket")
                        linger = struct.pack("ii", 1, 0)
                        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        writer.transport.abort()
                    else:
                        writer.write_eof()
                        with suppress(ConnectionError):
                            assert await reader.read() == b"", what
                        writer.close()
            async with client(worker) as plain:
                await speak(plain)
                assert (await answer(plain)).data["text"] == LINE
            assert worker.process.poll() is None

    run(main)


def test_events_that_make_no_sense_cost_an_error_at_most(tmp_path: Path) -> None:
    async def main() -> None:
        chunk = {"rate": RATE, "width": 2, "channels": 1}
        wrong = [
            Event("audio-start", {}),
            Event("audio-start", chunk | {"rate": "much"}),
            Event("audio-start", chunk | {"width": 2.5}),
            Event("audio-chunk", chunk),
            Event("audio-chunk", {}, loud(0.1)),
            Event("dictate-utterance", {"dictation": "one"}),
            Event("dictate-hotwords", {}),
            Event("transcribe", {"language": 5, "transcript_terms": 5}),
            Event("from-the-future", {"a": 1}, b"abc"),
            Event("ping", {"text": 5}),
        ]
        with Worker(tmp_path, LINE) as worker:
            for event in wrong:
                async with client(worker) as plain:
                    await plain.write_event(event)
                    await speak(plain)
                    while (came := await answer(plain)).type in ("error", "pong"):
                        pass
                    assert (came.type, came.data["text"]) == ("transcript", LINE), event

    run(main)


def test_a_change_of_format_in_the_middle_is_an_error(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, LINE) as worker:
            async with client(worker) as plain:
                await plain.write_event(AudioStart(RATE, 2, 1).event())
                await plain.write_event(AudioChunk(48_000, 2, 2, loud(0.5)).event())
                failed = await answer(plain)
                assert failed.type == "error"
                assert "format" in failed.data["text"]

    run(main)


async def brought_to(place: str, worker: Worker, happened: Path) -> None:
    """Idle, loading or hung; `happened` is where a script notes its faults."""
    async with client(worker) as one:
        if place == "hung":
            await speak(one)
            await until(happened.exists)
        else:
            event = await status(one)
            # Loading may be told twice: when we ask, and by the start itself.
            while (place, event.data["state"]) == ("idle", "loading"):
                event = await answer(one)
            assert event.data["state"] == ("ready" if place == "idle" else "loading")


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        ("idle", [LINE]),
        ("loading", ["!loading 60", LINE]),
        ("hung", ["!hang", LINE]),
    ],
)
def test_it_ends_when_its_standard_input_does(tmp_path: Path, place: str, lines: list[str]) -> None:
    with Worker(tmp_path, *lines) as worker:
        run(lambda: brought_to(place, worker, tmp_path / "script.said"))
        assert worker.process.poll() is None
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        worker.process.wait(timeout=2)
        worker.process.stdin = None


def test_an_interrupt_of_the_terminal_is_for_the_daemon(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, LINE) as worker:
            async with client(worker) as plain:
                await plain.write_event(Ping().event())
                await answer(plain)
                worker.process.send_signal(signal.SIGINT)
                await speak(plain)
                assert (await answer(plain)).data["text"] == LINE

    run(main)
