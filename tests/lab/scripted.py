"""A daemon without hardware: a recording for a microphone, a script for an engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from dictate.events import RATE
from tests.lab.bus import Bus, session_bus
from tests.lab.daemon import RealDaemon


def noise(path: Path, seconds: float) -> Path:
    """A recording that is loud from its first sample to its last."""
    sound = np.random.default_rng(7).normal(0, 0.2, round(seconds * RATE)).clip(-0.9, 0.9)
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    return path


def script(path: Path, *lines: str) -> Path:
    """What the engine says, utterance by utterance."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def engine_for(says: Path) -> str:
    """What `engine.use` is to be so that these lines are spoken: the engine `scripted`, or if there
    are faults among them, `fake` (see fake_engine.py)."""
    faults = any(line.startswith("!") for line in says.read_text().splitlines())
    return f"fake:{says}" if faults else f"scripted:{says}"


class Home:
    """A user's folders, with a recording and a script in them, and a session bus.

    The recording is noise without end or beginning; the script says `text`, each time.
    """

    text = "Nothing said is ever lost."

    def __init__(self, folder: Path, bus: Bus, seconds: float = 0.6) -> None:
        self.folder = folder
        self.bus = bus
        self.env = {"DBUS_SESSION_BUS_ADDRESS": bus.address}
        self.recording = noise(folder / "noise.wav", seconds)
        self.says = script(folder / "script", self.text)
        self.settings = (
            f'[microphone]\nuse = "wav:{self.recording}"\n'
            f'[engine]\nuse = "scripted:{self.says}"\n'
            '[output]\nuse = "stdout"\n[hotkey]\nuse = "none"\n'
        )

    def say(self, *lines: str) -> None:
        """From the next start on, the engine speaks these lines, which may be faults."""
        before = engine_for(self.says)
        script(self.says, *lines)
        self.settings = self.settings.replace(before, engine_for(self.says))

    @property
    def spoken(self) -> tuple[str, str]:
        """The words that make `dictate run` speak the recording as soon as it is ready."""
        return ("--microphone", f"wav:{self.recording}")

    def daemon(self, *words: str, config: str | None = None, **env: str) -> RealDaemon:
        """The daemon of this user, with the settings above unless told otherwise."""
        config = self.settings if config is None else config
        return RealDaemon(self.folder, self.env | env, *words, config=config)


@contextmanager
def home(folder: Path, seconds: float = 0.6) -> Iterator[Home]:
    """A home whose recording is so long."""
    with session_bus(folder) as bus:
        yield Home(folder, bus, seconds)
