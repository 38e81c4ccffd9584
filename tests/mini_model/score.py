"""How many words are wrong."""

from __future__ import annotations

from collections.abc import Sequence

import kaldialign


def errors(said: Sequence[str], heard: Sequence[str]) -> float:
    """Words wrong, missing or added, as a share of the words said; capitals and signs count."""
    wrong = words = 0
    for one, other in zip(said, heard, strict=True):
        wrong += kaldialign.edit_distance(one.split(), other.split())["total"]
        words += len(one.split())
    return wrong / words
