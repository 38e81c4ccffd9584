"""The engine process, from outside: any Wyoming client can use it, and it dies with its parent."""

import asyncio
import contextlib
import signal
import stat
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from dictate.engines.protocol import Begin, PartialText, Progress, Status, Timings, Watch
from dictate.events import RATE
from tests.lab.engines import loud, script, worker


async def connected(path: Path) -> AsyncClient:
    client = AsyncClient.from_uri(f"unix://{path}", read_timeout=20)
    async with asyncio.timeout(20):
        while True:
            try:
                await client.connect()
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return client


async def read(client: AsyncClient) -> Event:
    event = await client.read_event()
    assert event is not None
    return event


async def send_utterance(client: AsyncClient, pcm: bytes, *format_: int) -> None:
    rate, width, channels = format_ or (RATE, 2, 1)
    await client.write_event(Transcribe(language="en").event())
    await client.write_event(AudioStart(rate, width, channels).event())
    for start in range(0, len(pcm), 3840):
        piece = pcm[start : start + 3840]
        await client.write_event(AudioChunk(rate, width, channels, piece).event())
    await client.write_event(AudioStop().event())


def test_a_plain_wyoming_client_is_served(tmp_path: Path) -> None:
    async def run() -> None:
        client = await connected(path)
        await client.write_event(Describe().event())
        info = Info.from_event(await read(client))
        assert info.asr[0].name == "dictate"
        for line in ("one two three", "four"):
            await send_utterance(client, loud(0.5))
            answer = await read(client)  # nothing of ours comes before it
            assert Transcript.from_event(answer).text == line
        await client.disconnect()

    path = tmp_path / "engine.sock"
    with worker(script(tmp_path, "one two three", "four"), path):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("rate", "width", "channels"), [(48_000, 2, 2), (8_000, 1, 1), (44_100, 4, 1), (16_000, 3, 2)]
)
def test_sound_of_any_format_is_taken(tmp_path: Path, rate: int, width: int, channels: int) -> None:
    async def run() -> None:
        client = await connected(path)
        wave = 0.5 * np.sin(2 * np.pi * 300 * np.arange(rate) / rate)
        samples = np.repeat(wave, channels) * 2.0 ** (8 * width - 1)
        if width == 1:
            pcm = (samples + 128).astype(np.uint8).tobytes()
        elif width == 3:
            pcm = samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        else:
            pcm = samples.astype(f"<i{width}").tobytes()
        await client.write_event(Begin(1).event())
        await send_utterance(client, pcm, rate, width, channels)
        while (event := await read(client)).type != Timings.type:
            assert event.type in (PartialText.type, Progress.type)
        assert Timings.from_event(event).audio_s == pytest.approx(1.0, abs=0.01)
        assert Transcript.from_event(await read(client)).text == "heard"
        await client.disconnect()

    path = tmp_path / "engine.sock"
    with worker(script(tmp_path, "heard"), path):
        asyncio.run(run())


def test_impossible_sound_is_an_error_and_no_more(tmp_path: Path) -> None:
    async def run() -> None:
        client = await connected(path)
        await client.write_event(AudioStart(7, 2, 1).event())
        assert "7 Hz" in Error.from_event(await read(client)).text
        await client.write_event(AudioStart(RATE, 2, 1).event())
        await client.write_event(AudioStop().event())
        assert Transcript.from_event(await read(client)).text == ""
        await client.disconnect()

    path = tmp_path / "engine.sock"
    with worker(script(tmp_path, "heard"), path):
        asyncio.run(run())


@pytest.mark.parametrize(
    "junk",
    [
        b"nonsense\n",
        b"[]\n",
        b'{"type": 7}\n',
        b'{"type": "x", "payload_length": 9999999999}\n',
        b'{"type": "transcribe", "data_length": -1}\n',
        b"\xff" * 5_000_000,
    ],
    ids=["text", "list", "no type", "large", "negative", "endless"],
)
def test_junk_ends_that_connection_only(tmp_path: Path, junk: bytes) -> None:
    async def run() -> None:
        client = await connected(path)
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(junk)
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):  # it did not read all of it
                assert await reader.read() == b""
        writer.close()
        await send_utterance(client, loud(0.3))
        assert Transcript.from_event(await read(client)).text == "still here"
        await client.disconnect()

    path = tmp_path / "engine.sock"
    with worker(script(tmp_path, "still here"), path):
        asyncio.run(run())


def test_it_serves_while_it_loads(tmp_path: Path) -> None:
    async def run() -> None:
        watcher, client = await connected(path), await connected(path)
        await watcher.write_event(Watch().event())
        assert Status.from_event(await read(watcher)).state == "loading"
        await send_utterance(client, loud(1.0))
        assert Transcript.from_event(await read(client)).text == "early"
        status = Status.from_event(await read(watcher))
        assert (status.state, status.name) == ("ready", "scripted")
        assert status.load_s >= 1
        assert status.memory_mb > 1
        await watcher.disconnect()
        await client.disconnect()

    path = tmp_path / "engine.sock"
    with worker(script(tmp_path, "!loading 1", "early"), path):
        asyncio.run(run())


def test_only_this_user_may_enter(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    path.write_text("left behind")
    with worker(script(tmp_path, "text"), path):
        wait_for_socket(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def wait_for_socket(path: Path) -> None:
    for _ in range(1000):
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens at {path}")


def test_it_ends_with_its_input_even_if_it_hangs(tmp_path: Path) -> None:
    async def run() -> None:
        client = await connected(path)
        await send_utterance(client, loud(0.5))
        await client.disconnect()

    path = tmp_path / "engine.sock"
    with worker(script(tmp_path, "!hang", "text"), path) as process:
        asyncio.run(run())
        process.send_signal(signal.SIGINT)
        with pytest.raises(Exception, match="timed out"):
            process.wait(0.5)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(5)
        process.stdin = None


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "dictate.engines.worker"]
    command += ["--engine", script(tmp_path, "text"), "--socket", str(path)]
    with Popen([sys.executable, "-c", program, *command], stdout=PIPE) as parent:
        assert parent.stdout is not None
        child = Path(f"/proc/{int(parent.stdout.readline())}/cmdline")
        wait_for_socket(path)
        assert child.exists()
        parent.kill()
    for _ in range(250):
        if not child.exists() or child.read_bytes() == b"":
            return
        time.sleep(0.02)
    raise AssertionError("the engine process outlived its parent")
