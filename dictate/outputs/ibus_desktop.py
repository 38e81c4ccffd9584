"""What IBus knows of the desktop: which text field has the focus, which engine is on.

IBus has no call that says when the focus moves. But its bus passes every message on to whoever
asked for the like of it, so we ask for the two calls with which an application says that a text
field of its own has gained or lost the focus.
"""

import asyncio
from typing import Any, Final

from dbus_fast import Message

from dictate.outputs.ibus_bus import (
    ANSWER_S,
    DBUS,
    IBUS,
    PROPERTIES,
    Connection,
    IBusLost,
    IBusRefused,
    Told,
)

_CONTEXT: Final = "org.freedesktop.IBus.InputContext"
_NO_CONTEXT: Final = "/org/freedesktop/IBus/InputContext_1"
"""IBus's own: it has the focus while nothing else has."""
_GAINED: Final = "FocusIn"
_LOST: Final = "FocusOut"
_TOLD: Final = "SetSurroundingText"


class Desktop(Connection):
    """Watches, and switches engines."""

    _context: str | None = None
    _moves: int = 0
    listening = False
    told: Told | None = None
    """What was last told of a text field, while we listen to that."""

    async def settle(self) -> None:
        """Hear of the focus from now on."""
        for member in (_GAINED, _LOST):
            rule = f"type='method_call',interface='{_CONTEXT}',member='{member}'"
            await self.call(DBUS, "AddMatch", "s", rule)
        await self.focus()

    @property
    def seen(self) -> str | None:
        """The text field that has the focus, as far as IBus has told; None if none has.

        Each time a field gains the focus its name is another one."""
        return self._context and f"{self._context} {self._moves}"

    async def focus(self) -> str | None:
        """The same, asking. Raises IBusLost."""
        try:
            context = await self._get("CurrentInputContext")
        except IBusRefused:
            context = _NO_CONTEXT
        self._focus_is(None if context == _NO_CONTEXT else context)
        return self.seen

    async def listen(self, *, on: bool) -> None:
        """Hear what is told of the text in fields, or no more. Raises IBusLost, IBusRefused."""
        rule = f"type='method_call',interface='{_CONTEXT}',member='{_TOLD}'"
        await self.call(DBUS, "AddMatch" if on else "RemoveMatch", "s", rule)
        self.listening = on
        if not on:
            self.told = None

    async def engine(self) -> str | None:
        """The name of the engine that is on; None if there is none. Raises IBusLost."""
        try:
            description = await self._get("GlobalEngine")
        except IBusRefused:
            return None
        name: str = description.value[2]
        return name

    async def use_engine(self, name: str) -> None:
        """Switch this engine on. Raises IBusLost, IBusRefused."""
        await self.call(IBUS, "SetGlobalEngine", "s", name)

    async def until_gone(self, connection: str) -> None:
        """Return once IBus has noticed that the connection of that name has ended. Raises
        IBusLost."""
        try:
            async with asyncio.timeout(ANSWER_S):
                while (await self.call(DBUS, "NameHasOwner", "s", connection))[0]:
                    pass
        except TimeoutError as error:
            raise IBusLost("IBus does not notice that we hung up") from error

    def answer(self, call: Message) -> Message | bool:
        """Look at what an application has told IBus; nobody waits for an answer of ours."""
        if call.interface != _CONTEXT:
            return False
        if call.member == _GAINED:
            self._focus_is(call.path)
        elif call.member == _TOLD:
            self.told = Told.of(call)
        elif call.path == self._context:
            self._focus_is(None)
        return True

    def _focus_is(self, context: str | None) -> None:
        if context != self._context:
            self._context = context
            self._moves += 1

    async def _get(self, name: str) -> Any:
        (value,) = await self.call(PROPERTIES, "Get", "ss", IBUS, name)
        return value.value
