"""Streaming recognition with a cache-aware FastConformer-RNNT, chunk by chunk, in constant memory.

Strategy: `Features` computes log-mel frames while the sound comes, equal to those of the whole
sound. `StreamingRecognizer` passes them to the encoder in whole chunks, with the caches of the step
before, and the encoded frames to a `Decoder`. Chunks that wait are processed in one step, with the
same result as one step each (attention is limited to whole chunks). The end is padded with silence
and processed in one step.
"""

import copy
import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch

from dictate.engines.boost_phrases import BoostPhrases
from dictate.engines.nemotron.decode import Decoder
from dictate.engines.nemotron.load import SUBSAMPLING
from dictate.events import RATE, Samples

MARGIN: Final = 4
"""Frames to the left of new ones that are computed again, so that window and pre-emphasis of the
new ones cover the same samples as in the whole sound."""
TAIL_FRAMES: Final = 30
"""Frames of silence after the end, 300 ms. With less than 240 ms the model leaves out the full
stop, and the last word if the sound ends in it."""
AT_ONCE: Final = (8, 5, 4, 3, 2, 1)
"""Numbers of chunks that one step may process: few, because the first step of a size is slow."""
HISTORY: Final = 9
"""Frames before a chunk that the subsampling needs."""


Encoded = tuple[Any, ...]
"""The result of a step of the encoder: its frames, shape (1, width, n), their number, and the three
caches for the next step."""


def encode(
    model: Any,
    context: list[int],
    chunk: Any,
    cache: list[Any],
    *,
    first: bool,
    length: Any = None,
) -> Encoded:
    """A step of the encoder over `chunk`, mel frames of shape (1, mels, n) including the history,
    which the `first` step lacks; `length` is n as a tensor, if the caller has it."""
    use_context(model, context)
    if length is None:
        length = torch.tensor([chunk.shape[-1]], device=chunk.device)
    streaming = model.encoder.streaming_cfg
    return tuple(
        model.encoder.cache_aware_stream_step(
            processed_signal=chunk,
            processed_signal_length=length,
            cache_last_channel=cache[0],
            cache_last_time=cache[1],
            cache_last_channel_len=cache[2],
            keep_all_outputs=True,
            drop_extra_pre_encoded=0 if first else streaming.drop_extra_pre_encoded,
        )
    )


