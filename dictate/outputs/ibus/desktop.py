"""What IBus knows of the desktop: which text field has the focus, which engine is on.

IBus has no signal for a moved focus. But its bus forwards any message to a client with a matching
rule. So we match the two calls with which an application reports that a text field has gained or
lost the focus.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
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
    SurroundingText,
)
from dictate.outputs.ibus.engine import IBusEngine
from dictate.translation import _

_CONTEXT: Final = "org.freedesktop.IBus.InputContext"
_NO_CONTEXT: Final = "/org/freedesktop/IBus/InputContext_1"
"""IBus's own context: it has the focus when no field has it."""
_PANEL: Final = "org.freedesktop.IBus.Panel"
"""The name on the bus of the panel: on GNOME, of the shell itself."""
_REPLIES: Final = 3
"""How many replies of GNOME Shell to wait for."""
_FORWARD_S: Final = 1.0
"""Seconds for IBus to forward a message of ours back to us."""
_TICK_S: Final = 0.002
_CAN_FOCUS: Final = 1 << 3
_GAINED: Final = "FocusIn"
_LOST: Final = "FocusOut"
_SURROUNDING: Final = "SetSurroundingText"
_CREATE: Final = "CreateInputContext"
_QT: Final = "QIBusInputContext"
"""The name that Qt gives its contexts."""


class IBusDesktop(IBusConnection):
    """Watches the focus, and switches engines."""

    def __init__(self, connection: MessageBus) -> None:
        super().__init__(connection)
        self._context: str | None = None
        self._client: str | None = None
        """The name on the bus of who has reported the last focus; None if we were not there yet."""
        self._qt: set[str] = set()
        """The names on the bus of the applications of Qt that have started since we are there."""
        self._moves = 0
        self._ours = ""
        """A context of our own, which never has the focus."""
        self._awaited: deque[asyncio.Future[None]] = deque()
        self.surrounding: SurroundingText | None = None
        """What was last reported of the text field that has the focus."""
        self.reported_at = 0.0
        """Monotonic seconds of that."""
        self.on_report: Callable[[], None] | None = None
        """Called when the focus moved, or a text field reported. Must not raise."""

    async def settle(self) -> None:
        """Start to watch the focus, and the text in the field that has it: a client of IBus reports
        that once, until it changes."""
        members = [(_CONTEXT, each) for each in (_GAINED, _LOST, _SURROUNDING)]
        for interface, member in (*members, (IBUS, _CREATE)):
            rule = f"type='method_call',interface='{interface}',member='{member}'"
            await self.call(DBUS, "AddMatch", "s", rule)
        (self._ours,) = await self.call(IBUS, _CREATE, "s", "dictate")
        await self.call(_CONTEXT, "SetCapabilities", "u", _CAN_FOCUS, path=self._ours)
        await self.focus()

    @property
    def seen(self) -> str | None:
        """The text field that has the focus, as far as IBus has reported; None if none has it.

        A field has a new name each time it gains the focus."""
        return self._context and f"{self._context} {self._moves}"

    async def focus(self) -> str | None:
        """The same, after IBus has reported everything up to now. Raises IBusLost."""
        try:
            context = await self._get("CurrentInputContext")
        except IBusRefused:
            context = _NO_CONTEXT
        self._focus_is(None if context == _NO_CONTEXT else context)
        await self._until_forwarded()
        return self.seen

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

    async def _until_forwarded(self) -> None:
        # What IBus forwards arrives later than its replies, but in order. When this call comes back
        # to us, so has everything that applications reported before it. It changes nothing, because
        # our context never has the focus.
        forwarded = asyncio.get_running_loop().create_future()
        self._awaited.append(forwarded)
        await self.call(_CONTEXT, _LOST, path=self._ours)
        try:
            async with asyncio.timeout(_FORWARD_S):
                await forwarded
        except TimeoutError as error:
            raise IBusLost(_("IBus does not report where the focus is")) from error

    async def until_gone(self, connection: str) -> None:
        """Return once IBus has noticed that the connection of that name has ended. Raises
        IBusLost."""
        try:
            async with asyncio.timeout(ANSWER_S):
                while await self._knows(connection):
                    pass
        except TimeoutError as error:
            raise IBusLost(_("IBus does not notice the end of a connection")) from error

    async def through_shell(self) -> bool:
        """Whether the field that has the focus talks to GNOME Shell, not to IBus itself, as far as
        is known. Raises IBusLost."""
        try:
            (owner,) = await self.call(DBUS, "GetNameOwner", "s", _PANEL)
        except IBusRefused:
            return False
        return self._client in (None, owner)

    @property
    def reports_all(self) -> bool:
        """Whether the field that has the focus reports each change, and each move of the cursor, by
        itself: those of Qt do, if we were there when the application started."""
        return self._client in self._qt

    async def reports(self, since: float, seconds: float) -> bool:
        """Whether a text field reports at `since` (monotonic) or within `seconds` after it."""
        while self.reported_at < since and time.monotonic() < since + seconds:  # noqa: ASYNC110
            await asyncio.sleep(_TICK_S)
        return self.reported_at >= since

    async def until_recalled(self, engine: IBusEngine) -> None:
        """Return once a report can only be of the application.

        Since 44, GNOME Shell itself answers an engine that is switched on: with the last report
        that it has, which may be out of date, from an application that may hang. Raises IBusLost.
        """
        if engine.recalled:
            return
        if await self.through_shell():
            with suppress(IBusRefused):  # who answers so has answered the engine
                await engine.call(PROPERTIES, "GetAll", "s", _PANEL, to=_PANEL)
            await self._until_forwarded()
        engine.recalled = True

    async def until_passed_on(self) -> None:
        """Return once GNOME Shell has most likely passed on to the application what it got from us.

        It does so when it is idle, and replies to us in between. Raises IBusLost.
        """
        if not await self._knows(_PANEL):
            return  # a call would start it
        with suppress(IBusRefused):
            for __ in range(_REPLIES):
                await self.call(PROPERTIES, "GetAll", "s", _PANEL, to=_PANEL)

    async def _knows(self, name: str) -> bool:
        (owned,) = await self.call(DBUS, "NameHasOwner", "s", name)
        return bool(owned)

    def answer(self, call: Message) -> Message | bool:
        """Look at a call between an application and IBus; it needs no reply from us."""
        if (call.interface, call.member) == (IBUS, _CREATE):
            if call.body == [_QT]:
                self._qt.add(call.sender or "")
            return True
        if call.interface != _CONTEXT:
            return False
        if call.path == self._ours:
            forwarded = self._awaited.popleft()
            if not forwarded.done():
                forwarded.set_result(None)
        elif call.member == _GAINED:
            self._client = call.sender
            self._focus_is(call.path)
        elif call.member == _SURROUNDING:
            if call.path == self._context:
                self.surrounding = SurroundingText.of(call)
                self.reported_at = time.monotonic()
                self._reported()
        elif call.path == self._context:
            self._focus_is(None)
        return True

    def _focus_is(self, context: str | None) -> None:
        if context != self._context:
            self._context = context
            self._moves += 1
            self.surrounding = None
            self._reported()

    def _reported(self) -> None:
        if self.on_report is not None:
            self.on_report()

    async def _get(self, name: str) -> Any:
        (value,) = await self.call(PROPERTIES, "Get", "ss", IBUS, name)
        return value.value
