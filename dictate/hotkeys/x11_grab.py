"""Hears a key, alone or with modifiers, that no other program shall hear: by a grab of the server.

A grab takes the whole keyboard from the press to the release, also from whoever pastes the last
text while the next is being said. So the server is told to ask us at each key (it holds the others
back until we answer): what belongs to the hotkey is kept, and any other key ends the grab, goes
where it would have gone, and those behind it too. The release is then asked of the keymap. Only to
another grab of ours the server would not let it come: so it is handed over here.
"""

import itertools
import time
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

from Xlib import XK, X, error

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.chord import Chord
from dictate.hotkeys.x11_watch import KeyWatcher
from dictate.platform.x11 import grabs_of_ours

DOWN_S = 0.02
"""How often the keymap is asked while the key is down."""
QUIET_S = 1.0

_KEYSYMS = {
    "ctrl": "Control_L",
    "alt": "Alt_L",
    "shift": "Shift_L",
    "super": "Super_L",
    "num_lock": "Num_Lock",
}
_EVERY_MODIFIER = 0xFF

_all: "set[GrabWatch]" = set()
"""Those that listen in this process."""


class GrabWatch(KeyWatcher):
    """`always`: whichever modifiers are down with it; else only those of the chord."""

    def __init__(
        self,
        chord: Chord,
        on_key: Callable[[KeyDown | KeyUp], None],
        on_ready: Callable[[], None],
        *,
        always: bool,
    ) -> None:
        super().__init__(chord, on_key, on_ready)
        self._always = always
        self._grabbed: tuple[frozenset[int], int, int] = frozenset(), 0, 0
        """The codes that are, with which modifiers, and the bit of Num Lock."""
        self._modifiers: set[int] = set()
        """The codes of the modifiers that belong to the key."""
        self._exact = 0
        """The mask of those modifiers."""
        self._locks = 0
        self._handed = False
        """Another grab had the keyboard when the key was pressed."""

    def begin(self) -> None:
        self.mapped()
        _all.add(self)

    def end(self) -> None:
        _all.discard(self)
        grabs_of_ours.discard(self)

    def mapped(self) -> None:
        keys = self.display.get_modifier_mapping()
        bits = [self._bit(keys, name) for name in self.chord.modifiers]
        self._modifiers = {code for bit in bits for code in keys[bit.bit_length() - 1] if code}
        caps, num = X.LockMask, self._bit(keys, "num_lock")
        self._exact = exact = reduce(or_, bits, 0)
        self._locks = caps | num
        if (wanted := (frozenset(self.codes), exact, num)) == self._grabbed:
            return  # letting go for a moment would be enough for another program to take it
        for code in self._grabbed[0]:
            self.display.screen().root.ungrab_key(code, X.AnyModifier)
        self._grabbed = wanted
        if not self._grab({exact}):
            raise Unavailable(
                f"{self.chord} is taken by another program or the desktop: choose another key, or "
                "free it there"
            )
        self._grab({exact | caps, exact | num, exact | caps | num})
        if self._always:
            self._grab(set(range(_EVERY_MODIFIER + 1)))

    def step(self) -> None:
        for event in self.events(DOWN_S if self.down else QUIET_S):
            if event.type not in (X.KeyPress, X.KeyRelease):
                continue
            if event.detail in self.codes and event.type == X.KeyPress:
                self._press()
            ours = event.detail in self.codes | self._modifiers or self._hand_over(event)
            self.display.allow_events(X.SyncKeyboard if ours else X.ReplayKeyboard, X.CurrentTime)
            self.display.flush()
        if self._handed:
            self._handed = False
            self._press()
        if self.down and not self.is_down():
            self.down = False
            grabs_of_ours.discard(self)
            self.on_key(KeyUp(time.monotonic()))

    def _press(self) -> None:
        if not self.down:
            self.down = True
            grabs_of_ours.add(self)
            self.on_key(KeyDown(time.monotonic()))

    def _hand_over(self, event: Any) -> bool:
        """Whether this key is that of another watch, which knows of it then."""
        for other in tuple(_all - {self}):
            if event.detail in other.codes and other.means(event.state):
                if event.type == X.KeyPress:
                    other.take()
                return True
        return False

    def means(self, modifiers: int) -> bool:
        """Whether a press with these modifiers is one of ours."""
        return self._always or modifiers & _EVERY_MODIFIER & ~self._locks == self._exact

    def take(self) -> None:
        """The key was pressed. From another watch's thread."""
        self._handed = True
        self.poke()

    def _grab(self, masks: set[int]) -> bool:
        """Whether all could be had; those that could are."""
        failed = error.CatchError(error.BadAccess)
        root = self.display.screen().root
        for code, mask in itertools.product(self.codes, masks):
            root.grab_key(code, mask, 0, X.GrabModeAsync, X.GrabModeSync, onerror=failed)
        self.display.sync()
        return failed.get_error() is None

    def _bit(self, keys: Any, name: str) -> int:
        """The bit of a modifier in a mask, by what the keyboard has. Raises Unavailable."""
        code = self.display.keysym_to_keycode(XK.string_to_keysym(_KEYSYMS[name]))
        for bit, codes in enumerate(keys):
            if code and code in codes:
                return 1 << bit
        if name == "num_lock":
            return 0
        raise Unavailable(f"the keyboard layout has no key for {name}: choose another key")
