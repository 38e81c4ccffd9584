"""What the user says is recorded until the voice ends."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from dictate.config.schema import MicrophoneSettings, SpeechSettings
from dictate.errors import MicrophoneError
from dictate.events import RATE, Samples
from dictate.proof.say import record
from tests.lab.voices import speak, write


def recorded(path: Path, sound: Samples) -> Samples:
    write(path, sound)
    microphone = MicrophoneSettings(use=f"wav:{path}")
    return asyncio.run(record(microphone, SpeechSettings()))


def test_the_recording_ends_with_the_sentence(tmp_path: Path) -> None:
    silence = np.zeros(3 * RATE, np.float32)
    words = speak("Yes.", "slt")
    found = recorded(tmp_path / "said.wav", np.concatenate([words, silence]))
    assert len(words) < len(found) < len(words) + 1.5 * RATE


def test_silence_is_no_sentence(tmp_path: Path) -> None:
    with pytest.raises(MicrophoneError, match="no speech was heard"):
        recorded(tmp_path / "silence.wav", np.zeros(RATE // 2, np.float32))