class Features:
    """Log-mel frames, shape (1, mels, n), of a sound that is still coming."""

    def __init__(self, preprocessor: Any, device: Any) -> None:
        window = preprocessor.featurizer
        self._preprocessor = preprocessor
        self._device = device
        self._hop: int = window.hop_length
        self._half: int = window.n_fft // 2
        self._sound = np.zeros(0, np.float32)
        self._start = 0
        """The first sample that is kept."""
        self._frames = 0

    @property
    def samples(self) -> int:
        """Number of samples so far."""
        return self._start + len(self._sound)

    def add(self, samples: Samples) -> None:
        """Take more sound."""
        self._sound = np.concatenate([self._sound, samples])

    @property
    def ready(self) -> int:
        """Number of frames that can be computed now."""
        # Frame i is centred on sample i * hop and sees half a transform to its right.
        complete = max(0, (self.samples - self._half) // self._hop + 1)
        return max(0, complete - self._frames)

    def make(self, *, last: bool = False) -> Any:
        """The frames that are ready; with `last`, all that are left. None if there are none."""
        frames = self.samples // self._hop if last else self._frames + self.ready
        if frames <= self._frames:
            return None
        begin = max(0, self._frames - MARGIN)
        end = self.samples if last else frames * self._hop + self._half
        sound = self._sound[begin * self._hop - self._start : end - self._start]
        mel, _ = self._preprocessor(
            input_signal=torch.from_numpy(sound)[None].to(self._device),
            length=torch.tensor([len(sound)], device=self._device),
        )
        new = mel[:, :, self._frames - begin : frames - begin]
        self._frames = frames
        keep = max(0, frames - MARGIN) * self._hop
        if keep > self._start:
            self._sound, self._start = self._sound[keep - self._start :].copy(), keep
        return new


class StreamingRecognizer:
    """One sound in the model. `context` is one of its `att_context_size`s, left and right, in
    frames of the encoder; `encode` runs a step of the encoder."""

    def __init__(
        self,
        model: Any,
        context: list[int],
        decoder: Decoder,
        encode: Callable[..., Encoded] = encode,
    ) -> None:
        self._model = model
        self._encode = encode
        self._context = context
        self._size = SUBSAMPLING * (context[1] + 1)
        self._first = self._size - SUBSAMPLING + 1
        if self._first < HISTORY:
            # The second chunk would lack a part of its history: both go first, together.
            self._first += self._size
        self._features = Features(model.preprocessor, model.device)
        self._dtype = next(model.encoder.parameters()).dtype
        self._kept: Any = None
        """Up to HISTORY frames that are processed, and those that wait."""
        self._history = 0
        self._taken = 0
        use_context(model, context)
        self._cache = model.encoder.get_initial_cache_state(batch_size=1, dtype=self._dtype)
        self._decoder = decoder
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
        twin._decoder = self._decoder.copy()
        twin._step_ms = self._step_ms.copy()
        return twin

    def again(self, few: BoostPhrases) -> list[int] | None:
        """The token ids of the whole sound with these phrases; None if it is too long to be
        kept."""
        return self._decoder.again(few)

    @torch.inference_mode()
    def feed(self, samples: Samples) -> list[list[int]]:
        """Take sound in; the new token ids of each hypothesis."""
        self._features.add(samples)
        tokens: list[list[int]] = [[] for _ in self._decoder.hypotheses]
        if self._waiting + self._features.ready < self._next_size(1):
            return tokens
        self._keep(self._features.make())
        while (chunks := self._whole_chunks()) > 0:
            many = next(number for number in AT_ONCE if number <= chunks)
            self._step(self._next_size(many), tokens)
        return tokens

    @torch.inference_mode()
    def finish(self) -> list[list[int]]:
        """The sound is over: pad it with silence and process the rest."""
        hop = RATE // 100
        rest = self._features.samples // hop - self._taken + TAIL_FRAMES
        many = 1
        while self._next_size(many) < rest:
            many += 1
        size = self._next_size(many)
        silence = (self._taken + size) * hop - self._features.samples
        self._features.add(np.zeros(silence, np.float32))
        self._keep(self._features.make(last=True))
        tokens: list[list[int]] = [[] for _ in self._decoder.hypotheses]
        self._step(size, tokens)
        return tokens

    def _keep(self, frames: Any) -> None:
        if frames is not None:
            frames = frames.to(self._dtype)
            self._kept = frames if self._kept is None else torch.cat((self._kept, frames), -1)

    @property
    def _waiting(self) -> int:
        return 0 if self._kept is None else int(self._kept.shape[-1]) - self._history

    def _whole_chunks(self) -> int:
        beyond = self._waiting - self._next_size(1)
        return 0 if beyond < 0 else 1 + beyond // self._size

    def _next_size(self, chunks: int) -> int:
        return self._size * chunks if self.steps else self._first + self._size * (chunks - 1)

    def _step(self, size: int, tokens: list[list[int]]) -> None:
        began = time.perf_counter()
        model = self._model
        chunk = self._kept[:, :, : self._history + size]
        encoded, length, *self._cache = self._encode(
            model, self._context, chunk, self._cache, first=not self.steps
        )
        for all_of_it, new in zip(tokens, self._decoder.take(encoded, length), strict=True):
            all_of_it += new
        self._kept = self._kept[:, :, max(0, self._history + size - HISTORY) :].clone()
        self._history = min(HISTORY, self._history + size)
        self._taken += size
        self.steps += 1
        self._step_ms.append((time.perf_counter() - began) * 1000)


def use_context(model: Any, context: list[int]) -> None:
    """Set the look-ahead for the next step: the model has only one at a time."""
    if list(model.encoder.att_context_size) != context:
        model.encoder.set_default_att_context_size(context)
