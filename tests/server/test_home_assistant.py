"""`dictate serve` used as Home Assistant uses a Wyoming server."""

import asyncio
import socket
from pathlib import Path

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info

from dictate.events import RATE
from tests.lab.engine import loud
from tests.lab.serving import LINE, Serving

PATIENCE_S = 40.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


async def talk(uri: str, language: str = "en-US") -> tuple[Info, str]:
    """What Home Assistant does: it asks for `info`, and on a second connection sends the sound of
    a satellite: 16 kHz, 16 bit, mono, in pieces of 1024 samples."""
    async with AsyncClient.from_uri(uri, read_timeout=20.0) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        info = Info.from_event(event)
    async with AsyncClient.from_uri(uri, read_timeout=20.0) as client:
        await client.write_event(Transcribe(language=language).event())
        await client.write_event(AudioStart(RATE, 2, 1).event())
        for _ in range(20):
            await client.write_event(AudioChunk(RATE, 2, 1, loud(1024 / RATE)).event())
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            if Transcript.is_type(event.type):
                return info, Transcript.from_event(event).text
    raise AssertionError("it hung up")


def test_it_gets_the_languages_and_the_text(tmp_path: Path) -> None:
    port = free_port()
    with Serving(tmp_path / "server", "--tcp", f"127.0.0.1:{port}"):
        info, text = asyncio.run(talk(f"tcp://127.0.0.1:{port}"))
    assert info.asr[0].name == "dictate"
    assert info.asr[0].models[0].languages == ["en"]
    assert text == LINE


def test_a_client_that_asks_for_a_language_that_is_not_there(tmp_path: Path) -> None:
    """Home Assistant waits for a text or for the end; an error alone would keep it waiting."""

    async def main(uri: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(AssertionError, match="it hung up"):
                await talk(uri, "de-DE")
            assert (await talk(uri, "en-GB"))[1] == ""

    port = free_port()
    words = ["--tcp", f"127.0.0.1:{port}"]
    with Serving(tmp_path / "server", *words, engine="pocketsphinx"):
        asyncio.run(main(f"tcp://127.0.0.1:{port}"))


def test_the_option_that_announced_it_is_accepted_and_says_that_it_does_nothing(
    tmp_path: Path,
) -> None:
    port = free_port()
    words = ["--tcp", f"127.0.0.1:{port}", "--zeroconf"]
    with Serving(tmp_path / "server", *words) as server:
        assert "--zeroconf does nothing any more" in server.log
