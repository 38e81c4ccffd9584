"""The nouns on the way from the microphone to the window.

Meanings, fixed once:

- Sound is mono float32 in [-1, 1] at 16 kHz.
- `at` is monotonic seconds (`time.monotonic`) at the first sample.
- `Partial.text` and `Final.text` are the *whole* utterance, never only what is new.
- `dictation` is the number of the dictation that a piece of news belongs to; news of an earlier
  one than the listener waits for is dropped.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
"""Samples per second, everywhere past the microphone."""

Samples: TypeAlias = NDArray[np.float32]
"""Mono sound, shape (n,), in [-1, 1], at `RATE`."""


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
    """Samples lost just before this chunk, because somebody was too slow."""

    @property
    def end(self) -> float:
        """Monotonic seconds just after the last sample."""
        return self.at + len(self.samples) / RATE


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Nobody has spoken for the configured silence; `at` is where the speech ended."""

    at: float


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """What the engine believes so far; it may be revised anywhere and never reaches the cursor."""

    dictation: int
    text: str
    settled: int = 0
    """Characters at its start that stood unchanged for some guesses (engines/stability.py): likely
    to stay, and no promise."""


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """What the engine heard, once and for all; empty if it heard nothing."""

    dictation: int
    text: str
    audio_s: float = 0.0
    """Seconds of sound behind this text."""
    finish_ms: float = 0.0
    """From the end of the sound to this text, as the engine process measured it."""
