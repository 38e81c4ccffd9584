"""Sound and video in many containers, made by ffmpeg."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.events import RATE
from tests.lab.files import noise

PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=12")
"""A picture that begins at once and lasts 12 s."""


def require_ffmpeg() -> None:
    """Skip the test where it is not installed."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        pytest.skip("ffmpeg is missing: apt install ffmpeg")


def ffmpeg(*arguments: str | Path) -> None:
    """Run it; skip where it is not installed."""
    require_ffmpeg()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True)


def streamed(path: Path, *arguments: str | Path) -> Path:
    """What it writes into a pipe, where it cannot go back to finish a header."""
    require_ffmpeg()
    with path.open("wb") as file:
        command = ["ffmpeg", "-nostdin", "-v", "error", *arguments, "pipe:1"]
        subprocess.run(command, check=True, stdout=file)
    return path


def loud(path: Path, seconds: float = 10.0, seed: int = 1) -> Path:
    """A recording that is loud from its first sample to its last."""
    soundfile.write(path, noise(seconds, seed), RATE)
    return path


def silent(path: Path, seconds: float = 10.0) -> Path:
    """A recording of nothing."""
    soundfile.write(path, np.zeros(round(seconds * RATE)), RATE, subtype="PCM_16")
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """A copy that lacks its end."""
    content = path.read_bytes()
    copy = path.with_name(f"cut-{path.name}")
    copy.write_bytes(content[: int(len(content) * share)])
    return copy
