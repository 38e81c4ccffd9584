"""Mixes the channels of a recording to one, so that no kind of recording loses its speech. Pure.

The mean of the channels is right for most recordings, and keeps a conversation in which each
speaker has a channel of their own. It is wrong for two kinds:

- **A dead channel** (a microphone at one input of a stereo device, speech in the centre of 5.1)
  only makes the others quieter. It does not count.
- **Opposite channels** (a cable with swapped wires) cancel each other. Then the loudest one counts.

Energy decides, without its constant part: that of the last half second, so that the choice follows
the recording, but not each single sound of it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.events import Samples

_DEAD: Final = 1e-6
"""Share of the loudest channel's energy below which a channel is dead: -60 dB, less than the noise
of a microphone that is in use."""
_CANCELLED: Final = 0.25
"""Share of the energy that the mean of unrelated channels has, below which the mean has lost the
sound."""
_MEMORY_S: Final = 0.5
"""Seconds after which energy counts for a third."""


_MAX_CHANNELS: Final = 32
"""Maximum number of channels that are compared; of more, which only special devices have, the mean
is taken."""


class Downmix:
    """Mixes a stream of blocks."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._energies: NDArray[np.float64] | None = None
        """The energy of each channel, and of each pair what they have in common."""
        self._weights: NDArray[np.float32] | None = None

    def mix(self, block: NDArray[np.float32]) -> Samples:
        """A block of shape (frames, channels) as one channel, shape (frames,)."""
        channels = block.shape[1]
        if channels == 1:
            return block[:, 0]
        if len(block) and channels <= _MAX_CHANNELS:
            self._listen(block)
        mixed: Samples
        if self._weights is None:
            mixed = block.mean(axis=1, dtype=np.float32)
        else:
            mixed = block @ self._weights
        return mixed

    def _listen(self, block: NDArray[np.float32]) -> None:
        centred = block - block.mean(axis=0, dtype=np.float32)
        energies = (centred.T @ centred).astype(np.float64)
        if self._energies is not None:
            energies += self._energies * np.exp(-len(block) / (self._rate * _MEMORY_S))
        each = energies.diagonal()
        loudest = each.max()
        if not np.isfinite(energies).all():
            return
        self._energies = energies
        if loudest <= 0:
            return  # silence says nothing about the channels
        alive = each >= _DEAD * loudest
        weights = (alive / alive.sum()).astype(np.float32)
        of_the_mean, of_unrelated = weights @ energies @ weights, weights**2 @ each
        if of_the_mean < _CANCELLED * of_unrelated:
            # The first of the loud ones: two equal ones must not take turns.
            weights = np.zeros_like(weights)
            weights[np.argmax(each >= loudest / 2)] = 1
        self._weights = weights
