"""The language model's step for one token as CUDA graphs (`cuda_graph.py`).

A recording cannot depend on the number of tokens before: it attends to a stretch at the front of
the cache, whose unwritten end is masked. There are several stretches, each with its graph, so that
a short dictation does not cost as much as the longest.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol

import torch

from dictate.engines.cuda_graph import Replay

STRETCH: Final = 512
"""Tokens by which the lengths of the stretches differ."""

Step = Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]
"""Takes the token, its position and the stretch; returns the likeliest token after it."""


class Recorder(Protocol):
    """The type of `cuda_graph.record`."""

    def __call__(self, run: Callable[[], Any]) -> tuple[Any, Replay]: ...


class Graphs:
    """One graph of the step for each stretch."""

    def __init__(
        self, step: Step, stretches: Iterable[int], device: torch.device, record: Recorder
    ) -> None:
        self._token = torch.zeros(1, dtype=torch.long, device=device)
        self._at = torch.zeros(1, dtype=torch.long, device=device)
        self._graphs = {
            stretch: record(partial(step, self._token, self._at, stretch)) for stretch in stretches
        }

    def step(self, token: int, at: int) -> int:
        """The likeliest token after this one, which is at position `at`."""
        said, replay = self._graphs[stretched(at + 1)]
        self._token.fill_(token)
        self._at.fill_(at)
        replay()
        return int(said)


def stretched(length: int) -> int:
    """The shortest stretch that holds this many tokens."""
    return -(-length // STRETCH) * STRETCH
