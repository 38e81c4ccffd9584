"""What the test model is told about its errors, on a CPU and quickly."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch

Tensor: TypeAlias = Any  # torch's types take minutes to follow (pyproject.toml)


def transducer(logits: Tensor, labels: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
    """Minus the log probability of each row's labels, summed over all ways through the lattice.

    logits: row, frame, label so far, piece (the last piece is blank).
    """
    scores = logits.log_softmax(-1)
    rows, every_frame, states, _ = scores.shape
    blank = scores[..., -1]
    labels = labels[:, None, :, None].expand(rows, every_frame, states - 1, 1)
    emit = scores[:, :, :-1].gather(-1, labels).squeeze(-1)
    beyond = torch.arange(states - 1) >= lengths[:, None]
    emit = emit.masked_fill(beyond[:, None], -1e4)
    # Within a frame a sum of exponentials along the labels does what a loop over them would.
    steps = torch.cat([torch.zeros(rows, every_frame, 1), emit.cumsum(-1)], -1)
    reached = [steps[:, 0]]
    for frame in range(1, every_frame):
        arrived = reached[-1] + blank[:, frame - 1]
        here = steps[:, frame]
        reached.append(here + torch.logcumsumexp(arrived - here, -1))
    row = torch.arange(rows)
    last = torch.stack(reached, 1)[row, frames - 1, lengths]
    return -(last + blank[row, frames - 1, lengths])


def spread_evenly(
    features: Tensor,
    sizes: Tensor,
    labels: Tensor,
    lengths: Tensor,
    weights: Tensor,
    frames: Tensor,
) -> Tensor:
    """A guess which piece is spoken in which frame: between the first and the last loud sound, each
    piece for as long as its weight says. Blank elsewhere, -100 (ignore) beyond the end.

    It is wrong in detail, yet a model that has seen it learns the rest, and one that has not may
    learn the language only and never to listen.
    """
    blank = len(weights)
    every_frame = int(frames.max())
    loudness = features.mean(1)
    guess = torch.full((len(sizes), every_frame), blank)
    middles = torch.arange(every_frame) + 0.5
    for row, (size, length) in enumerate(zip(sizes.tolist(), lengths.tolist(), strict=True)):
        if length:
            loud = loudness[row, :size]
            loud = torch.nonzero(loud > loud.min() + 0.35 * (loud.max() - loud.min())).flatten()
            start, end = int(loud[0]) / 8, (int(loud[-1]) + 1) / 8
            ends = weights[labels[row, :length]].cumsum(0)
            part = (middles - start) / (end - start)
            at = torch.searchsorted(ends / ends[-1], part.clamp(0, 0.9999)).clamp(max=length - 1)
            spoken = (part >= 0) & (part < 1)
            guess[row] = torch.where(spoken, labels[row, at], blank)
        guess[row, int(frames[row]) :] = -100
    return guess
