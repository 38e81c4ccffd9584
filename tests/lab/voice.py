"""A synthetic voice, for tests that need speech."""

import shutil
import subprocess
from pathlib import Path

import pytest

SENTENCE = "The quick brown fox jumps over the lazy dog."


def say(text: str, recording: Path) -> Path:
    """Speak `text` into the wav file `recording` (mono, 22050 Hz)."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng not found: apt install espeak-ng")
    subprocess.run(["espeak-ng", "-w", str(recording), text], check=True, timeout=30)
    return recording
