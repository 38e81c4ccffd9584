"""`dictate file` as a user runs it, and sound files for it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from dictate.events import RATE, Samples
from tests.lab import forked
from tests.lab.daemon import PYTHONPATH


def command(*arguments: str | Path) -> list[str]:
    """The words of `dictate file`."""
    return [sys.executable, "-m", "dictate", "file", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """The test's own homes, and this checkout."""
    return {**os.environ, "PYTHONPATH": PYTHONPATH, **more}


def dictate_file(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end. `env` may be what a Python looks at when it starts."""
    if not env:
        words = ("file", *map(str, arguments))
        return forked.run("dictate.cli:main", *words, env=environment(), timeout_s=100)
    return subprocess.run(
        command(*arguments),
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def tone(path: Path, seconds: float = 2.0, rate: int = 16_000, channels: int = 1) -> Path:
    """Something to hear."""
    at = np.arange(int(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * 440 * at) * 0.5
    soundfile.write(path, np.stack([wave] * channels, axis=1), rate)
    return path


def noise(seconds: float, seed: int = 1) -> Samples:
    """Loud, and taken for speech by a detector that goes by loudness."""
    wave = np.random.default_rng(seed).normal(0, 0.2, round(seconds * RATE))
    return wave.clip(-0.9, 0.9).astype(np.float32)


def silence(seconds: float) -> Samples:
    """Nothing at all."""
    return np.zeros(round(seconds * RATE), np.float32)


def talk(path: Path, parts: int, seed: int = 1) -> Path:
    """Parts of 25 s of noise, with a second of silence behind each: each is a segment."""
    sound = [piece for n in range(parts) for piece in (noise(25, seed + n), silence(1))]
    soundfile.write(path, np.concatenate(sound), RATE)
    return path
