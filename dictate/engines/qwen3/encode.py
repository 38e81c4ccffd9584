"""Encodes sound with Qwen3-ASR's audio encoder while it is still coming.

Strategy: the encoder works on independent windows of 8 s, so each is encoded as soon as it is
complete, and only the rest is left at the end. One thing depends on the whole sound: log-mel values
are clipped 80 dB below its loudest value. So the values are kept unclipped, and a window is encoded
again if a louder sound came later and clipping now affects one of its values. The result is that of
the whole sound.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from dictate.events import Samples

FLOOR: Final = 8.0
"""Distance below the loudest value, in log10 of the power, at which values are clipped."""


@dataclass(slots=True)
class _Window:
    """The frames of a window."""

    mel: torch.Tensor
    """log10 of the power, shape (mels, frames), unclipped."""
    lowest: float
    highest: float
    floor: float = -np.inf
    """The value at which it was clipped for `encoded`."""
    encoded: torch.Tensor | None = None
    """Shape (tokens, width of the language model)."""

    def stale(self, floor: float) -> bool:
        """Whether this floor would change the encoding."""
        if self.encoded is None:
            return True
        return floor != self.floor and self.lowest < max(floor, self.floor)


class Sound:
    """One sound in the encoder, of at most `longest` samples."""

    def __init__(self, model: Any, extractor: Any, longest: int) -> None:
        config = model.config.audio_config
        self._model = model
        self._hop: int = extractor.hop_length
        self._size: int = extractor.n_fft
        self._shortest: int = extractor.min_length
        self._per_window: int = config.n_window_infer
        self._multiple: int = 2 * config.n_window
        self._filters = torch.from_numpy(extractor.mel_filters).float().T.to(model.device)
        self._shape = torch.hann_window(self._size, device=model.device)
        self._samples = np.zeros(max(longest, self._shortest), np.float32)
        self._windows: list[_Window] = []
        self.length = 0
        """Number of samples so far."""

    @property
    def samples(self) -> Samples:
        """The samples so far."""
        return self._samples[: self.length]

    def add(self, samples: Samples) -> None:
        """Take more sound, up to `longest` in all."""
        self._samples[self.length : self.length + len(samples)] = samples
        self.length += len(samples)

    @torch.inference_mode()
    def ahead(self) -> bool:
        """Encode the windows that are complete; whether there was a new one."""
        if not self._gather():
            return False
        self._encode(self._windows, self._floor(self._windows))
        return True

    @torch.inference_mode()
    def embeddings(self) -> torch.Tensor:
        """The whole sound so far, encoded; shape (tokens, width of the language model)."""
        self._gather()
        first = len(self._windows) * self._per_window
        frames = max(self.length, self._shortest) // self._hop
        windows = list(self._windows)
        if frames > first:
            windows.append(self._window(first, frames))
        self._encode(windows, self._floor(windows))
        return torch.cat([_encoded(window) for window in windows])

    def _gather(self) -> bool:
        """Compute the windows that are complete; whether there is a new one."""
        before = len(self._windows)
        while self.length >= ((last := self._end()) - 1) * self._hop + self._size // 2:
            self._windows.append(self._window(last - self._per_window, last))
        return len(self._windows) > before

    def _end(self) -> int:
        return (len(self._windows) + 1) * self._per_window

    def _window(self, first: int, last: int) -> _Window:
        """These frames. The sound is mirrored at both ends, as in the model's training."""
        length, half = max(self.length, self._shortest), self._size // 2
        begin, end = first * self._hop - half, (last - 1) * self._hop + half
        piece = np.pad(
            self._samples[max(0, begin) : min(end, length)],
            (max(0, -begin), max(0, end - length)),
            mode="reflect",
        )
        spectrum = torch.stft(
            torch.from_numpy(piece).to(self._shape.device),
            self._size,
            self._hop,
            window=self._shape,
            center=False,
            return_complex=True,
        )
        mel = (self._filters @ spectrum.abs() ** 2).clamp(min=1e-10).log10()
        lowest, highest = torch.aminmax(mel)
        return _Window(mel, float(lowest), float(highest))

    def _floor(self, windows: list[_Window]) -> float:
        return max(window.highest for window in windows) - FLOOR

    def _encode(self, windows: list[_Window], floor: float) -> None:
        """Encode the windows that need it, all at once."""
        wanted = [window for window in windows if window.stale(floor)]
        if not wanted:
            return
        mel = torch.cat([window.mel for window in wanted], dim=-1)
        frames = int(mel.shape[-1])
        features = (mel.clamp(min=floor) + 4.0) / 4.0
        rest = -frames % self._multiple
        mask = torch.ones(1, frames, dtype=torch.long, device=mel.device)
        encoded = self._model.get_audio_features(
            torch.nn.functional.pad(features, (0, rest))[None].to(self._model.dtype),
            torch.nn.functional.pad(mask, (0, rest)),
            return_dict=True,
        ).pooler_output
        tokens = [self._tokens(int(window.mel.shape[-1])) for window in wanted]
        for window, part in zip(wanted, encoded.split(tokens), strict=True):
            window.encoded, window.floor = part, floor

    def _tokens(self, frames: int) -> int:
        """The number of tokens: three convolutions of stride 2, over pieces of a second."""
        whole, rest = divmod(frames, self._multiple)
        return whole * _halved(self._multiple) + _halved(rest)


def _halved(frames: int) -> int:
    for _ in range(3):
        frames = (frames + 1) // 2
    return frames


def _encoded(window: _Window) -> torch.Tensor:
    assert window.encoded is not None
    return window.encoded
