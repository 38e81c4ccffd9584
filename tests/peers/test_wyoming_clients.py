"""`dictate serve` with clients that are not ours: the benchmark `wyoming-bench`, and the client of
the package `wyoming`, which Home Assistant uses.

`make peers` installs them and runs this; `make test` does not.
"""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event

from bench.hearing_speech import LIBRIVOX, RECORDINGS, recordings, spoken
from dictate.events import RATE, Samples, pcm_from_samples
from tests.lab.serving import Serving
from tests.lab.whisper import free_port

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

SHORT = (LIBRIVOX[1], LIBRIVOX[4])
"""Two sentences of three seconds."""


@pytest.fixture(scope="module")
def address(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """PocketSphinx, served at a port."""
    address = f"127.0.0.1:{free_port()}"
    folder = tmp_path_factory.mktemp("serve")
    with Serving(folder, "--tcp", address, engine="pocketsphinx"):
        yield address


def benchmark(*words: str) -> subprocess.CompletedProcess[str]:
    """`wyoming-bench` with these words."""
    command = "import sys; from wyoming_bench.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", command, *words], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def corpus(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings with their texts, as the benchmark reads them."""
    folder = tmp_path_factory.mktemp("corpus")
    said = dict(zip(LIBRIVOX, (clip.text for clip in recordings().clips[-5:]), strict=True))
    for name in SHORT:
        copy = shutil.copy(RECORDINGS / name, folder)
        Path(copy).with_suffix(".txt").write_text(said[name])
    return folder


def test_the_benchmark_finds_the_service(address: str) -> None:
    done = benchmark("info", address)
    assert done.returncode == 0, done.stderr
    assert "asr  dictate (transcript streaming)" in done.stdout
    assert "model pocketsphinx [en]" in done.stdout


def test_the_benchmark_gets_each_text_in_both_modes(address: str, corpus: Path) -> None:
    done = benchmark(
        *("stt", address, "--corpus", str(corpus), "--rounds", "1", "--warmup", "0", "-v")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"\[(\w+)\] ok=(\d) fail=(\d)", done.stdout) == [
        ("non_streaming", "2", "0"),
        ("streaming", "2", "0"),
    ]
    assert done.stdout.count("TTFT (ms)") == 2, "no text while the user speaks"
    rates = [float(rate) for rate in re.findall(r"Accuracy +WER=([\d.]+)%", done.stdout)]
    assert len(rates) == 2
    assert rates[0] == rates[1] < 50


def test_the_benchmark_shows_why_a_language_is_refused(address: str, corpus: Path) -> None:
    words = ("--rounds", "1", "--warmup", "0", "-v", "--mode", "non_streaming")
    done = benchmark(
        "stt", address, "--corpus", str(corpus), "--config", '{"language":"de"}', *words
    )
    assert done.returncode == 1
    assert done.stdout.count("server error (Unavailable): PocketSphinx knows English only") == 2


async def answers(address: str, sound: Samples, *names: str) -> list[Event]:
    """All events that a client gets for this sound."""
    found = []
    async with AsyncClient.from_uri(f"tcp://{address}", read_timeout=60.0) as client:
        transcribe = Transcribe(language="en", transcript_names=list(names) or None)
        await client.write_event(transcribe.event())
        await client.write_event(AudioStart(RATE, 2, 1).event())
        pcm = pcm_from_samples(sound)
        for at in range(0, len(pcm), 2048):
            await client.write_event(AudioChunk(RATE, 2, 1, pcm[at : at + 2048]).event())
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            found.append(event)
            if event.type == "transcript-stop":
                return found
    raise AssertionError(f"it hung up after {found}")


def test_the_text_comes_in_pieces_that_add_up(address: str) -> None:
    events = asyncio.run(answers(address, recordings().clips[4].samples))
    kinds = [event.type for event in events]
    pieces = [str(event.data["text"]) for event in events if event.type == "transcript-chunk"]
    assert kinds == ["transcript-start", *("transcript-chunk" for _ in pieces), *kinds[-2:]]
    assert kinds[-2:] == ["transcript", "transcript-stop"]
    assert len(pieces) > 1
    assert "".join(pieces) == events[-2].data["text"]


def test_names_reach_the_engine(address: str) -> None:
    (clip,) = [clip for clip in spoken()[1].clips if clip.text.startswith("I asked Claude Code")]
    plain, boosted = (
        asyncio.run(answers(address, clip.samples, *names))[-2].data["text"]
        for names in ((), ("Claude Code",))
    )
    assert "claude code" not in plain.lower()
    assert "claude code" in boosted.lower()
