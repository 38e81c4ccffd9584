"""What IBus knows of the desktop: which text field has the focus, which engine is on.

IBus has no call that says when the focus moves. But its bus passes every message on to whoever
asked for the like of it, so we ask for the two calls with which an application says that a text
field of its own has gained or lost the focus.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Final

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from dictate.outputs.ibus.bus import (
    ANSWER_S,
    DBUS,
    IBUS,
    PROPERTIES,
    IBusConnection,
    IBusLost,
    IBusRefused,
    Told,
)

_CONTEXT: Final = "org.freedesktop.IBus.InputContext"
_NO_CONTEXT: Final = "/org/freedesktop/IBus/InputContext_1"
"""IBus's own: it has the focus while nothing else has."""
_PANEL: Final = "org.freedesktop.IBus.Panel"
"""Whose panel it is: on GNOME, the shell itself."""
_ANSWERS: Final = 3
_TOLD_S: Final = 1.0
_CAN_FOCUS: Final = 1 << 3
_GAINED: Final = "FocusIn"
_LOST: Final = "FocusOut"
_TOLD: Final = "SetSurroundingText"


class IBusDesktop(IBusConnection):
    """Watches, and switches engines."""

    def __init__(self, connection: MessageBus) -> None:
        super().__init__(connection)
        self._context: str | None = None
        self._moves = 0
        self._ours = ""
        """A context of our own, which never has the focus."""
        self._awaited: deque[asyncio.Future[None]] = deque()
        self.listening = False
        self.told: Told | None = None
        """What was last told of a text field, while we listen to that."""

    async def settle(self) -> None:
        """Hear of the focus from now on."""
        for member in (_GAINED, _LOST):
            rule = f"type='method_call',interface='{_CONTEXT}',member='{member}'"
            await self.call(DBUS, "AddMatch", "s", rule)
        (self._ours,) = await self.call(IBUS, "CreateInputContext", "s", "dictate")
        await self.call(_CONTEXT, "SetCapabilities", "u", _CAN_FOCUS, path=self._ours)
        await self.focus()

    @property
    def seen(self) -> str | None:
        """The text field that has the focus, as far as IBus has told; None if none has.

        Each time a field gains the focus its name is another one."""
        return self._context and f"{self._context} {self._moves}"

    async def focus(self) -> str | None:
        """The same, and IBus has told all until now. Raises IBusLost."""
        try:
            context = await self._get("CurrentInputContext")
        except IBusRefused:
            context = _NO_CONTEXT
        self._focus_is(None if context == _NO_CONTEXT else context)
        await self._until_told()
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

    async def _until_told(self) -> None:
        # What IBus forwards comes later than its answers, but in order: when this comes back to us,
        # so has all that applications said before it. It changes nothing: ours had no focus.
        told = asyncio.get_running_loop().create_future()
        self._awaited.append(told)
        await self.call(_CONTEXT, _LOST, path=self._ours)
        try:
            async with asyncio.timeout(_TOLD_S):
                await told
        except TimeoutError as error:
            raise IBusLost("IBus does not tell where the focus is") from error

    async def until_gone(self, connection: str) -> None:
        """Return once IBus has noticed that the connection of that name has ended. Raises
        IBusLost."""
        try:
            async with asyncio.timeout(ANSWER_S):
                while await self._knows(connection):
                    pass
        except TimeoutError as error:
            raise IBusLost("IBus does not notice that we hung up") from error

    async def until_passed_on(self) -> None:
        """Return once GNOME Shell has most likely passed on to the application what it got from us.

        It does so when it has nothing else to do, and answers us in between. Raises IBusLost.
        """
        if not await self._knows(_PANEL):
            return  # it would be started for us
        with suppress(IBusRefused):
            for _ in range(_ANSWERS):
                await self.call(PROPERTIES, "GetAll", "s", _PANEL, to=_PANEL)

    async def _knows(self, name: str) -> bool:
        (owned,) = await self.call(DBUS, "NameHasOwner", "s", name)
        return bool(owned)

    def answer(self, call: Message) -> Message | bool:
        """Look at what an application has told IBus; nobody waits for an answer of ours."""
        if call.interface != _CONTEXT:
            return False
        if call.path == self._ours:
            told = self._awaited.popleft()
            if not told.done():
                told.set_result(None)
        elif call.member == _GAINED:
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
