"""The user's replacements: heard one way, written another."""

from collections.abc import Iterator

from dictate.hotwords.model import Hotwords
from dictate.text.pieces import Written


def replacements(hotwords: Hotwords) -> Iterator[tuple[str, Written]]:
    """Each phrase that may be heard, with what is written; an empty text takes it out."""
    for heard, written in hotwords.replacements:
        yield heard, Written(written)
