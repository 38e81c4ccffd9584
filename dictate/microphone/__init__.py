"""The first stage: audio capture.

To add a microphone, write `microphone/<name>.py` with a subclass of `Microphone` and add one line
to `MICROPHONES`. The contract tests then run on it.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import MicrophoneSettings
from dictate.events import AudioChunk


class Microphone(ABC):
    """One microphone. It is opened, read until it ends or fails, and closed; then opened again.

    The reader does not trust it: a read that returns nothing in time, or a long run of exact
    zeros, counts as a lost microphone (see `heartbeat.py`). `close` must return within a second
    even then.
    """

    name: ClassVar[str]

    def __init__(self, settings: MicrophoneSettings) -> None:
        self.settings = settings

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None. May block for two seconds."""

    async def warm(self) -> None:  # noqa: B027 - most need no preparation
        """Prepare for a fast `open` without touching the device. Never raises; `close` undoes
        it."""

    @abstractmethod
    async def open(self) -> str:
        """Open the device; its name, for people. Raises MicrophoneError."""

    @abstractmethod
    async def read(self) -> AudioChunk | None:
        """The next chunk, in real time; None at the end of the sound (of a file).

        Raises MicrophoneError when the device is lost.
        """

    @abstractmethod
    async def close(self) -> None:
        """Release the device within a second, whatever its state. Idempotent."""


MICROPHONES: Backends[Microphone] = Backends(
    stage="microphone",
    table={
        "portaudio": "dictate.microphone.portaudio:PortAudioMicrophone",
        "wav": "dictate.microphone.wav_file:WavFileMicrophone",
    },
    auto=("portaudio",),
)
