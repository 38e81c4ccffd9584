"""The data that goes from the microphone to the window.

Meanings, fixed once:

- Sound is mono float32 in [-1, 1] at 16 kHz.
- `at` is monotonic seconds (`time.monotonic`) at the first sample.
- `PartialTranscript.text` and `FinalTranscript.text` are the *whole* utterance, never only the
  new part.
- `dictation` is the number of the dictation that an event belongs to. A receiver that waits for
  a later dictation drops the event.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
"""Samples per second, everywhere after the microphone."""

Samples: TypeAlias = NDArray[np.float32]
"""Mono sound, shape (n,), values in [-1, 1], at `RATE`."""


def samples_from_pcm(pcm: bytes) -> Samples:
    """Signed 16-bit little-endian mono sound, as samples."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768.0)


def pcm_from_samples(samples: Samples) -> bytes:
    """Samples as signed 16-bit little-endian mono sound; values outside [-1, 1] are clipped."""
    scaled = np.clip(np.nan_to_num(samples) * np.float32(32768.0), -32768.0, 32767.0)
    pcm: bytes = np.rint(scaled).astype("<i2").tobytes()
    return pcm


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A piece of sound, some 20 ms long."""

    samples: Samples
    at: float
    """Monotonic seconds at the first sample."""
    dropped: int = 0
    """Samples lost just before this chunk, because a receiver was too slow."""
    away: int = 0
    """Samples that nobody heard before this chunk, because the microphone was away."""

    @property
    def end(self) -> float:
        """Monotonic seconds just after the last sample."""
        return self.at + len(self.samples) / RATE


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user began to speak."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The configured silence has passed; `at` is where the speech ended."""

    at: float


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The text so far; the engine may revise any part of it, and it is never written."""

    dictation: int
    text: str
    stable_chars: int = 0
    """Characters at its start that were the same in several partial transcripts
    (engines/stability.py): likely to stay, but not certain."""


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """The text of the engine, which it does not revise; empty if it recognized nothing."""

    dictation: int
    text: str
    audio_s: float = 0.0
    """Seconds of sound that the text was recognized from."""
    finish_ms: float = 0.0
    """Milliseconds from when the engine process came to the end of the sound, which it may have
    received long before, to this text."""
    language: str = ""
    """The language that the engine detected (BCP 47); empty if it detects none."""
    punctuates: bool | None = None
    """Whether the engine writes punctuation by itself; None if that is not known."""
    plain: str | None = None
    """What the engine recognized without the hotwords, from the same sound; None if that is not
    known."""
    drafted: bool = False
    """Whether it was a draft that was ready before it was asked for."""
