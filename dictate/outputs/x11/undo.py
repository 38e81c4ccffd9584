"""Takes back a pasted text: presses BackSpace once for each of its characters.

This is exact only if nothing has happened in the window since, and only for characters that every
toolkit deletes one by one. So it is refused after any key or click, for a text with line ends (a
terminal has acted on them, an editor may have indented), and for characters made of several code
points.
"""

import unicodedata
from typing import Any

from Xlib import XK, X

from dictate.errors import NotDelivered

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


def backspace_key(display: Any) -> int:
    """The keycode of BackSpace. Raises NotDelivered if the layout has none."""
    for code, level in display.keysym_to_keycodes(XK.XK_BackSpace):
        if level == 0:
            return int(code)
    raise NotDelivered("the keyboard layout has no BackSpace key")


def press_backspace(display: Any, code: int, times: int, held: list[int]) -> None:
    """Queue the key presses in one piece, with the `held` modifiers released meanwhile."""
    for modifier in held:
        display.xtest_fake_input(X.KeyRelease, modifier)
    for _ in range(times):
        display.xtest_fake_input(X.KeyPress, code)
        display.xtest_fake_input(X.KeyRelease, code)
    for modifier in held:
        display.xtest_fake_input(X.KeyPress, modifier)
