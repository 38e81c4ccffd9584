"""Takes back a pasted text: presses BackSpace once for each of its characters.

This is exact only if nothing has happened in the window since, and only for characters that every
toolkit deletes one by one. So it is refused after any key or click, for a text with line ends (a
terminal has acted on them, an editor may have indented), and for characters made of several code
points.
"""

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from Xlib import XK, X
from Xlib.ext import xinput

from dictate.errors import NotDelivered
from dictate.outputs.x11.keys import modifiers, modifiers_down
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.thread import XConnection

UNDO_S = 120.0
"""Seconds after a delivery in which keys and clicks are watched, and the text can be taken back."""
SHORTCUT_S = 1.0
"""A key pressed within this many seconds with Ctrl, Alt or Super is the shortcut for the undo."""
LONGEST = 1000
"""Maximum number of characters. More take seconds, in which the user may type."""


HOTKEY_S = 0.2
"""A key pressed within this many seconds of the moment in which Dictate was asked for something is
the hotkey. The two are reported on different connections."""
_WHEEL: Final = frozenset(range(4, 8))
"""The buttons of a wheel, by which the cursor does not move."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A key or a button, alone or with Ctrl, Alt or Super."""

    kind: int
    code: int
    chord: bool

    @property
    def scrolls(self) -> bool:
        return self.kind == xinput.RawButtonPress and self.code in _WHEEL


class InputActivity:
    """What the user has pressed since the last change of ours. Modifiers alone do not count."""

    def __init__(self, connection: XConnection, raw: RawEvents) -> None:
        self._x = connection
        self._raw = raw
        self._serial = 0
        self._undoable_until = 0.0
        self._pressed: list[tuple[float, _Key]] = []
        """With the monotonic seconds of the press."""
        self._modifiers: set[int] = set()
        self._shifts: set[int] = set()
        self._held: set[int] = set()

    def begin(self, *, undoable: bool) -> None:
        """Start to watch: a text has just been delivered; or taken back, not `undoable`."""
        display = self._x.display
        self._serial += 1
        self._undoable_until = time.monotonic() + UNDO_S if undoable else 0.0
        self._pressed.clear()
        self._modifiers = modifiers(display)
        self._shifts = set(display.get_modifier_mapping()[X.ShiftMapIndex])
        self._held = set(modifiers_down(display))
        kinds = (xinput.RawKeyPress, xinput.RawKeyRelease, xinput.RawButtonPress)
        self._raw.listen(self._see, *kinds)
        serial = self._serial
        self._x.call_later(UNDO_S, lambda: self._end() if serial == self._serial else None)

    def _end(self) -> None:
        self._raw.deafen(self._see)

    def unavailable_reason(self) -> str | None:
        """Why the text may not be the last thing that happened in its window, or None."""
        if not self._raw.able:
            return "this X server does not say whether something was typed since"
        self._x.poll()
        now = time.monotonic()
        if now >= self._undoable_until:
            return f"the last text was written more than {UNDO_S:.0f} s ago, or taken back already"
        match self._pressed:
            case []:
                return None
            case [(at, key)] if key.chord and now - at < SHORTCUT_S:
                return None
        return "something was typed or clicked since it was written: press Ctrl+Z there"

    def untouched(self, asked_at: Sequence[float]) -> bool:
        """Whether nothing that may have moved the cursor or changed the text was pressed, as far as
        this server reports it.

        A key that was pressed when Dictate was asked for something, at one of these monotonic
        seconds, is the hotkey: it never counts.
        """
        hotkeys = {
            key
            for at, key in self._pressed
            if any(abs(at - asked) < HOTKEY_S for asked in asked_at)
        }
        return all(key in hotkeys or key.scrolls for _, key in self._pressed)

    def _see(self, kind: int, code: int) -> None:
        if kind == xinput.RawKeyRelease:
            self._held.discard(code)
        elif kind == xinput.RawKeyPress and code in self._modifiers:
            self._held.add(code)
        else:
            chord = kind == xinput.RawKeyPress and bool(self._held - self._shifts)
            self._pressed.append((time.monotonic(), _Key(kind, code, chord)))


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
