"""The user's replacements: what is recognised, and what is written for it."""

from collections.abc import Iterator

from dictate.hotwords.model import Hotwords
from dictate.text.pieces import Literal


def replacements(hotwords: Hotwords) -> Iterator[tuple[str, Literal]]:
    """Each phrase with its replacement; an empty one deletes the phrase."""
    for heard, written in hotwords.replacements:
        yield heard, Literal(written)
