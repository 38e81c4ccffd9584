"""Cuts sound of any length where nobody speaks. Pure: the caller passes sound and detector."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.events import RATE, Samples

MIN_SEGMENT: Final = 10 * RATE
"""Minimum number of samples of a segment, except for the last one."""
MAX_SEGMENT: Final = 40 * RATE
"""Maximum number of samples of a segment."""
_QUIET: Final = 3 * RATE // 10
"""Samples of the window that is searched for the quietest place, with the cut in its middle: longer
than a stop inside a word, shorter than a breath."""
_PAUSE: Final = RATE // 2
"""Samples of silence that separate two stretches of speech."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the sound. Segments follow one another without gap or overlap."""

    start: int
    """Number of samples before it."""
    samples: Samples
    speech: tuple[tuple[int, int], ...]
    """Where it contains speech, in samples from the start of the whole sound."""

    @property
    def end(self) -> int:
        """Number of samples before the next segment."""
        return self.start + len(self.samples)


def segments(
    blocks: Iterable[Samples],
    frame_samples: int,
    likelihood: Callable[[Samples], float],
    threshold: float,
) -> Iterator[Segment]:
    """The sound in `blocks`, in segments of MIN_SEGMENT to MAX_SEGMENT; the last may be shorter.

    `likelihood` returns how likely a frame, shape (frame_samples,), is speech. It is called once
    for each frame, in order; `threshold` or more is speech. The same sound is always cut in the
    same places, whatever the sizes of the blocks. Holds one block and MAX_SEGMENT in memory.
    """
    start, sound = 0, np.zeros(0, np.float32)
    speech: list[bool] = []
    power: list[float] = []
    for block in blocks:
        sound = np.concatenate((sound, block))
        for at in range(len(speech) * frame_samples, len(sound) - frame_samples + 1, frame_samples):
            frame = sound[at : at + frame_samples]
            speech.append(likelihood(frame) >= threshold)
            power.append(float(np.dot(frame, frame)))
        while len(sound) > MAX_SEGMENT:
            frames = _quietest(np.array(speech), np.array(power), frame_samples)
            cut = frames * frame_samples
            yield Segment(start, sound[:cut], _stretches(speech[:frames], start, frame_samples))
            start, sound = start + cut, sound[cut:]
            del speech[:frames], power[:frames]
    if len(sound):
        yield Segment(start, sound, _stretches(speech, start, frame_samples))


def _quietest(speech: NDArray[np.bool_], power: NDArray[np.float64], frame_samples: int) -> int:
    """The frame before which to cut: the one with the least speech around it, then with the least
    power. Among equals it is the last one: engines are more accurate with longer segments."""
    half = max(1, _QUIET // (2 * frame_samples))
    window = np.ones(2 * half)
    around_speech = np.convolve(speech, window, "valid")
    around_power = np.convolve(power, window, "valid")
    # The middle of the window at index i lies before frame i + half.
    candidates = np.arange(
        MIN_SEGMENT // frame_samples - half, MAX_SEGMENT // frame_samples - 2 * half
    )
    order = np.lexsort((-candidates, around_power[candidates], around_speech[candidates]))
    return int(candidates[order[0]]) + half


def _stretches(speech: list[bool], start: int, frame_samples: int) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for number, spoken in enumerate(speech):
        if not spoken:
            continue
        began = start + number * frame_samples
        if found and began - found[-1][1] < _PAUSE:
            began = found.pop()[0]
        found.append((began, start + (number + 1) * frame_samples))
    return tuple(found)
