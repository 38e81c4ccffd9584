"""Takes back a pasted text: presses BackSpace once for each of its characters.

This is exact only if nothing has happened in the window since, and only for characters that every
toolkit deletes one by one. So it is refused after any key or click, for a text with line ends (a
terminal has acted on them, an editor may have indented), and for characters made of several code
points.
"""

import unicodedata

LONGEST = 1000
"""Maximum number of characters. More take seconds, in which the user may type."""


def why_not_exact(text: str) -> str | None:
    """Why BackSpace may not remove exactly this text, or None."""
    if len(text) > LONGEST:
        return f"it has more than {LONGEST} characters: press Ctrl+Z there"
    if "\n" in text:
        return "it has line ends, which may have done something there: press Ctrl+Z there"
    if any(unicodedata.category(c)[0] in "MC" or ord(c) > 0xFFFF for c in text):
        return "not every application deletes its signs one by one: press Ctrl+Z there"
    return None
