"""Dictate's engine for IBus: it lets every key pass, and commits the texts.

IBus calls it while it is switched on. Its calls about the text field arrive before its reply to the
call that switched the engine on. So after that reply, the attributes here are up to date.

The engine has a connection of its own, and only while it is needed. When an engine that was
registered at run time disconnects, IBus 1.5 switches off *any* engine, also the user's. The client
that disconnects must bring the user's back, and a killed program cannot.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from dbus_fast import Message, Variant

from dictate.outputs.ibus.bus import IBUS, PROPERTIES, IBusConnection, SurroundingText
from dictate.translation import _

NAME: Final = "dictate"

_INTERFACE: Final = "org.freedesktop.IBus.Engine"
_FACTORY: Final = "/org/freedesktop/IBus/Factory"
_PATH: Final = "/org/freedesktop/IBus/Engine/Dictate"

_SHOWS_PREEDIT: Final = 1 << 0
_REPORTS_TEXT: Final = 1 << 5
_PASSWORD: Final = 8
_PIN: Final = 9
_TERMINAL: Final = 10
_HIDDEN: Final = 1 << 12
_UNDERLINE: Final = 1
_SINGLE: Final = 1
_FOREGROUND: Final = 2
_DIM: Final = 0x808080
"""As far from black as from white, because the colours of a field are unknown."""
_RETURN: Final = 0xFF0D
_ENTER: Final = 28
"""The number of the key."""
_RELEASE: Final = 1 << 30
_CLEAR: Final = 0
"""Has a preedit vanish when the focus moves."""


class IBusEngine(IBusConnection):
    """One use of our engine, from `switch_on` to `close`."""

    on = False
    """Whether what is written now reaches a text field."""
    reports_text = False
    """Whether the application reports the text around the cursor."""
    shows_preedit = False
    """Whether the application shows a preedit in its field."""
    secret = False
    """Whether it is a field for passwords."""
    terminal = False
    """Whether it is a terminal."""
    before: str | None = None
    """The text before the cursor, as the application reports it: a part, if it is long."""
    surrounding: SurroundingText | None = None
    """The whole report."""
    preedit_at = 0.0
    """Monotonic seconds of the last preedit."""
    recalled = False
    """Whether GNOME Shell has told again what it knew when this engine was switched on."""
    _reported: asyncio.Event

    async def settle(self) -> None:
        """Register the engine."""
        self._reported = asyncio.Event()
        await self.call(IBUS, "RegisterComponent", "v", _component())

    async def switch_on(self) -> None:
        """Make this the engine of the desktop. Raises IBusLost, IBusRefused."""
        await self.call(IBUS, "SetGlobalEngine", "s", NAME)

    async def commit(self, text: str) -> None:
        """Write this at the cursor. Raises IBusLost."""
        await self.signal(_PATH, _INTERFACE, "CommitText", "v", _text(text))

    async def press_enter(self) -> None:
        """Press Enter. Raises IBusLost."""
        for state in (0, _RELEASE):
            await self.signal(_PATH, _INTERFACE, "ForwardKeyEvent", "uuu", _RETURN, _ENTER, state)

    async def delete(self, count: int) -> None:
        """Delete `count` characters before the cursor. Raises IBusLost."""
        await self.signal(_PATH, _INTERFACE, "DeleteSurroundingText", "iu", -count, count)

    async def preedit(self, text: str, stable_chars: int = 0) -> None:
        """Replace the preedit at the cursor by `text`, underlined, and dim from the character
        `stable_chars` on; "" removes it. Raises IBusLost."""
        underline = _object("IBusAttribute", "uuuu", _UNDERLINE, _SINGLE, 0, len(text))
        dim = _object("IBusAttribute", "uuuu", _FOREGROUND, _DIM, stable_chars, len(text))
        body = [_text(text, underline, dim), len(text), bool(text), _CLEAR]
        self.preedit_at = time.monotonic()
        await self.signal(_PATH, _INTERFACE, "UpdatePreeditText", "vubu", *body)

    async def reports(self, seconds: float, enough: Callable[[str], bool]) -> bool:
        """Whether the application reports, within `seconds`, a text before the cursor for which
        `enough` holds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.before is None or not enough(self.before):
                    self._reported.clear()
                    await self._reported.wait()
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
                self.reports_text = bool(call.body[0] & _REPORTS_TEXT)
                self.shows_preedit = bool(call.body[0] & _SHOWS_PREEDIT)
            case "SetSurroundingText":
                self.surrounding = SurroundingText.of(call)
                self.before = self.surrounding.before
                self._reported.set()
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
                # untranslated
                return Message.new_error(call, f"{PROPERTIES}.Error", "there is no such property")


def _component() -> Variant:
    """The description of this engine for IBus."""
    what, none = _("Writes what you dictate"), ""
    icon, layout = "audio-input-microphone-symbolic", "default"
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
    """An object as IBus sends it: its kind, its attachments, its fields."""
    return Variant(f"(sa{{sv}}{signature})", [kind, {}, *fields])
