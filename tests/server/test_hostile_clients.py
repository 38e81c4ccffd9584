"""`dictate serve` among clients that are slow, silent, huge, lying or many: each costs itself its
connection, and nobody else anything."""

import asyncio
import contextlib
import io
import time
from pathlib import Path

import pytest
from wyoming.asr import Transcript
from wyoming.audio import AudioStop
from wyoming.event import Event, async_write_event, write_event
from wyoming.info import Describe

from dictate.engines.protocol import LARGEST_EVENT, Token, WatchStatus, read_event
from dictate.events import RATE
from dictate.server import server as serve_module
from dictate.server.server import MAX_STRANGERS
from tests.lab.engine import until
from tests.lab.serve_clients import TOKEN, answer, connected, heard, hosted, say, spoken
from tests.lab.serving import LINE


def event_to_bytes(event: Event) -> bytes:
    raw = io.BytesIO()
    write_event(event, raw)
    return raw.getvalue()


@pytest.mark.parametrize(
    "first",
    [
        Describe().event(),
        Token("").event(),
        Token("a token that somebody guessed").event(),
        Token(TOKEN + "é").event(),
        Event(Token.type, {"token": 42}),
        Event(Token.type),
        WatchStatus().event(),
        Event("x" * 1_000_000),
    ],
    ids=lambda event: f"{event.type[:20]} {event.data}",
)
def test_without_the_token_there_is_no_answer_of_any_kind(tmp_path: Path, first: Event) -> None:
    async def main() -> None:
        async with hosted(tmp_path, TOKEN) as (_, path):
            assert await answer(path, first, Token(TOKEN).event(), Describe().event()) == b""

    asyncio.run(main())


@pytest.mark.parametrize("first", [[Token(TOKEN).event()], []], ids=["token", "none"])
def test_a_silent_client_is_disconnected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: list[Event]
) -> None:
    monkeypatch.setattr(serve_module, "FIRST_EVENT_S", 0.2)

    async def main() -> None:
        async with hosted(tmp_path, TOKEN if first else "") as (host, path):
            assert await answer(path) == b""
            host.idle_s = 0.2
            assert b'"error"' not in await answer(path, *first, Describe().event())
            # Also in the middle of an utterance: its connection uses up one of the places.
            assert b'"transcript"' not in await answer(path, *first, *spoken()[:-1])

    asyncio.run(main())


@pytest.mark.parametrize("token", [TOKEN, ""], ids=["token", "none"])
@pytest.mark.parametrize(
    "first",
    [b"", b"x" * 100_000, b'{"type": "dictate-token", "data_length": 4000000}\n' + b" " * 100_000],
    ids=["nothing", "a line without end", "half an event"],
)
def test_strangers_take_no_place_of_clients(tmp_path: Path, first: bytes, token: str) -> None:
    async def main() -> None:
        async with hosted(tmp_path, token) as (host, path):
            strangers = [
                await asyncio.open_unix_connection(str(path)) for _ in range(2 * MAX_STRANGERS)
            ]
            for _, writer in strangers:
                writer.write(first)
            await asyncio.sleep(0.1)
            assert len(host._strangers) <= MAX_STRANGERS
            assert not host._clients
            async with connected(path) as client:
                await say(client, *([Token(token).event()] if token else []), *spoken())
                await heard(client, "transcript")
                big = Event("dictate-hotwords", {"hotwords": [], "filler": "x" * 1_000_000})
                await say(client, big, Describe().event())
                await heard(client, "info")
            for _, writer in strangers:
                writer.transport.abort()

    asyncio.run(main())


def test_a_client_that_reads_no_answer_is_disconnected_and_others_are_served(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with hosted(tmp_path) as (host, path):
            host.idle_s = 1.0
            reader, writer = await asyncio.open_unix_connection(str(path), limit=1)
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(event_to_bytes(Describe().event()) * 20_000)
            await until(lambda: host._clients)
            async with connected(path) as client:
                await say(client, *spoken())
                await heard(client, "transcript")
            await until(lambda: not host._clients)
            writer.transport.abort()

    asyncio.run(main())


def test_a_client_that_drips_is_disconnected(tmp_path: Path) -> None:
    """Each byte comes in time, the event does not."""

    async def main() -> None:
        async with hosted(tmp_path) as (host, path):
            host.idle_s = 0.5
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(event_to_bytes(Describe().event()))
            assert await read_event(reader)
            began = time.monotonic()
            with contextlib.suppress(OSError):
                for byte in event_to_bytes(Event("ping", {"text": "x" * 1000})):
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.05)
            assert time.monotonic() - began < 20
            assert not host._clients
            writer.transport.abort()

    asyncio.run(main())


def test_a_client_that_is_not_idle_stays_connected(tmp_path: Path) -> None:
    async def main() -> None:
        async with hosted(tmp_path) as (host, path):
            host.idle_s = 1.0
            async with connected(path) as client:
                for event in spoken(3):
                    await say(client, event)
                    await asyncio.sleep(0.05)
                transcript, _ = await heard(client, "transcript")
                assert Transcript.from_event(transcript).text == LINE

    asyncio.run(main())


def test_one_client_too_many_is_refused_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "MAX_CLIENTS", 2)

    async def main() -> None:
        async with hosted(tmp_path) as (_, path):
            async with connected(path) as one, connected(path) as two:
                for client in (one, two):
                    await say(client, Describe().event())
                    await heard(client, "info")
                assert await answer(path, Describe().event()) == b""
                await say(two, *spoken())
                await heard(two, "transcript")
            await asyncio.sleep(0.1)
            async with connected(path) as three:
                await say(three, Describe().event())
                await heard(three, "info")

    asyncio.run(main())


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type": "describe", "data_length": 100000000}\n',
        b'{"type": "audio-chunk", "payload_length": 100000000}\n',
        b" " * (LARGEST_EVENT + 70_000),
        b"\n",
    ],
    ids=["data", "payload", "no end", "no event"],
)
def test_an_event_too_large_ends_the_connection_not_the_server(tmp_path: Path, raw: bytes) -> None:
    async def main() -> None:
        async with hosted(tmp_path) as (_, path):
            reader, writer = await asyncio.open_unix_connection(str(path))
            with contextlib.suppress(OSError):
                writer.write(raw)
                await writer.drain()
                assert await reader.read() == b""
            writer.transport.abort()
            reader, writer = await asyncio.open_unix_connection(str(path))
            await async_write_event(Describe().event(), writer)
            event = await read_event(reader)
            assert event is not None
            assert event.type == "info"
            writer.transport.abort()

    asyncio.run(main())


@pytest.mark.parametrize(
    "format_",
    [(1, 2, 1), (10**9, 2, 1), (RATE, 8, 1), (RATE, 2, 10**6), (-1, -1, -1), ("16k", 2, 1)],
    ids=str,
)
def test_sound_of_a_format_that_cannot_be_costs_its_sender_an_error(
    tmp_path: Path, format_: tuple[int, int, int]
) -> None:
    """One hertz would be resampled to sixteen thousand times its size."""
    rate, width, channels = format_
    sound = {"rate": rate, "width": width, "channels": channels}

    async def main() -> None:
        async with hosted(tmp_path) as (_, path):
            lie = Event("audio-chunk", sound, b"\1" * 1_000_000)
            said = await answer(path, Event("audio-start", sound), lie, AudioStop().event())
            assert said.count(b'"error"') == 1
            assert b'"transcript"' not in said
            async with connected(path) as client:
                await say(client, *spoken())
                await heard(client, "transcript")

    asyncio.run(main())
