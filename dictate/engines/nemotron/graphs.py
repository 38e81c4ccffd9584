"""The encoder's usual steps as CUDA graphs (`cuda_graph.py`), one for each size of step.

What a graph reads and writes lies always in the same memory, so what goes in and comes out is
copied.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dictate.engines.cuda_graph import Replay
from dictate.engines.nemotron.load import SUBSAMPLING
from dictate.engines.nemotron.streaming import HISTORY, Encoded, encode

CHUNKS: Final = 2
"""A step of more chunks is rare, and long enough to be worth its launches."""


@dataclass(frozen=True, slots=True)
class _Graph:
    inputs: tuple[Any, ...]
    outputs: Encoded
    replay: Replay


class Graphs:
    """Graphs of the encoder's steps, one for each size that came while `recording`."""

    def __init__(self, record: Callable[[Callable[[], Encoded]], tuple[Encoded, Replay]]) -> None:
        """`record` runs and records what it is given: where the results lie, and the replay."""
        self.recording = True
        self._record = record
        self._graphs: dict[tuple[int, int, bool], _Graph] = {}

    @property
    def many(self) -> int:
        """How many sizes of step have a graph."""
        return len(self._graphs)

    def encode(
        self, model: Any, context: list[int], chunk: Any, cache: list[Any], *, first: bool
    ) -> Encoded:
        """As `nemotron_stream.encode`."""
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
