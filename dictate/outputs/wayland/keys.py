"""Presses the chord Shift+Insert, Enter, or the arrows that select, on a virtual keyboard.

The keyboard has an ordinary layout and is kept, because applications get a keyboard's layout before
its keys, and some ignore a chord from a keyboard with a single key. Keys that are down or locked on
the user's keyboard do not affect this one.
"""

import os
import time

from dictate.outputs.paste.shift_insert import DOWN, ENTER, INSERT, LEFT, RIGHT, SHIFT, UP
from dictate.outputs.wayland.protocols import KEYBOARD, KEYBOARD_MANAGER
from dictate.outputs.wayland.thread import WaylandConnection

KEYMAP = b"""xkb_keymap {
xkb_keycodes { include "evdev+aliases(qwerty)" };
xkb_types { include "complete" };
xkb_compat { include "complete" };
xkb_symbols { include "pc+us+inet(evdev)" };
};
\0"""
_XKB_V1 = 1
_SHIFT_MASK = 1


class KeyChord:
    """The keyboard. Raises Unavailable where the compositor allows none."""

    def __init__(self, connection: WaylandConnection) -> None:
        manager = connection.bind(KEYBOARD_MANAGER)
        self._keyboard = manager.send("create_virtual_keyboard", connection.seat, KEYBOARD)
        keymap = os.memfd_create("dictate-keymap", os.MFD_CLOEXEC)
        os.write(keymap, KEYMAP)
        self._keyboard.send("keymap", _XKB_V1, keymap, len(KEYMAP))

    def press(self) -> None:
        """Queue the whole chord in one piece, so that a crash of Dictate leaves no key down."""
        self._with_shift(INSERT)

    def press_enter(self) -> None:
        """Queue Enter, in one piece."""
        self._tap(ENTER)

    def select_left(self, count: int) -> None:
        """Queue Shift+Left so many times, in one piece."""
        self._with_shift(*[LEFT] * count)

    def press_right(self) -> None:
        """Queue Right, which ends a selection."""
        self._tap(RIGHT)

    def _with_shift(self, *codes: int) -> None:
        send, when = self._keyboard.send, _now()
        send("key", when, SHIFT, DOWN)
        send("modifiers", _SHIFT_MASK, 0, 0, 0)
        for code in codes:
            self._tap(code)
        send("key", when, SHIFT, UP)
        send("modifiers", 0, 0, 0, 0)

    def _tap(self, code: int) -> None:
        for state in (DOWN, UP):
            self._keyboard.send("key", _now(), code, state)


def _now() -> int:
    return int(time.monotonic() * 1000) & 0xFFFFFFFF
