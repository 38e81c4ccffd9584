"""WebRTC's detector: microseconds per frame, no model, hardly any memory."""

from importlib.util import find_spec
from typing import Any, ClassVar, Final

from dictate.config.schema import SpeechSettings
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.installation import package_command
from dictate.translation import _
from dictate.vad import SpeechDetector

_MODES: Final = (1, 2, 3)
_LEARNING_FRAMES: Final = 6
"""Frames (120 ms) without a verdict at the start: until the detector knows the room, any noise
looks like speech."""


class WebRtcDetector(SpeechDetector):
    """WebRTC only answers yes or no, so three detectors of growing strictness vote: 1/3 may be
    soft or distant speech, 1 is certain speech."""

    name: ClassVar[str] = "webrtc"
    frame_samples: ClassVar[int] = RATE // 50

    def __init__(self, settings: SpeechSettings) -> None:
        super().__init__(settings)
        self._voters: list[Any] = []
        self._learned = 0

    def unavailable_reason(self) -> str | None:
        if find_spec("webrtcvad") is None:
            return _("webrtcvad is not installed: {package_command}").format(
                package_command=package_command("webrtcvad-wheels")
            )
        return None

    def likelihood(self, frame: Samples) -> float:
        if not self._voters:
            self.reset()
        pcm = pcm_from_samples(frame)
        votes = [bool(voter.is_speech(pcm, RATE)) for voter in self._voters]
        if self._learned < _LEARNING_FRAMES:
            self._learned += any(pcm)
            return 0.0
        return votes.count(True) / len(votes)

    def reset(self) -> None:
        import webrtcvad

        self._voters = [webrtcvad.Vad(mode) for mode in _MODES]
        self._learned = 0
