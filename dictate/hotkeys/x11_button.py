"""Listens to a mouse button, alone or with modifiers, by a passive grab: no application gets it.

While the button is down the pointer is ours, so nothing else can be clicked or scrolled. The
keyboard is not: what is typed or pasted meanwhile arrives.
"""

import itertools
from collections.abc import Callable
from functools import reduce
from operator import or_

from Xlib import X, error

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.chord import BUTTONS, Chord
from dictate.hotkeys.x11_grab import EVERY_MODIFIER, modifier_bit
from dictate.hotkeys.x11_watch import QUIET_S, KeyWatcher
from dictate.translation import _


class ButtonWatch(KeyWatcher):
    """With `always`, any modifiers may be down with the button; else only those of the chord.

    The server reports each release of a grabbed button, so the release is not asked for.
    """

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
        self._button = BUTTONS[chord.key]
        self._grabbed: set[int] = set()
        """The masks of the modifiers with which it is grabbed."""

    def begin(self) -> None:
        self.mapped()

    def mapped(self) -> None:
        keys = self.display.get_modifier_mapping()
        exact = reduce(or_, (modifier_bit(self.display, keys, n) for n in self.chord.modifiers), 0)
        locks = (0, X.LockMask), (0, modifier_bit(self.display, keys, "num_lock"))
        wanted = {exact | caps | num for caps, num in itertools.product(*locks)}
        if self._always:
            wanted = set(range(EVERY_MODIFIER + 1))
        if wanted == self._grabbed:
            return
        self.display.screen().root.ungrab_button(self._button, X.AnyModifier)
        self._grabbed = wanted
        if not self._grab(wanted) and not self._always:
            raise Unavailable(
                _(
                    "{chord} is taken by another program or the desktop: choose another key, "
                    "or free it there"
                ).format(chord=self.chord)
            )

    def step(self) -> None:
        for event in self.events(QUIET_S):
            if event.type == X.ButtonPress and event.detail == self._button and not self.down:
                self.press(self._button)
            elif event.type == X.ButtonRelease and event.detail == self.pressed:
                self.release()

    def _look_up_key(self) -> None:
        self.codes = {self._button}  # by whatever layout

    def _grab(self, masks: set[int]) -> bool:
        """Grab the button with each of these masks; whether all grabs succeeded."""
        failed = error.CatchError(error.BadAccess)
        root = self.display.screen().root
        wanted = X.ButtonPressMask | X.ButtonReleaseMask
        modes = X.GrabModeAsync, X.GrabModeAsync
        for mask in masks:
            root.grab_button(self._button, mask, 0, wanted, *modes, X.NONE, X.NONE, onerror=failed)
        self.display.sync()
        return failed.get_error() is None
