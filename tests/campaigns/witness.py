"""A second pair of ears at the microphone: what came out of it, whatever the daemon heard."""

import subprocess
import time
from pathlib import Path
from typing import Final

from dictate.events import RATE, samples_from_pcm
from tests.campaigns import tones
from tests.lab.pulse import MICROPHONE, PulseAudio

STARTS_S: Final = 2.0
"""Seconds that it may take to hear anything."""
BEHIND_S: Final = 3.0
"""Seconds by which it may be behind on a busy machine."""


class Witness:
    """Records the microphone through a connection of its own."""

    def __init__(self, sound: PulseAudio, folder: Path) -> None:
        self._sound = sound
        self._file = folder / "witness.raw"
        self._recorder: subprocess.Popen[bytes] | None = None
        self._since = 0.0

    def listen(self) -> None:
        """What sounds from now on is meant."""
        self._file.touch()
        if self._recorder is None or self._recorder.poll() is not None:
            self._truncate()
            with self._file.open("ab") as file:  # goes on at the end, also of a shorter file
                self._recorder = self._sound.record(MICROPHONE, RATE, file)
            until = time.monotonic() + STARTS_S
            while not self._file.stat().st_size and self._recorder.poll() is None:
                if time.monotonic() > until:
                    break
                time.sleep(0.01)
        self._truncate()
        self._since = time.monotonic()

    def _truncate(self) -> None:
        with self._file.open("r+b") as file:
            file.truncate()

    @property
    def passed_s(self) -> float:
        """Seconds since it was told to listen."""
        return time.monotonic() - self._since

    def heard(self, until_s: float) -> str | None:
        """The numbers that came out of the microphone in the first seconds; None if it did not hear
        all of that time, and so cannot tell."""
        size = round(until_s * RATE) * 2
        until = time.monotonic() + BEHIND_S
        while self._file.stat().st_size < size:
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        ear = tones.Ear()
        ear.feed(samples_from_pcm(self._file.read_bytes()[:size]))
        return ear.text()

    def close(self) -> None:
        """Its microphone was away, and it may hear another one now: it listens anew next time."""
        if self._recorder is not None:
            self._recorder.kill()
            self._recorder.wait()
            self._recorder = None
