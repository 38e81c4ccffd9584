"""Sound of any length, cut where nobody speaks. Pure: sound and speech detector are handed in."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.events import RATE, Samples

SHORTEST: Final = 10 * RATE
LONGEST: Final = 40 * RATE
"""Samples of one segment; the last one may be shorter."""
_QUIET: Final = 3 * RATE // 10
"""A cut lies in the middle of this much sound, which is as quiet as can be: longer than the stop
inside a word, shorter than a breath."""
_PAUSE: Final = RATE // 2
"""Silence shorter than this does not part two stretches of speech."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the sound. Segments follow one another without gap or overlap."""

    start: int
    """How many samples lie before it."""
    samples: Samples
    speech: tuple[tuple[int, int], ...]
    """Where somebody speaks in it, in samples from the start of the whole sound."""

    @property
    def end(self) -> int:
        """How many samples lie before the next one."""
        return self.start + len(self.samples)


def segments(
    pieces: Iterable[Samples],
    frame_samples: int,
    likelihood: Callable[[Samples], float],
    threshold: float,
) -> Iterator[Segment]:
    """The sound in `pieces`, in segments of SHORTEST to LONGEST, the last one to its end.

    `likelihood` says of a frame of `frame_samples`, shape (frame_samples,), how likely it is
    speech; it is asked for every frame once, in order; from `threshold` on it is speech. The same
    sound is always cut in the same places, however it comes in pieces. Holds a piece and LONGEST.
    """
    start, sound = 0, np.zeros(0, np.float32)
    speech: list[bool] = []
    power: list[float] = []
    for piece in pieces:
        sound = np.concatenate((sound, piece))
        for at in range(len(speech) * frame_samples, len(sound) - frame_samples + 1, frame_samples):
            frame = sound[at : at + frame_samples]
            speech.append(likelihood(frame) >= threshold)
            power.append(float(np.dot(frame, frame)))
        while len(sound) > LONGEST:
            frames = _quietest(np.array(speech), np.array(power), frame_samples)
            cut = frames * frame_samples
            yield Segment(start, sound[:cut], _stretches(speech[:frames], start, frame_samples))
            start, sound = start + cut, sound[cut:]
            del speech[:frames], power[:frames]
    if len(sound):
        yield Segment(start, sound, _stretches(speech, start, frame_samples))


def _quietest(speech: NDArray[np.bool_], power: NDArray[np.float64], frame_samples: int) -> int:
    """The frame before which to cut: the least speech around it counts, then the least power,
    and of equals the last one, as an engine hears better the more it hears at once."""
    half = max(1, _QUIET // (2 * frame_samples))
    window = np.ones(2 * half)
    around_speech = np.convolve(speech, window, "valid")
    around_power = np.convolve(power, window, "valid")
    # The window at index i has its middle before frame i + half.
    candidates = np.arange(SHORTEST // frame_samples - half, LONGEST // frame_samples - 2 * half)
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
