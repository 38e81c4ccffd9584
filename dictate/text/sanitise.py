"""The last text step, always: only plain text leaves here, with no line end but a spoken one."""

from collections.abc import Iterable

from dictate.plain_text import clean
from dictate.text.pieces import Break


def sanitise(pieces: Iterable[str | Break]) -> str:
    """The text to write, with a line end for each Break and none besides."""
    return "".join(piece.value if isinstance(piece, Break) else clean(piece) for piece in pieces)
