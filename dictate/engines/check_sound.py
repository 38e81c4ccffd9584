"""What an engine listens to when it checks itself, or warms up."""

from pathlib import Path
from typing import Final as Const

import soundfile

from dictate.events import Samples

_FILE: Const = Path(__file__).parents[1] / "samples" / "2-claude-code.wav"


def check_sound() -> Samples:
    """A sentence, some seconds long."""
    sound, _ = soundfile.read(_FILE, dtype="float32")
    samples: Samples = sound
    return samples
