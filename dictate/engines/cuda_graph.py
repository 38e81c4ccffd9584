"""Records the kernels of a step on the graphics card, so that they can be replayed at once.

A step of a large model launches about a thousand kernels. For a single stream, launching them takes
the processor longer than running them takes the card. A graph records the launches once, and each
later step is one launch. It always reads and writes the same memory.
"""

from collections.abc import Callable
from typing import Final, TypeVar

BEFORE: Final = 3
"""Runs before the recording, in which the libraries choose their kernels and allocate memory."""

Outputs = TypeVar("Outputs")
Replay = Callable[[], None]


def record(run: Callable[[], Outputs]) -> tuple[Outputs, Replay]:
    """Record what `run` does on the card: its results, whose memory is reused, and the replay that
    computes them again (pytorch.org/docs/stable/notes/cuda.html, "CUDA Graphs"). Raises
    RuntimeError if something in it cannot be recorded."""
    import torch

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(BEFORE):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = run()
    return outputs, graph.replay
