"""The user's replacements: heard one way, written another."""

from collections.abc import Iterator

from dictate.hotwords.model import Hotwords
from dictate.text.pieces import Literal


def replacements(hotwords: Hotwords) -> Iterator[tuple[str, Literal]]:
    """Each phrase that may be heard, with what is written; an empty text takes it out."""
    for heard, written in hotwords.replacements:
        yield heard, Literal(written)
