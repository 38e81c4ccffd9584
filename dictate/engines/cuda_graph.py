"""Recording what a graphics card is told to do, so that it can be told again at once.

A step of a large model launches some thousand kernels, which for one stream takes the processor
longer than the card needs to run them. A graph records the launches once, and each later step is
one launch. What it reads and writes lies always in the same memory.
"""

from collections.abc import Callable
from typing import Final, TypeVar

BEFORE: Final = 3
"""Runs before the recording, in which the libraries choose and allocate what they need."""

Outputs = TypeVar("Outputs")
Replay = Callable[[], None]


def record(run: Callable[[], Outputs]) -> tuple[Outputs, Replay]:
    """Record what this does on the card: where its results lie, and what makes them anew
    (pytorch.org/docs/stable/notes/cuda.html, "CUDA Graphs"). Raises RuntimeError where something in
    it cannot be recorded."""
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
