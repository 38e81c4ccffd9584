"""Streaming recognition, chunk by chunk, in constant memory.

The exported encoder takes a window of a fixed size and drops the first two frames that it makes of
it, because they only complete the history. NeMo does so in every step but the first. So the sound
gets a lead of silence in front, of which nothing is left after the first step: without it those two
frames, the first 160 ms of the sound, would be lost.
"""

import copy
import statistics
import time
from collections import deque
from typing import Final

import numpy as np

from dictate.engines.boost_phrases import BoostPhrases
from dictate.engines.onnx.decode import Hypothesis
from dictate.engines.onnx.features import HOP, SILENCE, Features, Frames
from dictate.engines.onnx.model import SUBSAMPLING, Model, Window
from dictate.events import Samples

DROPPED: Final = 2 * SUBSAMPLING
"""Mel frames whose frames of the encoder each step drops."""
TAIL_FRAMES: Final = 30
"""Frames of silence at the end, 300 ms. With less than 240 ms the model leaves out the full stop,
and the last word if the sound ends in it. What the sound has of it is not added again: each step
after the release is a wait."""
QUIET: Final = 6.0
"""How far below the loudest frame a frame is silence, in the unit of the frames: 26 dB. On 540
sounds cut at every distance from the last word no text differed from that with the whole tail."""


class StreamingRecognizer:
    """One sound in a model that streams."""

    def __init__(
        self,
        model: Model,
        window: Window,
        hypotheses: list[Hypothesis],
        prompt_index: int | None = None,
    ) -> None:
        self._model = model
        self._window = window
        self._hypotheses = hypotheses
        self._prompt_index = prompt_index
        self._features = Features(model.mels)
        self._frames: Frames = np.full((model.mels, DROPPED), SILENCE, np.float32)
        """Those that the next step needs."""
        self._caches = window.caches
        self._loudest = SILENCE
        self._silent = 0
        """Frames of silence at the end of the sound so far."""
        self.steps = 0
        self._step_ms: deque[float] = deque(maxlen=1000)

    @property
    def step_ms(self) -> float:
        """Milliseconds of work for the median of the latest steps."""
        return statistics.median(self._step_ms) if self._step_ms else 0.0

    def copy(self) -> "StreamingRecognizer":
        """An independent copy. It costs next to nothing: no array is ever changed in place."""
        twin: StreamingRecognizer = copy.copy(self)
        twin._features = copy.copy(self._features)
        twin._hypotheses = [hypothesis.copy() for hypothesis in self._hypotheses]
        twin._step_ms = self._step_ms.copy()
        return twin

    def again(self, few: BoostPhrases) -> list[int] | None:
        """The token ids of the whole sound with these phrases; None if it is too long to be
        kept."""
        return self._hypotheses[0].again(few)

    def feed(self, samples: Samples) -> list[list[int]]:
        """Take sound in; the new token ids of each hypothesis."""
        self._features.add(samples)
        self._keep(self._features.make())
        return self._process()

    def finish(self) -> list[list[int]]:
        """The sound is over: pad it with silence and process the rest."""
        rest = self._features.samples // HOP - self._features.frames + self._frames.shape[1]
        size, shift = self._window.size, self._window.shift
        tail = max(1, TAIL_FRAMES - self._silent)
        steps = max(1, -(-(rest + tail - size) // shift) + 1)
        missing = size + (steps - 1) * shift - self._frames.shape[1]
        self._keep(self._features.silence(missing))
        return self._process()

    def _keep(self, frames: Frames) -> None:
        self._frames = np.concatenate([self._frames, frames], 1)
        for level in frames.mean(0).tolist():
            self._loudest = max(self._loudest, level)
            self._silent = self._silent + 1 if level < self._loudest - QUIET else 0

    def _process(self) -> list[list[int]]:
        """Process the whole windows that are here."""
        tokens: list[list[int]] = [[] for _ in self._hypotheses]
        while self._frames.shape[1] >= self._window.size:
            began = time.perf_counter()
            encoded, self._caches = self._model.encode(
                self._frames[:, : self._window.size], self._caches, self._prompt_index
            )
            for new, hypothesis in zip(tokens, self._hypotheses, strict=True):
                new += hypothesis.take(encoded)
            self._frames = self._frames[:, self._window.shift :].copy()
            self.steps += 1
            self._step_ms.append((time.perf_counter() - began) * 1000)
        return tokens
