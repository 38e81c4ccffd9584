"""Clients of `dictate serve`, well-behaved and not, and the server in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event, async_write_event

from dictate.config.schema import EngineSettings
from dictate.engines.scripted import ScriptedEngine
from dictate.events import RATE
from dictate.server.server import PublicServer
from tests.lab.engine import loud, until
from tests.lab.scripted import script
from tests.lab.serving import BOOT_S, LINE

TOKEN = "a token that nobody guesses"


def connected(path: Path) -> AsyncClient:
    """A client as third-party programs use it; a context manager."""
    return AsyncClient.from_uri(f"unix://{path}", read_timeout=20.0)


async def say(client: AsyncClient, *events: Event) -> None:
    for event in events:
        await client.write_event(event)


def spoken(seconds: float = 1.0) -> list[Event]:
    return [
        Transcribe().event(),
        AudioStart(RATE, 2, 1).event(),
        *(AudioChunk(RATE, 2, 1, loud(0.1)).event() for _ in range(round(seconds * 10))),
        AudioStop().event(),
    ]


async def heard(client: AsyncClient, kind: str) -> tuple[Event, list[Event]]:
    """The first event of this kind, and all events until then."""
    came = []
    while event := await client.read_event():
        came.append(event)
        if event.type == kind:
            return event, came
    raise AssertionError(f"no {kind}, but {[event.type for event in came]}")


@asynccontextmanager
async def hosted(folder: Path, token: str = "") -> AsyncIterator[tuple[PublicServer, Path]]:
    """The server in this loop, so that a test can change its limits."""
    settings = EngineSettings(use=f"scripted:{script(folder / 'script', LINE)}")
    host = PublicServer(settings, token)
    # Loaded by hand: a server closes the network of its process, and this is the tests' process.
    host.engine = ScriptedEngine(settings)
    await asyncio.to_thread(host.engine.load)
    path = folder / "h"
    server = await asyncio.get_running_loop().create_unix_server(host.protocol, str(path))
    async with asyncio.timeout(BOOT_S):
        try:
            yield host, path
        finally:
            server.close()
            await until(lambda: not host._clients and not host._strangers)
            host._thread.shutdown()


async def answer(path: Path, *events: Event) -> bytes:
    """Everything that comes back for these events."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        for event in events:
            await async_write_event(event, writer)
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.transport.abort()
