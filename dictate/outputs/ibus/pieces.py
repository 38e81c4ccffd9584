"""What IBus takes of a text at once."""

from collections.abc import Iterator
from typing import Final

LONGEST_BYTES: Final = 3000
"""Maximum size of a piece: GNOME passes it on as one Wayland message, which has 4,096 bytes."""
LONGEST_XIM_BYTES: Final = 400
"""The same for older programs, which use IBus through XIM: it breaks if more comes at once."""


def pieces(text: str, longest: int) -> Iterator[str]:
    """Split `text` into pieces of at most `longest` bytes."""
    piece: list[str] = []
    size = 0
    for character in text:
        length = len(character.encode())
        if size + length > longest:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(character)
        size += length
    yield "".join(piece)
