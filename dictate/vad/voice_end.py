"""Whether the voice has ended, so that a release need not wait for more of it. Pure.

This is not the end of an utterance, which is a much longer silence (`speech.end_ms`): it is the
shortest silence that does not occur within a word.
"""

from collections import deque
from typing import Final

PAUSE_MS: Final = 100
"""Minimum silence after which the voice has ended. WebRTC's detector goes on for some 100 ms after
each sound, so that this is twice as long for it: longer than the closure of a stop ("eight"). On
400 utterances no more words were lost than with a tail of fixed length (bench/last_words.py)."""
VOICE_MS: Final = 120
"""Minimum sound that is a voice. A key click is shorter: WebRTC's detector, which goes on for some
frames after each sound, makes 80 to 100 ms of one."""
LOUDER: Final = 2.0
"""How many times the loudest level of the pause a frame may have and still be a part of it: 6 dB.
Frames of steady noise differ by less; soft speech that a detector misses is louder."""
SILENCE: Final = 0.001
"""Level below which a frame is part of the pause in any case: -60 dB of full scale."""


class VoiceEnd:
    """Takes the detector's verdicts and the levels, frame by frame."""

    def __init__(self, frame_ms: float) -> None:
        self._pause_frames = round(PAUSE_MS / frame_ms + 0.49)
        self._voice_frames = round(VOICE_MS / frame_ms + 0.49)
        self._levels: deque[float] = deque(maxlen=self._pause_frames)
        self.reset()

    def reset(self) -> None:
        """The next frame begins a new dictation."""
        self._levels.clear()
        self._speech = self._silence = 0
        """Consecutive frames of speech, and frames since the last voice."""
        self._heard = False
        self._loudest = SILENCE
        """Level that a frame of the pause may have."""
        self.ended = False
        """Whether a voice was heard, and has ended. A sound shorter than a voice does not change
        that."""
        self.still = False
        """Whether it has ended, and nothing was louder since than the pause itself."""

    @property
    def certain(self) -> bool:
        """Whether it has ended, and no sound goes on that could be a voice."""
        quiet = max(self._levels, default=0.0) <= self._loudest
        return self.ended and quiet and not self._speech

    def take(self, level: float, *, speech: bool) -> None:
        """One frame more. `level` is its root mean square in [0, 1]."""
        self._levels.append(level)
        self._speech = self._speech + 1 if speech else 0
        self._silence += 1
        is_voice = self._speech >= self._voice_frames
        if is_voice or (speech and not self.ended):
            self._silence = 0
        self._heard = self._heard or is_voice
        had_ended = self.ended
        self.ended = self._heard and self._silence >= self._pause_frames
        if self.ended and not had_ended:
            self._loudest = max(SILENCE, LOUDER * max(self._levels))
            self.still = True
        self.still = self.still and self.ended and level <= self._loudest
