"""The second stage: voice activity detection (VAD), where in the sound there is speech.

A detector returns a likelihood for each frame; `segmenter.py` turns these into starts and ends, in
the same manner for every detector. To add one, write `vad/<name>.py` and add one line to
`DETECTORS`.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import SpeechSettings
from dictate.events import Samples


class SpeechDetector(ABC):
    """Rates each frame. It may remember earlier frames until `reset`."""

    name: ClassVar[str]
    frame_samples: ClassVar[int]
    """Samples of a frame, at 16 kHz."""

    def __init__(self, settings: SpeechSettings) -> None:
        self.settings = settings

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None."""

    @abstractmethod
    def likelihood(self, frame: Samples) -> float:
        """The likelihood in [0, 1] that this frame, shape (frame_samples,), holds speech."""

    @abstractmethod
    def reset(self) -> None:
        """Forget earlier frames: the next one begins a new dictation."""


DETECTORS: Backends[SpeechDetector] = Backends(
    stage="speech detector",  # untranslated
    table={
        "webrtc": "dictate.vad.webrtc:WebRtcDetector",
        "silero": "dictate.vad.silero:SileroDetector",
    },
    auto=("webrtc",),
)
