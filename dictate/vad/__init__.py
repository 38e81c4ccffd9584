"""The second stage: where in the sound somebody speaks.

A detector gives one likelihood for one frame; `segmenter.py` makes started and ended of it, the
same for every detector. To add one: write `speech/<name>.py`, add one line to `DETECTORS`.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import SpeechSettings
from dictate.events import Samples


class SpeechDetector(ABC):
    """Says of one frame how likely it is speech. It may remember earlier frames until `reset`."""

    name: ClassVar[str]
    frame_samples: ClassVar[int]
    """How many samples one frame has, at 16 kHz."""

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
        """Forget what was heard: the next frame begins a new dictation."""


DETECTORS: Backends[SpeechDetector] = Backends(
    stage="speech detector",
    table={
        "webrtc": "dictate.vad.webrtc:WebRtcDetector",
        "silero": "dictate.vad.silero:SileroDetector",
    },
    auto=("webrtc",),
)
