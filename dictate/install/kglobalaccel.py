"""KDE's own service for shortcuts, which starts a program at the press of a key.

It knows a program by its .desktop file, and a key as Qt numbers it. What it is told counts at once
and after the next login.
"""

import asyncio
from typing import Any, Final

from dbus_fast import Message, MessageType

from dictate.errors import Unavailable
from dictate.hotkeys.chord import Chord
from dictate.platform import bus

_NAME: Final = "org.kde.kglobalaccel"
_ANSWER_S: Final = 5.0
_PRESENT, _NOT_AS_BEFORE = 2, 4
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


def number(chord: Chord) -> int:
    """As Qt has it: the key, which is no lone modifier, and a bit for each that is down with it."""
    letter = chord.key.upper() if len(chord.key.upper()) == 1 else chord.key
    key = _KEYS[chord.key] if chord.key in _KEYS else ord(letter)
    return key | sum(_MODIFIERS[name] for name in chord.modifiers)


def give(program: str, label: str, chord: Chord) -> bool:
    """Have the keys start this program, by the name of its .desktop file. False if another one has
    them. Raises OSError."""
    action = [program, "_launch", label, label]
    keys = [[[number(chord), 0, 0, 0]]]
    _ask("doRegister", "as", action)
    given = _ask("setShortcutKeys", "asa(ai)u", action, keys, _PRESENT | _NOT_AS_BEFORE)
    if any(key for (each,) in given for key in each):
        return True
    take(program)
    return False


def take(program: str) -> None:
    """Nothing starts it any more. Raises OSError."""
    _ask("unregister", "ss", program, "_launch")


def _ask(member: str, signature: str, *body: Any) -> Any:
    question = Message(
        *(_NAME, "/kglobalaccel", "org.kde.KGlobalAccel", member),
        signature=signature,
        body=list(body),
    )

    async def ask() -> Message:
        connection = await bus.connect()
        try:
            return await bus.ask(connection, question, "it", _ANSWER_S)
        finally:
            await bus.leave(connection)

    try:
        answer = asyncio.run(ask())
    except Unavailable as error:
        raise OSError(f"KDE's service for shortcuts: {error}") from error
    if answer.message_type is MessageType.ERROR:
        raise OSError(f"KDE's service for shortcuts: {answer.body}")
    return answer.body[0] if answer.body else None
