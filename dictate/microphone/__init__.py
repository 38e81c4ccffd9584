"""The first stage: sound comes in.

To add a microphone: write `microphone/<name>.py` with a subclass of `Microphone`, add one line to
`MICROPHONES`. The contract tests run on it unasked.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import MicrophoneSettings
from dictate.events import AudioChunk


class Microphone(ABC):
    """One microphone. It is opened, read until it ends or fails, and closed; then opened again.

    Whoever reads does not trust it: a read that brings nothing in time, or a long run of exact
    zeros, counts as a lost microphone (see `heartbeat.py`), and `close` must then return all the
    same, within a second.
    """

    name: ClassVar[str]

    def __init__(self, settings: MicrophoneSettings) -> None:
        self.settings = settings

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None. May block for two seconds."""

    async def warm(self) -> None:  # noqa: B027 - most have nothing to get ready
        """Get ready, so that `open` is fast, without touching the device. It never raises; `close`
        undoes it too."""

    @abstractmethod
    async def open(self) -> str:
        """Open the device; its name, for people. Raises MicrophoneError."""

    @abstractmethod
    async def read(self) -> AudioChunk | None:
        """The next chunk, in real time; None when the sound is over (a file's end).

        Raises MicrophoneError when the device is lost.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of the device, within a second, whatever state it is in. Idempotent."""


MICROPHONES: Backends[Microphone] = Backends(
    stage="microphone",
    table={
        "portaudio": "dictate.microphone.portaudio:PortAudioMicrophone",
        "wav": "dictate.microphone.wav_file:WavFileMicrophone",
    },
    auto=("portaudio",),
)
