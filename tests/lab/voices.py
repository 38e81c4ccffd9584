"""Voices: text is spoken to sound by flite or espeak-ng, always the same for the same text."""

import functools
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.benchmark import audio
from dictate.benchmark.rows import word_errors
from dictate.errors import Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.microphone.sound_file import read_sound_file as read

__all__ = ["read", "speak", "word_errors", "write"]


@functools.cache
def speak(text: str, voice: str = "rms") -> Samples:
    """The text in this voice (one of FLITE or ESPEAK), in a quiet room. Skips without the
    program."""
    try:
        return audio.synthesize(text, voice)
    except Unavailable as error:
        pytest.skip(str(error))


def write(path: Path, samples: Samples) -> None:
    """A sound file of 16 kHz, 16 bit, mono."""
    soundfile.write(path, np.frombuffer(pcm_from_samples(samples), "<i2"), RATE)
