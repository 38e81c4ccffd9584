"""The daemon as `dictatectl` sees it: one connection, for one call or a stream of changes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.unpack import unpack_variants

from dictate.errors import ConfigError, DictateError, FocusMoved, NotFound, Unavailable
from dictate.platform import bus

ANSWER_S: Final = 10.0
"""Seconds to wait for an answer."""
SLOW_ANSWER_S: Final = {
    "Paste": 60.0,
    "Check": 60.0,
    "CheckLive": 120.0,
    "Devices": 20.0,
    "Reload": 30.0,
    "ReadFiles": 30.0,
    "Prove": 180.0,
    "Accept": 30.0,
    "Unlearn": 30.0,
    "CorrectWindow": 30.0,
}
"""Seconds to wait for slow methods: some transcribe a recording again, some try every backend."""

_START: Final = "start it with `systemctl --user start dictate`, or `dictate run` in a terminal"
_BUS: Final = "org.freedesktop.DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_ABSENT: Final = (f"{_BUS}.Error.ServiceUnknown", f"{_BUS}.Error.NameHasNoOwner")
_KINDS: Final = {kind.__name__: kind for kind in (NotFound, FocusMoved)}
"""The errors of the daemon that a command treats in a special manner."""


class NotRunning(DictateError):
    """The daemon is not running, or cannot be reached."""


class DaemonClient:
    """A connection to the daemon."""

    def __init__(self, connection: MessageBus) -> None:
        self._connection = connection

    async def ask(
        self, member: str, signature: str = "", *body: Any, interface: str = bus.INTERFACE
    ) -> Any:
        """Call a method of the daemon; its answer in plain types. Never starts the daemon.

        Raises NotRunning, DictateError.
        """
        return await self._call(bus.NAME, bus.PATH, interface, member, signature, *body)

    async def status(self) -> dict[str, Any]:
        """All properties, with names in snake_case."""
        found = await self._call(bus.NAME, bus.PATH, _PROPERTIES, "GetAll", "s", bus.INTERFACE)
        return _snake_case(found)

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """The whole status now and after each change. While the daemon is not running, only a state
        "off". Raises NotRunning when the bus goes away.
        """
        changes: asyncio.Queue[Message] = asyncio.Queue()
        self._connection.add_message_handler(lambda message: _put(changes, message))
        for rule in (
            f"type='signal',sender='{bus.NAME}',interface='{_PROPERTIES}',path='{bus.PATH}'",
            f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{bus.NAME}'",
        ):
            await self._call(_BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", "s", rule)
        ended = asyncio.ensure_future(bus.lost(self._connection))
        while True:
            try:
                yield await self.status()
            except NotRunning:
                yield {"state": "off"}
            change = asyncio.ensure_future(changes.get())
            await asyncio.wait({change, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                change.cancel()
                raise NotRunning("the session bus has gone away: log in again")
            while not changes.empty():
                changes.get_nowait()

    async def _call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Any:
        question = Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=MessageFlag.NO_AUTOSTART,
        )
        limit_s = SLOW_ANSWER_S.get(member, ANSWER_S)
        try:
            async with asyncio.timeout(limit_s):
                answer = await self._connection.call(question)
        except TimeoutError as error:
            raise DictateError(
                f"dictate did not answer within {limit_s:.0f} s: see its log "
                "(`journalctl --user -u dictate`), or restart it"
            ) from error
        except (OSError, EOFError) as error:
            raise NotRunning("the session bus has gone away: log in again") from error
        if answer is None:
            raise NotRunning("the session bus has gone away: log in again")
        if answer.message_type is MessageType.ERROR:
            if answer.error_name in _ABSENT:
                raise NotRunning(f"dictate is not running: {_START}")
            name = answer.error_name or ""
            message = str(answer.body[0]) if answer.body else name
            kind = name.removeprefix(f"{bus.ERRORS}.")
            if kind == ConfigError.__name__:
                raise ConfigError(message.splitlines())
            raise _KINDS.get(kind, DictateError)(message)
        return unpack_variants(answer.body[0]) if answer.body else None


@asynccontextmanager
async def client() -> AsyncIterator[DaemonClient]:
    """A connection, closed afterwards. Raises NotRunning if there is no session bus."""
    try:
        connection = await bus.connect()
    except Unavailable as error:
        raise NotRunning(str(error)) from error
    try:
        yield DaemonClient(connection)
    finally:
        await bus.leave(connection)


def _put(changes: "asyncio.Queue[Message]", message: Message) -> None:
    if message.member in ("PropertiesChanged", "NameOwnerChanged"):
        changes.put_nowait(message)


def _snake_case(properties: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): v for key, v in properties.items()}
