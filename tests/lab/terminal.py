"""A terminal, seen from the side of the one who looks at it."""

import os


def shown_on(terminal: int) -> bytes:
    """All that is shown until the other side is closed; the terminal is closed then, too."""
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass  # How a terminal says that the other side is closed.
    os.close(terminal)
    return shown
