"""Whether the voice has ended, so that a release need not wait for more of it. Pure.

This is not the end of an utterance, which is a much longer silence (`speech.end_ms`): it is the
shortest silence that does not occur within a word. A detector goes on for some frames after each
sound (WebRTC's for 100 ms), so the level counts as well: what is far below the voice is silence.
"""

from collections import deque
from typing import Final

from dictate.events import RATE

PAUSE_MS: Final = 80
"""Minimum silence after which the voice has ended: on 400 utterances in noise and without, let go
at nine moments, no more words were wrong than with a tail of fixed length, nor at any value from 80
to 140 (bench/last_words.py)."""
VOICE_MS: Final = 120
"""Minimum sound that is a voice. A key click is shorter: WebRTC's detector makes 80 to 100 ms of
one."""
SOFTER: Final = 10 ** (-35 / 20)
"""Level of a frame below which it is silence, as a part of the level of the voice: 35 dB."""
LOUD: Final = 10 ** (-3 / 20)
"""Level of a frame, as a part of the loudest that lasted since the dictation began, from which on
it is no pause, whatever the detector finds: 3 dB. WebRTC's takes steady tones for no speech. In
three recordings and 25 sentences of espeak-ng, clean and in pink noise of 20 and 10 dB, all 125
pauses that it finds are softer (2026-11-30); at 6 dB and less it finds none."""
RECENT_MS: Final = 1000
"""How far back the voice is looked for that a level is compared with."""
SUSTAINED_MS: Final = 60
"""How long a level must last to be that of a voice: a knock is shorter."""
LOUDER: Final = 2.0
"""How many times the loudest level of the pause a frame may have and still be a part of it: 6 dB.
Frames of steady noise differ by less; soft speech that a detector misses is louder."""
SILENCE: Final = 0.001
"""Level below which a frame is part of the pause in any case: -60 dB of full scale."""
SOFTEST: Final = 10 ** (-26 / 20)
"""Level that speech may have as a part of the level of the voice, so that a frame of it is no
silence where the whole voice is quiet: a soft word is 18 dB below the others, 26 dB at its ends."""


def frames_in(milliseconds: float, frame_samples: int) -> int:
    """The fewest frames of so many samples that are at least as long."""
    return -(-round(milliseconds * RATE) // (1000 * frame_samples))


class VoiceEnd:
    """Takes the detector's verdicts and the levels, frame by frame."""

    def __init__(self, frame_samples: int) -> None:
        self._voice_frames = frames_in(VOICE_MS, frame_samples)
        self._pause_frames = frames_in(PAUSE_MS, frame_samples)
        self._pause: deque[float] = deque(maxlen=self._pause_frames)
        """The latest levels, as many as make a pause."""
        self._sustained: deque[float] = deque(maxlen=frames_in(SUSTAINED_MS, frame_samples))
        self._voice: deque[float] = deque(maxlen=frames_in(RECENT_MS, frame_samples))
        """The recent levels that lasted."""
        self.reset()

    def reset(self) -> None:
        """The next frame begins a new dictation."""
        for levels in (self._pause, self._sustained, self._voice):
            levels.clear()
        self._speech = self._silence = 0
        """Consecutive frames of speech, and frames since the last voice."""
        self._heard = False
        self._loudest_voice = 0.0
        """The loudest level that lasted."""
        self._silence_level = SILENCE
        """Level below which a frame is part of this pause in any case."""
        self._loudest = SILENCE
        """Level that a frame of the pause may have."""
        self.ended = False
        """Whether a voice was heard, and has ended. A sound shorter than a voice does not change
        that."""
        self.still = False
        """Whether it has ended, and nothing was louder since than the pause itself."""
        self.pauses = 0
        """How often it has ended: two chunks that end in a pause may end in different ones."""

    @property
    def certain(self) -> bool:
        """Whether it has ended, and no sound goes on that could be a voice."""
        quiet = max(self._pause, default=0.0) <= self._loudest
        return self.ended and quiet and not self._speech

    def take(self, level: float, *, speech: bool) -> None:
        """One frame more. `level` is its root mean square in [0, 1]."""
        for levels in (self._pause, self._sustained):
            levels.append(level)
        self._voice.append(min(self._sustained))
        self._loudest_voice = max(self._loudest_voice, self._voice[-1])
        speech = speech and level > SOFTER * max(self._voice)
        self._speech = self._speech + 1 if speech else 0
        self._silence += 1
        is_voice = self._speech >= self._voice_frames
        if is_voice or (speech and not self.ended):
            self._silence = 0
        self._heard = self._heard or is_voice
        had_ended = self.ended
        self.ended = self._heard and self._silence >= self._pause_frames
        if not had_ended:
            self.ended = self.ended and max(self._pause) < LOUD * self._loudest_voice
        if self.ended and not had_ended:
            self._silence_level = min(SILENCE, SOFTEST * max(self._voice))
            self._loudest, self.still = 1.0, True
            self.pauses += 1
        self.still = self.still and self.ended and level <= self._loudest
        if self.still:
            # The room goes on to grow quieter: the voice echoes.
            self._loudest = max(self._silence_level, min(self._loudest, LOUDER * max(self._pause)))
