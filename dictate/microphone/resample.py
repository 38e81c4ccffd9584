"""Converts any rate and channel count to mono at 16 kHz."""

import numpy as np
import soxr
from numpy.typing import NDArray

from dictate.events import RATE, Samples
from dictate.microphone.downmix import Downmix


class ToMono16k:
    """Converts a stream of blocks, shape (frames, channels); `Downmix` mixes the channels."""

    def __init__(self, rate: float) -> None:
        self._downmix = Downmix(rate)
        self._resampler = None if rate == RATE else soxr.ResampleStream(rate, RATE, 1)

    def push(self, block: NDArray[np.float32]) -> Samples:
        """The samples that are ready, shape (n,); empty while the filter fills."""
        return self._convert(block, last=False)

    def finish(self) -> Samples:
        """The rest from the filter. No `push` may follow."""
        return self._convert(np.zeros((0, 1), np.float32), last=True)

    @property
    def delay_s(self) -> float:
        """Seconds of sound inside the filter."""
        return 0.0 if self._resampler is None else self._resampler.delay() / RATE

    def _convert(self, block: NDArray[np.float32], *, last: bool) -> Samples:
        mono = self._downmix.mix(block)
        if self._resampler is None:
            return mono
        # soxr takes no strided views, and one column of a block is one.
        samples: Samples = self._resampler.resample_chunk(np.ascontiguousarray(mono), last=last)
        return samples
