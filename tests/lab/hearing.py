"""Compares a recording with the sound that was played."""

import numpy as np

from dictate.events import RATE, AudioChunk, Samples

PIECE = RATE // 10
PIECE_LIKENESS = 0.3
"""Pieces of different noise have less than 0.1. One whose middle is missing has a half."""


def likeness(heard: Samples, played: Samples) -> float:
    """The correlation at the best alignment, 1.0 for the same sound at any loudness and delay."""
    size = 1 << (len(heard) + len(played)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size))
    delay = int(np.argmax(np.fft.irfft(product, size)))
    if delay > len(heard):
        delay -= size
    start, end = max(0, delay), min(len(heard), delay + len(played))
    a, b = heard[start:end], played[start - delay : end - delay]
    return float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12))


def missing_s(heard: Samples, played: Samples) -> float:
    """How many seconds of `played` are missing within `heard`, which is in pieces of 0.1 s.

    Raises ValueError at a piece that is nowhere in `played`.
    """
    size = 1 << (len(played) + PIECE).bit_length()
    spectrum = np.fft.rfft(played, size)
    offsets = []
    for start in range(0, len(heard) - PIECE + 1, PIECE):
        piece = heard[start : start + PIECE]
        found = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)
        at = int(np.argmax(found[: len(played)]))
        if likeness(piece, played[at : at + PIECE]) < PIECE_LIKENESS:
            raise ValueError(f"what is heard after {start / RATE:.1f} s was not played")
        offsets.append(at - start)
    return (max(offsets) - min(offsets)) / RATE


def joined(chunks: list[AudioChunk]) -> Samples:
    """The sound of these chunks in one piece."""
    return np.concatenate([chunk.samples for chunk in chunks] or [np.zeros(0, np.float32)])


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE) -> Samples:
    """A sine of a third of full scale."""
    at = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * at) / 3).astype(np.float32)
