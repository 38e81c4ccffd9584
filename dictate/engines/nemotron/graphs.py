"""The encoder's usual steps as CUDA graphs (`cuda_graph.py`), one for each size of step.

A graph always reads and writes the same memory, so inputs and outputs are copied.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dictate.engines.cuda_graph import Replay
from dictate.engines.nemotron.load import SUBSAMPLING
from dictate.engines.nemotron.streaming import HISTORY, Encoded, encode

CHUNKS: Final = 2
"""Largest step with a graph, in chunks. A larger one is rare, and long enough for its launches not
to matter."""


@dataclass(frozen=True, slots=True)
class _Graph:
    inputs: tuple[Any, ...]
    outputs: Encoded
    replay: Replay


class Graphs:
    """Graphs of the encoder's steps, one for each size that occurred while `recording`."""

    def __init__(self, record: Callable[[Callable[[], Encoded]], tuple[Encoded, Replay]]) -> None:
        """`record` runs and records a call: its results, whose memory is reused, and the replay."""
        self.recording = True
        self._record = record
        self._graphs: dict[tuple[int, int, bool], _Graph] = {}

    def encode(
        self, model: Any, context: list[int], chunk: Any, cache: list[Any], *, first: bool
    ) -> Encoded:
        """As `streaming.encode`."""
        size = int(chunk.shape[-1])
        key = (context[1], size, first)
        graph = self._graphs.get(key)
        if graph is None:
            longest = HISTORY + CHUNKS * SUBSAMPLING * (context[1] + 1)
            if not self.recording or size > longest:
                return encode(model, context, chunk, cache, first=first)
            graph = self._graphs[key] = self._recorded(model, context, chunk, cache, first=first)
        for kept, given in zip(graph.inputs, (chunk, *cache), strict=True):
            kept.copy_(given)
        graph.replay()
        encoded, length, *after = graph.outputs
        return (encoded.clone(), length.clone(), *(part.clone() for part in after))

    def _recorded(
        self, model: Any, context: list[int], chunk: Any, cache: list[Any], *, first: bool
    ) -> _Graph:
        inputs = tuple(part.clone() for part in (chunk, *cache))
        length = inputs[0].new_full((1,), inputs[0].shape[-1], dtype=int)

        def run() -> Encoded:
            return encode(model, context, inputs[0], list(inputs[1:]), first=first, length=length)

        return _Graph(inputs, *self._record(run))
