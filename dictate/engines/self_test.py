"""What an engine listens to when it checks itself, or warms up."""

import soundfile

from dictate.events import Samples
from dictate.platform.resources import samples


def check_sound() -> Samples:
    """A sentence, some seconds long."""
    sound: Samples = soundfile.read(samples()[1], dtype="float32")[0]
    return sound
