"""Selects a pasted text: presses Shift+Left once for each of its characters.

As with BackSpace, this is exact only right behind the text, and only for characters that the cursor
passes one by one. In a terminal these keys mean something else.
"""

import unicodedata
from typing import Any

from Xlib import XK, X

from dictate.errors import NotDelivered
from dictate.outputs.x11.undo import why_not_exact

_RIGHT_TO_LEFT = ("R", "AL", "AN")


def why_not_selectable(text: str) -> str | None:
    """Why Shift+Left may not select exactly this text, or None."""
    if why_not_exact(text):
        return "it is too long, has line ends, or signs that some applications pass in one step"
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return "it is written from right to left"
    return None


def shift_left_keys(display: Any) -> tuple[int, int]:
    """The keycodes of Shift and Left. Raises NotDelivered if the layout has none."""
    shift, left = (
        next((code for code, level in display.keysym_to_keycodes(keysym) if level == 0), 0)
        for keysym in (XK.XK_Shift_L, XK.XK_Left)
    )
    if not (shift and left):
        raise NotDelivered("the keyboard layout has no Shift or no Left key")
    return shift, left


def press_shift_left(display: Any, keys: tuple[int, int], times: int, held: list[int]) -> None:
    """Queue the key presses in one piece, with the `held` modifiers released meanwhile."""
    shift, left = keys
    for modifier in held:
        display.xtest_fake_input(X.KeyRelease, modifier)
    display.xtest_fake_input(X.KeyPress, shift)
    for _ in range(times):
        display.xtest_fake_input(X.KeyPress, left)
        display.xtest_fake_input(X.KeyRelease, left)
    display.xtest_fake_input(X.KeyRelease, shift)
    for modifier in held:
        display.xtest_fake_input(X.KeyPress, modifier)
