"""Whether the voice has ended, so that a release need not wait for more of it. Pure.

This is not the end of an utterance, which is a much longer silence (`speech.end_ms`): it is the
shortest silence that does not occur within a word.
"""

from typing import Final

PAUSE_MS: Final = 160
"""Minimum silence after which the voice has ended. The closure of a stop in the middle or at the
end of a word ("eight") is shorter: up to some 130 ms in clear speech (Crystal and House 1988)."""
VOICE_MS: Final = 120
"""Minimum sound that is a voice. A key click is shorter: WebRTC's detector, which goes on for some
frames after each sound, makes 80 to 100 ms of one."""


class VoiceEnd:
    """Takes the detector's verdicts, frame by frame."""

    def __init__(self, frame_ms: float) -> None:
        self._pause_frames = round(PAUSE_MS / frame_ms + 0.49)
        self._voice_frames = round(VOICE_MS / frame_ms + 0.49)
        self.reset()

    def reset(self) -> None:
        """The next frame begins a new dictation."""
        self._speech = self._silence = 0
        """Consecutive frames of speech, and frames since the last voice."""
        self._heard = False
        self.ended = False
        """Whether a voice was heard, and has ended. A sound shorter than a voice does not change
        that."""

    @property
    def certain(self) -> bool:
        """Whether it has ended, and no sound goes on that could become a voice."""
        return self.ended and not self._speech

    def take(self, *, speech: bool) -> None:
        """One frame more."""
        self._speech = self._speech + 1 if speech else 0
        self._silence += 1
        is_voice = self._speech >= self._voice_frames
        if is_voice or (speech and not self.ended):
            self._silence = 0
        self._heard = self._heard or is_voice
        self.ended = self._heard and self._silence >= self._pause_frames
