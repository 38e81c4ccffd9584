import asyncio
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.config.schema import MicrophoneSettings
from dictate.errors import MicrophoneError
from dictate.events import AudioChunk
from dictate.microphone.sound_file import read_sound_file
from dictate.microphone.wav_file import WavFileMicrophone
from tests.lab.hearing import joined, tone


def microphone(path: Path) -> WavFileMicrophone:
    return WavFileMicrophone(MicrophoneSettings(use=f"wav:{path}"))


async def all_of(mic: WavFileMicrophone) -> list[AudioChunk]:
    await mic.open()
    chunks = []
    while (chunk := await mic.read()) is not None:
        chunks.append(chunk)
    await mic.close()
    return chunks


def test_the_whole_file_comes_gapless_in_real_time(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, tone(3.03, rate=96000), 96000)  # longer than one piece of the reader
    began = time.monotonic()
    chunks = asyncio.run(all_of(microphone(path)))
    took = time.monotonic() - began
    np.testing.assert_array_equal(joined(chunks), read_sound_file(path))
    for earlier, later in pairwise(chunks):
        assert later.at == pytest.approx(earlier.end, abs=1e-6)
    assert 3.03 <= took < 5.0


def test_a_busy_loop_does_not_slow_the_speaker_down(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, tone(1.0), 16000)

    async def scenario() -> float:
        mic = microphone(path)
        await mic.open()
        began = time.monotonic()
        while await mic.read() is not None:
            time.sleep(0.005)  # noqa: ASYNC251 - somebody else's work, after every chunk
        return time.monotonic() - began

    # Fifty times 5 ms would add up to 0.25 s, if each chunk waited for the one before.
    assert asyncio.run(scenario()) < 1.2


def test_every_opening_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, tone(0.1), 16000)
    mic = microphone(path)
    first, second = asyncio.run(all_of(mic)), asyncio.run(all_of(mic))
    np.testing.assert_array_equal(joined(first), joined(second))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    mic = microphone(tmp_path / "missing.wav")
    assert "does not exist" in str(mic.unavailable_reason())
    with pytest.raises(MicrophoneError, match="does not exist"):
        asyncio.run(mic.open())


def test_no_file_says_what_to_set() -> None:
    assert "wav:PATH" in str(WavFileMicrophone(MicrophoneSettings(use="wav")).unavailable_reason())
