"""Takes back a pasted text: presses BackSpace once for each of its characters.

This is exact only if nothing has happened in the window since, and only for characters that every
toolkit deletes one by one. So it is refused after any key or click, for a text with line ends (a
terminal has acted on them, an editor may have indented), and for characters made of several code
points.
"""

import time
import unicodedata
from typing import Any

from Xlib import XK, X
from Xlib.ext import xinput

from dictate.errors import NotDelivered
from dictate.outputs.x11.keys import modifiers, modifiers_down
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.thread import XConnection

UNDO_S = 120.0
"""Seconds after a delivery in which keys and clicks are watched, and the text can be taken back."""
_SILENT = ("Pause", "Scroll_Lock", *(f"F{number}" for number in range(1, 21)))
SHORTCUT_S = 1.0
"""A key pressed within this many seconds with Ctrl, Alt or Super, or a function key, is the
shortcut for the undo."""
LONGEST = 1000
"""Maximum number of characters. More take seconds, in which the user may type."""


class InputActivity:
    """Whether the user has touched anything since the last delivery."""

    def __init__(self, connection: XConnection, raw: RawEvents) -> None:
        self._x = connection
        self._raw = raw
        self._serial = 0
        self._until = 0.0
        self._touched = False
        self._shortcut_at = float("-inf")
        self._modifiers: set[int] = set()
        self._shifts: set[int] = set()
        self._held: set[int] = set()
        self._silent: set[int] = set()
        """The keys that type nothing and move no cursor."""

    def begin(self) -> None:
        """Start to watch: a text has just been delivered."""
        display = self._x.display
        self._serial += 1
        self._until = time.monotonic() + UNDO_S
        self._touched, self._shortcut_at = False, float("-inf")
        self._modifiers = modifiers(display)
        self._shifts = set(display.get_modifier_mapping()[X.ShiftMapIndex])
        self._held = set(modifiers_down(display))
        self._silent = {
            code
            for name in _SILENT
            for code, _ in display.keysym_to_keycodes(XK.string_to_keysym(name))
        }
        kinds = (xinput.RawKeyPress, xinput.RawKeyRelease, xinput.RawButtonPress)
        self._raw.listen(self._see, *kinds)
        serial = self._serial
        self._x.call_later(UNDO_S, lambda: self.end() if serial == self._serial else None)

    def end(self) -> None:
        """Stop to watch."""
        self._until = 0.0
        self._raw.deafen(self._see)

    def unavailable_reason(self) -> str | None:
        """Why the text may not be the last thing that happened in its window, or None."""
        if not self._raw.able:
            return "this X server does not say whether something was typed since"
        self._x.poll()
        if time.monotonic() >= self._until:
            return f"the last text was written more than {UNDO_S:.0f} s ago, or taken back already"
        shortcut = time.monotonic() - self._shortcut_at < SHORTCUT_S
        if self._touched or (self._shortcut_at > 0 and not shortcut):
            return (
                "something was typed or clicked since it was written: press Ctrl+Z there (typing "
                "a command in a terminal counts, pressing undo_key of [hotkey] does not)"
            )
        return None

    def _see(self, kind: int, code: int) -> None:
        if kind == xinput.RawKeyRelease:
            self._held.discard(code)
        elif kind == xinput.RawButtonPress:
            self._touched = True
        elif code in self._modifiers:
            self._held.add(code)
        elif (self._held - self._shifts or code in self._silent) and self._shortcut_at < 0:
            self._shortcut_at = time.monotonic()
        else:
            self._touched = True


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
