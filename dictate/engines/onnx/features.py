"""Log-mel frames of a sound that is still coming, equal to those of NeMo's preprocessor.

The model was trained on these very frames, so every constant is NeMo's (FilterbankFeatures in
nemo/collections/asr/parts/preprocessing/features.py, and the models' own preprocessor settings).
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dictate.events import RATE, Samples

Frames = NDArray[np.float32]
"""Log-mel frames, shape (mels, n)."""

HOP: Final = 160
"""Samples from one frame to the next: 10 ms."""
_WINDOW: Final = 400
_FFT: Final = 512
_PREEMPHASIS: Final = np.float32(0.97)
_GUARD: Final = np.float32(2.0**-24)
"""Added to the power, whose logarithm is taken."""
SILENCE: Final = float(np.log(_GUARD))
"""The value of digital silence in every mel band."""


class Features:
    """The frames of one sound; frame i is centred on sample i * HOP."""

    def __init__(self, mels: int) -> None:
        self._banks = filter_banks(mels).T
        around = (_FFT - _WINDOW) // 2
        self._window = np.pad(np.hanning(_WINDOW), around).astype(np.float32)
        self._sound = np.zeros(_FFT // 2, np.float32)
        """Pre-emphasised, from the first sample that the next frame needs."""
        self._last = np.zeros(0, np.float32)
        self.samples = 0
        """Number of samples so far."""
        self.frames = 0
        """Number of frames so far."""

    def add(self, samples: Samples) -> None:
        """Take more sound."""
        if not len(samples):
            return
        before = self._last if self.samples else np.zeros(1, np.float32)
        shifted = np.concatenate([before, samples[:-1]])
        self._sound = np.concatenate([self._sound, samples - _PREEMPHASIS * shifted])
        self._last = np.array(samples[-1:])
        self.samples += len(samples)

    def make(self, *, last: bool = False) -> Frames:
        """The frames that are complete; with `last`, all that are left."""
        if last:
            self._sound = np.pad(self._sound, (0, _FFT // 2))
            count = self.samples // HOP - self.frames
        else:
            count = (len(self._sound) - _FFT) // HOP + 1
        if count <= 0:
            return np.zeros((self._banks.shape[1], 0), np.float32)
        pieces = sliding_window_view(self._sound, _FFT)[: count * HOP : HOP]
        power = np.abs(np.fft.rfft(pieces * self._window)).astype(np.float32) ** 2
        self._sound = self._sound[count * HOP :].copy()
        self.frames += count
        mel: Frames = np.log(power @ self._banks + _GUARD).T
        return mel

    def silence(self, count: int) -> Frames:
        """The sound is over: its next `count` frames if silence follows, at least all that have
        begun."""
        # Those without any sound are known. A product of so many would also wake the threads of
        # BLAS, which take longer than the frames.
        end = -(-(self.samples + 1 + _FFT // 2) // HOP)
        heard = min(count, end - self.frames)
        self.add(np.zeros((self.frames + heard) * HOP - self.samples, np.float32))
        frames = self.make(last=True)
        return np.pad(frames, ((0, 0), (0, count - heard)), constant_values=SILENCE)


def normalised(frames: Frames) -> Frames:
    """The frames of a whole sound with mean 0 and deviation 1 in each band, for models that want
    it (NeMo's `normalize_batch`, "per_feature")."""
    if frames.shape[1] < 2:
        return frames
    mean = frames.mean(1, keepdims=True)
    deviation = frames.std(1, ddof=1, keepdims=True)
    whole: Frames = ((frames - mean) / (deviation + np.float32(1e-5))).astype(np.float32)
    return whole


@cache
def filter_banks(mels: int) -> NDArray[np.float32]:
    """Triangular filters, shape (mels, _FFT // 2 + 1), on Slaney's mel scale and with his norm: the
    defaults of `librosa.filters.mel`, which NeMo uses."""
    edges = _hertz(np.linspace(_mel(0.0), _mel(RATE / 2), mels + 2))
    bins = np.linspace(0, RATE / 2, _FFT // 2 + 1)
    slopes = edges[:, None] - bins
    width = np.diff(edges)[:, None]
    banks = np.maximum(0, np.minimum(-slopes[:-2] / width[:-1], slopes[2:] / width[1:]))
    banks *= 2 / (edges[2:] - edges[:-2])[:, None]
    return np.asarray(banks, np.float32)


_LINEAR_HZ: Final = 200 / 3
"""Hertz in a mel below _BREAK_HZ; above it the scale is logarithmic."""
_BREAK_HZ: Final = 1000.0
_LOG_STEP: Final = float(np.log(6.4)) / 27


def _mel(hertz: float) -> float:
    if hertz < _BREAK_HZ:
        return hertz / _LINEAR_HZ
    return _BREAK_HZ / _LINEAR_HZ + float(np.log(hertz / _BREAK_HZ)) / _LOG_STEP


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_HZ / _LINEAR_HZ))
    return np.where(mel < _BREAK_HZ / _LINEAR_HZ, mel * _LINEAR_HZ, above)
