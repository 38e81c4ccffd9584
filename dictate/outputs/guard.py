"""Where nothing is written, whatever the output: a field for passwords, a locked screen.

Where the session bus, the lock's service or an application does not answer, nobody knows, and the
text is written: at most `LOOK_S` and the lock's own limit later.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from dictate.errors import NotDelivered, Unavailable
from dictate.outputs.accessibility import DBUS, LAUNCHER, FocusedField, call
from dictate.outputs.lock import locked
from dictate.platform import bus

_log = logging.getLogger(__name__)

LOOK_S = 0.05
RETRY_S = 0.5
AGAIN_S = 60.0
"""Where there is no accessibility bus and nobody says that one was started."""
LOCKED = "the screen is locked"
SECRET = "a field for passwords has the focus: nothing is written there"


class Guard:
    """Watches, from `open` to `close`."""

    def __init__(self) -> None:
        self._session: MessageBus | None = None
        self._field: FocusedField | None = None
        self._locked = False
        self._keeping: asyncio.Task[None] | None = None
        self._came = asyncio.Event()
        """The accessibility bus was started."""

    async def open(self) -> None:
        """Begin to watch. Idempotent; without a session bus there is nothing to watch yet."""
        if self._keeping is None:
            with contextlib.suppress(Unavailable):
                await self._connect()
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def look(self) -> None:
        """Bring up to date what `refuse` knows. To be asked before each text."""
        session, field = self._session, self._field
        if session is not None:
            self._locked = await locked(session)
        if field is not None:
            await field.confirm(LOOK_S)

    def refuse(self) -> None:
        """Raise NotDelivered where nothing may be written now. From any thread."""
        if self._locked:
            raise NotDelivered(LOCKED)
        if self.secret:
            raise NotDelivered(SECRET)

    @property
    def secret(self) -> bool:
        """Whether a field for passwords has the focus. From any thread."""
        field = self._field
        return field is not None and field.secret

    async def close(self) -> None:
        """Idempotent."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
            self._keeping = None
        if self._session is not None:
            await bus.leave(self._session)
            self._session = None

    async def _connect(self) -> MessageBus:
        """Raises Unavailable."""
        session = await bus.connect()
        session.add_message_handler(self._take)
        rule = f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{LAUNCHER}'"
        await call(session, (DBUS, "/org/freedesktop/DBus"), DBUS, "AddMatch", "s", rule)
        self._session = session
        return session

    def _take(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[0] == LAUNCHER:
            self._came.set()

    async def _keep(self) -> None:
        """Have both connections, as far as they can be had."""
        while True:
            field = None
            try:
                session = self._session or await self._connect()
                self._came.clear()
                field = self._field = await FocusedField.connect(session)
                await _first(bus.lost(session), field.lost())
            except Unavailable as error:
                _log.debug("nobody tells what has the focus: %s", error)
                if self._session is not None:
                    lost = bus.lost(self._session)
                    await _first(lost, self._came.wait(), asyncio.sleep(AGAIN_S))
            finally:
                self._field = None
                if field is not None:
                    await field.close()
            if self._session is not None and not self._session.connected:
                self._session = None
            await asyncio.sleep(RETRY_S)


async def _first(*ends: Coroutine[Any, Any, object]) -> None:
    """Wait until one of them is over."""
    waiting = [asyncio.ensure_future(each) for each in ends]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
