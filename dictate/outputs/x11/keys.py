"""Presses the chord Shift+Insert, whatever keys the user presses meanwhile."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from Xlib import XK, X
from Xlib.ext import xinput

from dictate.errors import NotDelivered
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.thread import XConnection
from dictate.translation import _

# Keys whose state does not end with their release: to release and press them would toggle it.
_LOCKS = ("Caps_Lock", "Shift_Lock", "Num_Lock", "Scroll_Lock", "ISO_Lock")


def chord_keys(display: Any) -> tuple[int, int]:
    """The keycodes of Shift and Insert. Raises NotDelivered if the layout has none."""
    shift, insert = (
        next((code for code, level in display.keysym_to_keycodes(keysym) if level == 0), 0)
        for keysym in (XK.XK_Shift_L, XK.XK_Insert)
    )
    if not (shift and insert):
        raise NotDelivered(
            _(
                "the keyboard layout has no Shift or no Insert key, so nothing can be "
                'pasted; set use = "clipboard" under [output]'
            )
        )
    return shift, insert


def modifiers_down(display: Any) -> list[int]:
    """The keycodes of the modifiers that are down, locks aside."""
    held = down(display.query_keymap())
    locks = {
        code
        for name in _LOCKS
        for code, __ in display.keysym_to_keycodes(XK.string_to_keysym(name))
    }
    return sorted((modifiers(display) & held) - locks)


def modifiers(display: Any) -> set[int]:
    """The keycodes of all modifiers, locks among them."""
    return {code for row in display.get_modifier_mapping() for code in row if code}


def down(keymap: Iterable[int]) -> set[int]:
    """The keycodes in an answer to XQueryKeymap."""
    return {8 * at + bit for at, byte in enumerate(keymap) for bit in range(8) if byte & (1 << bit)}


def press_chord(display: Any, chord: tuple[int, int], held: list[int]) -> None:
    """Queue Shift+Insert, with the `held` modifiers released meanwhile.

    It is sent in one piece. So a crash of Dictate leaves no key down, and the keys that the user
    holds count as held again before any client can ask.
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


def key_of(display: Any, keysym: str) -> int:
    """The keycode of a key. Raises NotDelivered if the layout has none."""
    for code, level in display.keysym_to_keycodes(XK.string_to_keysym(keysym)):
        if level == 0:
            return int(code)
    raise NotDelivered(_("the keyboard layout has no {name} key").format(name=keysym))


def press_keys(display: Any, codes: list[int], held: list[int], shift: list[int]) -> None:
    """Queue these keys, one after the other, in one piece, with the `held` modifiers released
    meanwhile, and those of `shift` down."""
    for modifier in held:
        display.xtest_fake_input(X.KeyRelease, modifier)
    for modifier in shift:
        display.xtest_fake_input(X.KeyPress, modifier)
    for code in codes:
        display.xtest_fake_input(X.KeyPress, code)
        display.xtest_fake_input(X.KeyRelease, code)
    for modifier in shift:
        display.xtest_fake_input(X.KeyRelease, modifier)
    for modifier in held:
        display.xtest_fake_input(X.KeyPress, modifier)


class Releases:
    """Counts the key releases between `begin` and `end`, ours and the user's.

    The user may release a modifier between the moment in which it is found to be held and the
    moment in which it is pressed again. It would then stay down for good.
    """

    def __init__(self, connection: XConnection, raw: RawEvents) -> None:
        self._x = connection
        self._raw = raw
        self._seen: Counter[int] = Counter()

    def begin(self) -> None:
        self._raw.listen(self._count, xinput.RawKeyRelease)
        self._seen.clear()

    def end(self, pressed: Iterable[int], held: list[int]) -> None:
        """Call this after we have `pressed` keys: it releases those `held` modifiers that the user
        has released, too."""
        self._x.poll()
        self._raw.deafen(self._count)
        ours = Counter([*pressed, *held])
        for code in held:
            if self._seen[code] > ours[code]:
                self._x.display.xtest_fake_input(X.KeyRelease, code)
        self._x.display.flush()

    def _count(self, _kind: int, code: int) -> None:
        self._seen[code] += 1
