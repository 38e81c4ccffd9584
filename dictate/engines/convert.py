"""Converts sound of any rate, width and channel count, as Wyoming clients send it, to samples."""

import numpy as np
import soxr

from dictate.errors import EngineError
from dictate.events import RATE, Samples, samples_from_pcm
from dictate.translation import _

_FULL_SCALE = {1: 2.0**7, 2: 2.0**15, 3: 2.0**23, 4: 2.0**31}


class Converter:
    """Converts one stream of interleaved PCM, chunk by chunk."""

    def __init__(self, rate: int, width: int, channels: int) -> None:
        """`rate` in hertz, `width` in bytes. Raises EngineError for an odd format."""
        if not (4_000 <= rate <= 384_000 and width in _FULL_SCALE and 1 <= channels <= 32):
            raise EngineError(
                _(
                    "sound of {rate} Hz, {width} bytes, {channels} channels cannot be used; "
                    "send 4000 to 384000 Hz, 1 to 4 bytes, 1 to 32 channels"
                ).format(rate=rate, width=width, channels=channels)
            )
        self.format = (rate, width, channels)
        self._width = width
        self._channels = channels
        self._plain = self.format == (RATE, 2, 1)
        self._rest = b""
        self._resampler = (
            None if rate == RATE else soxr.ResampleStream(rate, RATE, 1, dtype="float32")
        )

    def convert(self, pcm: bytes, *, last: bool = False) -> Samples:
        """The samples that are ready; with `last`, also those that the resampler still holds."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % (self._width * self._channels)
        pcm, self._rest = pcm[:whole], pcm[whole:]
        if self._plain:
            return samples_from_pcm(pcm)
        mono: Samples = self._decode(pcm).reshape(-1, self._channels).mean(axis=1, dtype=np.float32)
        if self._resampler is None:
            return mono
        resampled: Samples = self._resampler.resample_chunk(mono, last=last)
        return resampled

    def _decode(self, pcm: bytes) -> Samples:
        if self._width == 1:
            numbers = np.frombuffer(pcm, np.uint8).astype(np.float32) - np.float32(128)
        elif self._width == 3:
            padded = np.zeros((len(pcm) // 3, 4), np.uint8)
            padded[:, 1:] = np.frombuffer(pcm, np.uint8).reshape(-1, 3)
            numbers = (padded.reshape(-1).view("<i4") >> 8).astype(np.float32)
        else:
            numbers = np.frombuffer(pcm, f"<i{self._width}").astype(np.float32)
        samples: Samples = numbers / np.float32(_FULL_SCALE[self._width])
        return samples
