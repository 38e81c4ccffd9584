"""Our engine, as IBus sees it: it lets every key pass, and writes when we have something to write.

IBus calls it while it is switched on. What it is told arrives before the answer to the call that
switched it on: after that answer, all that is said here of the text field is true.

It has a connection of its own, only while it is wanted. For IBus 1.5 takes *any* engine away when
one that was registered at run time hangs up, the user's own too: whoever hangs up has to bring the
user's back, which nobody does for a program that is killed.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from dbus_fast import Message, Variant

from dictate.outputs.ibus.bus import IBUS, PROPERTIES, IBusConnection, Told

NAME: Final = "dictate"

_INTERFACE: Final = "org.freedesktop.IBus.Engine"
_FACTORY: Final = "/org/freedesktop/IBus/Factory"
_PATH: Final = "/org/freedesktop/IBus/Engine/Dictate"

_SHOWS_PREEDIT: Final = 1 << 0
_TELLS_TEXT: Final = 1 << 5
_PASSWORD: Final = 8
_PIN: Final = 9
_TERMINAL: Final = 10
_HIDDEN: Final = 1 << 12
_UNDERLINE: Final = 1
_SINGLE: Final = 1
_FOREGROUND: Final = 2
_DIM: Final = 0x808080
"""As far from black as from white: nobody tells us the colours of a field."""
_CLEAR: Final = 0
"""What becomes of a preedit when the focus moves: it vanishes."""


class IBusEngine(IBusConnection):
    """One use of our engine, from `switch_on` to `close`."""

    on = False
    """Whether what is written now reaches a text field."""
    tells_text = False
    """Whether the application says what stands around the cursor."""
    shows_preedit = False
    """Whether the application shows a preedit in its field."""
    secret = False
    """Whether it is a field for passwords."""
    terminal = False
    """Whether it is a terminal."""
    before: str | None = None
    """What the application says to stand before the cursor: some of it, if it is long."""
    around: Told | None = None
    """All that it says."""
    _told: asyncio.Event

    async def settle(self) -> None:
        """Make us known."""
        self._told = asyncio.Event()
        await self.call(IBUS, "RegisterComponent", "v", _component())

    async def switch_on(self) -> None:
        """Have every key, and no effect but ours. Raises IBusLost, IBusRefused."""
        await self.call(IBUS, "SetGlobalEngine", "s", NAME)

    async def commit(self, text: str) -> None:
        """Write this at the cursor. Raises IBusLost."""
        await self.signal(_PATH, _INTERFACE, "CommitText", "v", _text(text))

    async def delete(self, count: int) -> None:
        """Delete so many characters before the cursor. Raises IBusLost."""
        await self.signal(_PATH, _INTERFACE, "DeleteSurroundingText", "iu", -count, count)

    async def preedit(self, text: str, settled: int = 0) -> None:
        """Show this at the cursor, underlined, instead of what is shown, and dim from the character
        `settled` on; "" shows nothing. Raises IBusLost."""
        underline = _object("IBusAttribute", "uuuu", _UNDERLINE, _SINGLE, 0, len(text))
        dim = _object("IBusAttribute", "uuuu", _FOREGROUND, _DIM, settled, len(text))
        body = [_text(text, underline, dim), len(text), bool(text), _CLEAR]
        await self.signal(_PATH, _INTERFACE, "UpdatePreeditText", "vubu", *body)

    async def tells(self, seconds: float, enough: Callable[[str], bool]) -> bool:
        """Whether the application says, within so many seconds, that something stands before the
        cursor which is `enough`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.before is None or not enough(self.before):
                    self._told.clear()
                    await self._told.wait()
                return True
        return False

    def answer(self, call: Message) -> Message | bool:
        """The answer to a call of IBus."""
        if call.path == _FACTORY and call.member == "CreateEngine":
            return Message.new_method_return(call, "o", [_PATH])
        if call.path != _PATH:
            return False
        if call.interface == PROPERTIES:
            return self._property(call)
        match call.member:
            case "ProcessKeyEvent":
                return Message.new_method_return(call, "b", [False])
            case "Enable":
                self.on = True
                self._bus.send(Message.new_signal(_PATH, _INTERFACE, "RequireSurroundingText"))
            case "Disable":
                self.on = False
            case "SetCapabilities":
                self.tells_text = bool(call.body[0] & _TELLS_TEXT)
                self.shows_preedit = bool(call.body[0] & _SHOWS_PREEDIT)
            case "SetSurroundingText":
                self.around = Told.of(call)
                self.before = self.around.text[: self.around.cursor]
                self._told.set()
        return Message.new_method_return(call)

    def _property(self, call: Message) -> Message:
        match call.member, call.body:
            case "Set", [_, "ContentType", content]:
                purpose, hints = content.value
                self.terminal = purpose == _TERMINAL
                self.secret = purpose in (_PASSWORD, _PIN) or bool(hints & _HIDDEN)
                return Message.new_method_return(call)
            case "GetAll", _:
                return Message.new_method_return(call, "a{sv}", [{}])
            case _:
                return Message.new_error(call, f"{PROPERTIES}.Error", "there is no such property")


def _component() -> Variant:
    """What IBus has to know of us."""
    what, none = "Writes what you dictate", ""
    icon, layout = "audio-input-microphone", "default"
    engine = _object(
        "IBusEngineDesc",
        "ssssssssussssssss",
        *(
            NAME,
            "Dictate",
            what,
            "other",
            "MIT",
            "",
            icon,
            layout,
            0,
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        ),
    )
    return _object(
        "IBusComponent",
        "ssssssssavav",
        *("io.github.dictate.IBus", what, "1", "MIT", *[none] * 4, [], [engine]),
    )


def _text(text: str, *attributes: Variant) -> Variant:
    listed = _object("IBusAttrList", "av", list(attributes))
    return _object("IBusText", "sv", text, listed)


def _object(kind: str, signature: str, *fields: Any) -> Variant:
    """An object as IBus sends it: its kind, what is attached to it, its fields."""
    return Variant(f"(sa{{sv}}{signature})", [kind, {}, *fields])
