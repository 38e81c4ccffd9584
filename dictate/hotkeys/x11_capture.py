"""Which key the user presses next on an X11 desktop, whichever window has the focus."""

import select
import time
from typing import Any, Final

from Xlib import XK

from dictate.errors import Unavailable
from dictate.hotkeys.chord import KEYS, LONE, MODIFIERS, Chord, parse
from dictate.platform.x11 import close, connect, listen_to_all_keys, raw_key
from dictate.translation import _

_MODIFIERS: Final = {
    XK.string_to_keysym(f"{keysym}_{side}"): name
    for keysym, name in (
        ("Control", "ctrl"),
        ("Alt", "alt"),
        ("Meta", "alt"),
        ("Shift", "shift"),
        ("Super", "super"),
    )
    for side in "LR"
}
_UNICODE: Final = range(0x1000100, 0x1110000)
"""Keysyms that are code points, plus 0x1000000; those below 0x100 are code points, too."""


def next_key(seconds: float) -> str:
    """The key that is pressed next, as config.toml spells it: alone, with modifiers, or a modifier
    that is pressed and released alone. It blocks.

    Raises Unavailable if none comes within `seconds`, or there is no X server; and ValueError if it
    cannot be a hotkey.
    """
    display = connect()
    try:
        listen_to_all_keys(display)
        return str(_read(display, time.monotonic() + seconds))
    finally:
        close(display)


def _read(display: Any, end: float) -> Chord:
    held: dict[int, int] = {}
    """The modifiers that are down: the keysym of each by its key code."""
    while True:
        down, code = _event(display, end)
        keysym = display.keycode_to_keysym(code, 0)
        if down and (keysym in _MODIFIERS or _lone(keysym)):
            held[code] = keysym
        elif down:
            modifiers = {_MODIFIERS[each] for each in held.values() if each in _MODIFIERS}
            return parse("+".join([*(m for m in MODIFIERS if m in modifiers), _name(keysym)]))
        elif code in held:
            if name := _lone(keysym):
                return parse(name)
            alone = _("{key} alone is needed for shortcuts").format(key=_name(keysym))
            raise ValueError(alone)


def _event(display: Any, end: float) -> tuple[bool, int]:
    while (rest := end - time.monotonic()) > 0:
        if not display.pending_events():
            select.select([display.fileno()], [], [], rest)
        while display.pending_events():
            if (found := raw_key(display.next_event())) is not None:
                return found
    raise Unavailable(_("no key was pressed"))


def _lone(keysym: int) -> str:
    """The name of a modifier that may serve by itself; empty for any other key."""
    return next((key for key, names in LONE.items() if _is_one_of(keysym, names)), "")


def _name(keysym: int) -> str:
    for key, names in KEYS.items():
        if _is_one_of(keysym, names):
            return key
    if 0x20 < keysym < 0x100:
        return chr(keysym)
    if keysym in _UNICODE:
        return chr(keysym - 0x1000000)
    return XK.keysym_to_string(keysym) or _("the key {number:#x}").format(number=keysym)


def _is_one_of(keysym: int, names: tuple[str, ...]) -> bool:
    return keysym in map(XK.string_to_keysym, names)
