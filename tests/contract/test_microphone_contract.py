"""What every microphone must do. One added to MICROPHONES needs a voice in `stage`."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dictate.config.schema import MicrophoneSettings
from dictate.errors import MicrophoneError
from dictate.events import AudioChunk
from dictate.microphone import MICROPHONES, Microphone
from dictate.microphone.sound_file import read_sound_file
from tests.lab.hearing import joined, likeness
from tests.lab.processes import children
from tests.lab.pulse import PulseAudio
from tests.lab.voice import SENTENCE, say

pytestmark = pytest.mark.desktop


@dataclass
class Stage:
    """A microphone in front of which somebody can speak."""

    settings: MicrophoneSettings
    recording: Path
    pulse: PulseAudio | None

    def microphone(self) -> Microphone:
        return MICROPHONES.make(self.settings.use.partition(":")[0], self.settings)

    def speak(self) -> None:
        """A file speaks by itself, from its opening on."""
        if self.pulse is not None:
            self.pulse.play(self.recording)


@pytest.fixture(params=sorted(MICROPHONES.table))
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    recording = say(SENTENCE, tmp_path / "speech.wav")
    if request.param == "wav":
        yield Stage(MicrophoneSettings(use=f"wav:{recording}"), recording, None)
        return
    assert request.param == "portaudio", "how does one speak into this microphone?"
    with PulseAudio(tmp_path) as pulse:
        pulse.enter(monkeypatch)
        yield Stage(MicrophoneSettings(use="portaudio"), recording, pulse)


async def listen(microphone: Microphone, seconds: float) -> list[AudioChunk]:
    chunks: list[AudioChunk] = []
    async with asyncio.timeout(seconds + 10):
        while not chunks or chunks[-1].end - chunks[0].at < seconds:
            chunk = await microphone.read()
            if chunk is None:
                break
            chunks.append(chunk)
    return chunks


def test_it_can_work_here(stage: Stage) -> None:
    assert stage.microphone().unavailable_reason() is None


def test_what_is_spoken_is_heard_in_real_time(stage: Stage) -> None:
    async def scenario() -> tuple[str, list[AudioChunk], float]:
        microphone = stage.microphone()
        name = await microphone.open()
        opened = time.monotonic()
        stage.speak()
        chunks = await listen(microphone, 4.0)
        await microphone.close()
        return name, chunks, opened

    name, chunks, opened = asyncio.run(scenario())
    assert name
    played = read_sound_file(stage.recording)
    assert likeness(joined(chunks), played) > 0.95
    assert all(chunk.samples.dtype == np.float32 for chunk in chunks)
    assert all(chunk.samples.ndim == 1 and 0 < len(chunk.samples) <= 1600 for chunk in chunks)
    assert all(np.abs(chunk.samples).max() <= 1.0 for chunk in chunks)
    assert sum(chunk.dropped for chunk in chunks) == 0
    assert all(earlier.at <= later.at for earlier, later in pairwise(chunks))
    # The clock of the chunks is the clock of the wall: neither faster nor slower than the sound.
    assert chunks[0].at == pytest.approx(opened, abs=0.5)
    length = len(joined(chunks)) / 16000
    assert chunks[-1].end - chunks[0].at == pytest.approx(length, abs=0.15)


def test_it_can_be_opened_again(stage: Stage) -> None:
    async def scenario() -> None:
        microphone = stage.microphone()
        for _ in range(2):
            await microphone.open()
            assert await listen(microphone, 0.1)
            await microphone.close()

    asyncio.run(scenario())


def test_warm_then_open_and_warm_then_close(stage: Stage) -> None:
    async def scenario() -> None:
        microphone = stage.microphone()
        await microphone.warm()
        if stage.pulse is not None:
            await asyncio.sleep(0.5)
            assert await asyncio.to_thread(stage.pulse.recordings) == 0, "warm is not open"
        await microphone.open()
        assert await listen(microphone, 0.1)
        await microphone.close()
        await microphone.warm()
        await microphone.close()

    asyncio.run(scenario())


def test_close_is_quick_idempotent_and_harmless_when_not_open(stage: Stage) -> None:
    async def scenario() -> float:
        microphone = stage.microphone()
        await microphone.close()
        await microphone.open()
        await microphone.read()
        began = time.monotonic()
        await microphone.close()
        took = time.monotonic() - began
        await microphone.close()
        return took

    assert asyncio.run(scenario()) < 1.0


def test_a_read_that_waits_can_be_cancelled(stage: Stage) -> None:
    async def scenario() -> None:
        microphone = stage.microphone()
        await microphone.open()
        reading = asyncio.create_task(listen(microphone, 60.0))
        await asyncio.sleep(0.1)
        reading.cancel()
        await asyncio.wait([reading])
        await microphone.close()

    asyncio.run(scenario())


def test_reading_what_is_not_open_is_an_error(stage: Stage) -> None:
    with pytest.raises(MicrophoneError, match="not open"):
        asyncio.run(stage.microphone().read())


def test_nothing_is_left_behind(stage: Stage) -> None:
    def files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def scenario() -> None:
        microphone = stage.microphone()
        await microphone.open()
        await listen(microphone, 0.1)
        await microphone.close()

    asyncio.run(scenario())
    files_before, children_before = files(), children()
    for _ in range(3):
        asyncio.run(scenario())
    assert files() <= files_before
    assert children() == children_before
