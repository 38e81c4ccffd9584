"""Listens to a key, alone or with modifiers, that no other program may get: by a passive grab.

A grab takes the whole keyboard from press to release, also from the output that pastes the last
text while the next one is dictated. So the grab is synchronous: the server stops at each key until
we answer. Keys of the hotkey are consumed. Any other key ends the grab and is replayed to the
application, with those behind it; the keymap then shows the release. The server does not replay a
key to another grab of ours: it is handed over here.
"""

import itertools
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

from Xlib import XK, X, error

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.chord import Chord
from dictate.hotkeys.x11_watch import QUIET_S, KeyWatcher
from dictate.platform.x11 import grabs_of_ours
from dictate.translation import _

DOWN_S = 0.02
"""Seconds between two queries of the keymap while the key is down."""

_KEYSYMS = {
    "ctrl": "Control_L",
    "alt": "Alt_L",
    "shift": "Shift_L",
    "super": "Super_L",
    "num_lock": "Num_Lock",
}
EVERY_MODIFIER = 0xFF

_all: "set[GrabWatch]" = set()
"""The watchers of this process."""


class GrabWatch(KeyWatcher):
    """With `always`, any modifiers may be down with the key; else only those of the chord."""

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
        """The grabbed key codes, their modifier mask, and the bit of Num Lock."""
        self._modifiers: set[int] = set()
        """The key codes of the chord's modifiers."""
        self._exact = 0
        """The mask of the chord's modifiers."""
        self._locks = 0
        self._handed = 0
        """The key code, if another grab had the keyboard when the key was pressed."""

    def begin(self) -> None:
        self.mapped()
        _all.add(self)

    def end(self) -> None:
        _all.discard(self)
        grabs_of_ours.discard(self)

    def mapped(self) -> None:
        keys = self.display.get_modifier_mapping()
        bits = [modifier_bit(self.display, keys, name) for name in self.chord.modifiers]
        self._modifiers = {code for bit in bits for code in keys[bit.bit_length() - 1] if code}
        caps, num = X.LockMask, modifier_bit(self.display, keys, "num_lock")
        self._exact = exact = reduce(or_, bits, 0)
        self._locks = caps | num
        if (wanted := (frozenset(self.codes), exact, num)) == self._grabbed:
            return  # another program could grab the key while it is free
        for code in self._grabbed[0]:
            self.display.screen().root.ungrab_key(code, X.AnyModifier)
        self._grabbed = wanted
        if not self._grab({exact}):
            raise Unavailable(
                _(
                    "{chord} is taken by another program or the desktop: choose another key, "
                    "or free it there"
                ).format(chord=self.chord)
            )
        self._grab({exact | caps, exact | num, exact | caps | num})
        if self._always:
            self._grab(set(range(EVERY_MODIFIER + 1)))

    def step(self) -> None:
        for event in self.events(DOWN_S if self.down else QUIET_S):
            if event.type not in (X.KeyPress, X.KeyRelease):
                continue
            if event.detail in self.codes and event.type == X.KeyPress:
                self._press(event.detail)
            ours = event.detail in self._own_codes or self._hand_over(event)
            self.display.allow_events(X.SyncKeyboard if ours else X.ReplayKeyboard, X.CurrentTime)
            self.display.flush()
        if self._handed:
            code, self._handed = self._handed, 0
            self._press(code)
        self.release_if_up()

    @property
    def _own_codes(self) -> set[int]:
        """The keys of the hotkey, and the one that was pressed for it before the layout changed."""
        return self.codes | self._modifiers | ({self.pressed} if self.pressed else set())

    def _press(self, code: int) -> None:
        if not self.down:
            grabs_of_ours.add(self)
            self.press(code)

    def release(self) -> None:
        grabs_of_ours.discard(self)
        super().release()

    def _hand_over(self, event: Any) -> bool:
        """Whether the key belongs to another watcher; it is passed on to that one."""
        for other in tuple(_all - {self}):
            if event.detail in other.codes and other.means(event.state):
                if event.type == X.KeyPress:
                    other.take(event.detail)
                return True
        return False

    def means(self, modifiers: int) -> bool:
        """Whether a press with these modifiers belongs to this watcher."""
        return self._always or modifiers & EVERY_MODIFIER & ~self._locks == self._exact

    def take(self, code: int) -> None:
        """The key with this code was pressed. Called from another watcher's thread."""
        self._handed = code
        self.wake()

    def _grab(self, masks: set[int]) -> bool:
        """Grab the key with each of these masks; whether all grabs succeeded."""
        failed = error.CatchError(error.BadAccess)
        root = self.display.screen().root
        for code, mask in itertools.product(self.codes, masks):
            root.grab_key(code, mask, 0, X.GrabModeAsync, X.GrabModeSync, onerror=failed)
        self.display.sync()
        return failed.get_error() is None


def modifier_bit(display: Any, keys: Any, name: str) -> int:
    """The bit of a modifier in this keyboard's masks; `keys` is its modifier mapping. Raises
    Unavailable."""
    code = display.keysym_to_keycode(XK.string_to_keysym(_KEYSYMS[name]))
    for bit, codes in enumerate(keys):
        if code and code in codes:
            return 1 << bit
    if name == "num_lock":
        return 0
    raise Unavailable(
        _("the keyboard layout has no key for {name}: choose another key").format(name=name)
    )
