"""KDE's service for shortcuts, kglobalaccel, which starts a program when a key is pressed.

It knows a program by its .desktop file, and a key by Qt's number for it. A shortcut takes effect at
once and survives the next login.
"""

import asyncio
import time
from typing import Any, Final

from dbus_fast import Message, MessageType

from dictate.errors import Unavailable
from dictate.hotkeys.chord import Chord
from dictate.platform import bus
from dictate.translation import _

_NAME: Final = "org.kde.kglobalaccel"
_TIMEOUT_S: Final = 5.0
"""Seconds to wait for an answer."""
_NEW_FILE_S, _LOOK_S = 4.0, 0.25
"""Seconds until KDE must have seen a new file, and between two looks: KDE 6 looks itself after 1.5
seconds at the earliest."""
_PRESENT, _NO_AUTOLOADING = 2, 4
"""Flags of KGlobalAccel: the shortcut is active, and replaces one that was saved earlier."""
_MODIFIERS: Final = {"ctrl": 1 << 26, "alt": 1 << 27, "shift": 1 << 25, "super": 1 << 28}
_KEYS: Final = {
    "escape": 0x01000000,
    "tab": 0x01000001,
    "return": 0x01000004,
    "insert": 0x01000006,
    "delete": 0x01000007,
    "pause": 0x01000008,
    "print": 0x01000009,
    "home": 0x01000010,
    "end": 0x01000011,
    "page_up": 0x01000016,
    "page_down": 0x01000017,
    "scroll_lock": 0x01000026,
    "menu": 0x01000055,
    "space": 0x20,
    **{f"f{number}": 0x01000030 + number - 1 for number in range(1, 21)},
}


def qt_key(chord: Chord) -> int:
    """Qt's number for a chord: its key (no lone modifier), and a bit for each modifier."""
    letter = chord.key.upper() if len(chord.key.upper()) == 1 else chord.key
    key = _KEYS[chord.key] if chord.key in _KEYS else ord(letter)
    return key | sum(_MODIFIERS[name] for name in chord.modifiers)


def bind(desktop_file: str, label: str, chord: Chord) -> bool:
    """Start the program of this .desktop file (its name) when the chord is pressed. False if
    another program has the chord. Raises Unavailable."""
    action = [desktop_file, "_launch", label, label]
    keys = [[[qt_key(chord), 0, 0, 0]]]
    until = time.monotonic() + _NEW_FILE_S
    _call("doRegister", "as", action)
    while not _knows(desktop_file) and time.monotonic() < until:
        time.sleep(_LOOK_S)
        _call("doRegister", "as", action)
    bound = _call("setShortcutKeys", "asa(ai)u", action, keys, _PRESENT | _NO_AUTOLOADING)
    if any(key for (each,) in bound for key in each):
        return True
    unbind(desktop_file)
    return False


def _knows(desktop_file: str) -> bool:
    try:
        _call("getComponent", "s", desktop_file)
    except Unavailable:
        return False
    return True


def binds(desktop_file: str, chord: Chord) -> bool:
    """Whether KDE starts this program when the chord is pressed. Raises Unavailable."""
    bound = _call("shortcutKeys", "as", [desktop_file, "_launch", "", ""])
    return any(qt_key(chord) in keys for (keys,) in bound or ())


def unbind(desktop_file: str) -> None:
    """Remove the shortcut of this .desktop file. Raises Unavailable."""
    _call("unregister", "ss", desktop_file, "_launch")


def _call(member: str, signature: str, *body: Any) -> Any:
    question = Message(
        *(_NAME, "/kglobalaccel", "org.kde.KGlobalAccel", member),
        signature=signature,
        body=list(body),
    )

    async def ask() -> Message:
        connection = await bus.connect()
        try:
            return await bus.ask(connection, question, _("it"), _TIMEOUT_S)
        finally:
            await bus.leave(connection)

    try:
        answer = asyncio.run(ask())
    except Unavailable as error:
        raise _unavailable(error) from error
    if answer.message_type is MessageType.ERROR:
        raise _unavailable(answer.body[0] if answer.body else answer.error_name)
    return answer.body[0] if answer.body else None


def _unavailable(reason: object) -> Unavailable:
    return Unavailable(
        _(
            "KDE's service for shortcuts: {reason}; run this inside your KDE session, or "
            "bind the key in KDE's system settings"
        ).format(reason=reason)
    )
