"""The one chord that is pressed: Shift+Insert, whatever the user's fingers do meanwhile."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from Xlib import XK, X
from Xlib.ext import xinput

from dictate.errors import NotDelivered
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.thread import XConnection

# Their state is in the lock, not in the finger: a release and a press would switch it.
_LOCKS = ("Caps_Lock", "Shift_Lock", "Num_Lock", "Scroll_Lock", "ISO_Lock")


def chord_keys(display: Any) -> tuple[int, int]:
    """The keycodes of Shift and Insert. Raises NotDelivered if the layout has none."""
    shift, insert = (
        next((code for code, level in display.keysym_to_keycodes(keysym) if level == 0), 0)
        for keysym in (XK.XK_Shift_L, XK.XK_Insert)
    )
    if not (shift and insert):
        raise NotDelivered(
            "the keyboard layout has no Shift or no Insert key, so nothing can be pasted; "
            'set use = "clipboard" under [output]'
        )
    return shift, insert


def modifiers_down(display: Any) -> list[int]:
    """The keycodes of the modifiers that are down, locks aside."""
    held = down(display.query_keymap())
    locks = {
        code for name in _LOCKS for code, _ in display.keysym_to_keycodes(XK.string_to_keysym(name))
    }
    return sorted((modifiers(display) & held) - locks)


def modifiers(display: Any) -> set[int]:
    """The keycodes of all modifiers, locks among them."""
    return {code for row in display.get_modifier_mapping() for code in row if code}


def down(keymap: Iterable[int]) -> set[int]:
    """The keycodes in an answer to XQueryKeymap."""
    return {8 * at + bit for at, byte in enumerate(keymap) for bit in range(8) if byte & (1 << bit)}


def press_chord(display: Any, chord: tuple[int, int], held: list[int]) -> None:
    """Queue Shift+Insert with the `held` modifiers out of the way.

    All of it goes out in one piece, so that no crash of ours can leave a key down, and what the
    user holds counts as held again before anybody can ask.
    """
    shift, insert = chord
    for code in held:
        display.xtest_fake_input(X.KeyRelease, code)
    display.xtest_fake_input(X.KeyPress, shift)
    display.xtest_fake_input(X.KeyPress, insert)
    display.xtest_fake_input(X.KeyRelease, insert)
    display.xtest_fake_input(X.KeyRelease, shift)
    for code in held:
        display.xtest_fake_input(X.KeyPress, code)


class Releases:
    """Counts key releases between `begin` and `end`, ours and the user's.

    Between the question which modifiers are held and the answer's use, the user may let go of one;
    pressing it again would leave it down for good.
    """

    def __init__(self, connection: XConnection, raw: RawEvents) -> None:
        self._x = connection
        self._raw = raw
        self._seen: Counter[int] = Counter()

    def begin(self) -> None:
        self._raw.listen(self._count, xinput.RawKeyRelease)
        self._seen.clear()

    def end(self, pressed: Iterable[int], held: list[int]) -> None:
        """After keys were `pressed` by us: let go of those `held` modifiers that the user let go
        of, too."""
        self._x.wait(lambda: True, 0)
        self._raw.deafen(self._count)
        ours = Counter([*pressed, *held])
        for code in held:
            if self._seen[code] > ours[code]:
                self._x.display.xtest_fake_input(X.KeyRelease, code)
        self._x.display.flush()

    def _count(self, _kind: int, code: int) -> None:
        self._seen[code] += 1
