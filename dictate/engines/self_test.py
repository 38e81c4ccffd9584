"""The sound with which an engine tests itself or warms up."""

import soundfile

from dictate.events import Samples
from dictate.platform.resources import samples


def check_sound() -> Samples:
    """A sentence of a few seconds."""
    sound: Samples = soundfile.read(samples()[1], dtype="float32")[0]
    return sound
