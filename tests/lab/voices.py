"""Voices: text is spoken to sound by flite or espeak-ng, always the same for the same text."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from dictate.events import RATE, Samples, pcm_from_samples

FLITE = ("slt", "rms", "awb")
ESPEAK = ("en-us", "en-gb")
QUIET_S = 0.4
"""Seconds of quiet room before and after what is spoken."""


@functools.cache
def speak(text: str, voice: str = "rms") -> Samples:
    """The text in this voice (one of FLITE or ESPEAK), in a quiet room. Skips without the
    program."""
    program = "flite" if voice in FLITE else "espeak-ng"
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed, which speaks in tests: apt install {program}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        if voice in FLITE:
            command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
        else:
            command = ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        return in_a_room(read(path))


def read(path: Path) -> Samples:
    """A sound file, as samples."""
    sound, rate = soundfile.read(path, dtype="float32")
    samples: Samples = sound if rate == RATE else soxr.resample(sound, rate, RATE)
    return samples


def write(path: Path, samples: Samples) -> None:
    """A sound file of 16 kHz, 16 bit, mono."""
    soundfile.write(path, np.frombuffer(pcm_from_samples(samples), "<i2"), RATE)


def in_a_room(samples: Samples) -> Samples:
    """With quiet before and after, and a little noise all over; the same each time."""
    quiet = np.zeros(int(QUIET_S * RATE), np.float32)
    sound = np.concatenate([quiet, samples, quiet])
    noise = np.random.default_rng(0).normal(0, 0.0005, len(sound))
    return (sound + noise).astype(np.float32)


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Words wrong, missing or added, and words said; letter case and signs do not count."""
    one, other = _words(said), _words(heard)
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, start=1):
        above, row = row, [i, *row[1:]]
        for j, candidate in enumerate(other, start=1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != candidate))
    return row[-1], len(one)


def _words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalnum() or c in " '").split()
