"""Finds where speech starts and ends, from the likelihood of each frame. Pure."""

from collections.abc import Callable

import numpy as np

from dictate.config.schema import SpeechSettings
from dictate.events import RATE, AudioChunk, Samples, SpeechEnded, SpeechStarted
from dictate.vad.voice_end import VoiceEnd, frames_in


class Segmenter:
    """Cuts chunks of any size into frames of `frame_samples` and returns marks.

    `likelihood` and `forget` are the detector's `likelihood` and `reset`. The session decides what
    a mark means.
    """

    def __init__(
        self,
        settings: SpeechSettings,
        frame_samples: int,
        likelihood: Callable[[Samples], float],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._threshold = settings.threshold
        self._frame_samples = frame_samples
        self._likelihood = likelihood
        self._forget = forget
        self._start_frames = max(1, frames_in(settings.start_ms, frame_samples))
        self._end_frames = frames_in(settings.end_ms, frame_samples)
        self.voice_end = VoiceEnd(frame_samples)
        self.reset()

    def reset(self) -> None:
        """The next chunk begins a new dictation."""
        self._forget()
        self.voice_end.reset()
        self.speaking = False
        """Whether the user speaks at this moment."""
        self.heard_speech = False
        """Whether there was speech since the last reset."""
        self._rest: Samples = np.zeros(0, np.float32)
        self._run = 0
        self._run_began = self._speech_end = 0.0

    def push(self, chunk: AudioChunk) -> list[SpeechStarted | SpeechEnded]:
        """The starts and ends up to the last whole frame of `chunk`."""
        size = self._frame_samples
        sound = np.concatenate((self._rest, chunk.samples))
        # Counted backwards from the chunk: a gap in the sound then shifts only the remainder.
        began = chunk.at - len(self._rest) / RATE
        whole = len(sound) - len(sound) % size
        marks = []
        for start in range(0, whole, size):
            at = began + start / RATE
            frame = sound[start : start + size]
            speech = self._likelihood(frame) >= self._threshold
            self.voice_end.take(float(np.sqrt(np.mean(frame**2))), speech=speech)
            mark = self._frame(at, at + size / RATE, speech=speech)
            if mark is not None:
                marks.append(mark)
        self._rest = sound[whole:]
        return marks

    def _frame(self, at: float, end: float, *, speech: bool) -> SpeechStarted | SpeechEnded | None:
        """The mark for this frame. `_run` counts frames in a row that contradict the state."""
        if speech == self.speaking:
            self._run = 0
            if speech:
                self._speech_end = end
            return None
        if self._run == 0:
            self._run_began = at
        self._run += 1
        if speech and self._run >= self._start_frames:
            self._run = 0
            self.speaking = self.heard_speech = True
            self._speech_end = end
            return SpeechStarted(self._run_began)
        if self.speaking and 0 < self._end_frames <= self._run:
            self._run = 0
            self.speaking = False
            return SpeechEnded(self._speech_end)
        return None
