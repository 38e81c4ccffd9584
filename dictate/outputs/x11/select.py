"""Which texts Shift+Left selects, pressed once for each character.

As with BackSpace, this is exact only right behind the text, and only for characters that the cursor
passes one by one. In a terminal these keys mean something else.
"""

import unicodedata

from dictate.outputs.x11.undo import why_not_exact

_RIGHT_TO_LEFT = ("R", "AL", "AN")


def why_not_selectable(text: str) -> str | None:
    """Why Shift+Left may not select exactly this text, or None."""
    if why_not_exact(text):
        return "it is too long, has line ends, or signs that some applications pass in one step"
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return "it is written from right to left"
    return None
