"""The running daemon, as the proof needs it: where its engine listens, whether it dictates, and
what was dictated before."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.unpack import unpack_variants

from dictate.errors import DictateError, Unavailable
from dictate.platform import bus
from dictate.translation import _

ANSWER_S: Final = 10.0
"""Seconds to wait for an answer."""
LOOK_S: Final = 0.1
"""Seconds between two looks whether a dictation has ended."""
_BUSY: Final = ("recording", "finishing")
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"


class Daemon:
    """One connection to it."""

    def __init__(self, connection: MessageBus) -> None:
        self._connection = connection

    async def engine_socket(self) -> Path:
        """Where its main engine process listens. Raises DictateError."""
        return Path(await self._call(bus.INTERFACE, "EngineSocket"))

    async def hotwords_file(self) -> Path:
        """The file whose hotwords are in force. Raises DictateError."""
        return Path(await self._property("HotwordsFile"))

    async def history(self, limit: int) -> list[dict[str, Any]]:
        """The newest dictations, newest first. Raises DictateError."""
        found: list[dict[str, Any]] = await self._call(bus.INTERFACE, "History", "u", limit)
        return found

    async def record_trial(
        self,
        term: str,
        engine: str,
        model: str,
        strength: float,
        clip: str,
        before: str,
        after: str,
    ) -> None:
        """Have the journal keep that a term was tried: as `journal.evidence.Evidence`. Raises
        DictateError."""
        row = (term, engine, model, strength, clip, before, after)
        await self._call(bus.HOTWORDS_INTERFACE, "RecordTrial", "sssdsss", *row)

    async def until_idle(self, waiting: Callable[[], None]) -> None:
        """Return once no dictation is under way; `waiting` is called if one is. Raises
        DictateError."""
        waits = False
        while await self._property("State") in _BUSY:
            if not waits:
                waiting()
                waits = True
            await asyncio.sleep(LOOK_S)

    async def _property(self, name: str) -> Any:
        return await self._call(_PROPERTIES, "Get", "ss", bus.INTERFACE, name)

    async def _call(self, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        question = Message(
            destination=bus.NAME,
            path=bus.PATH,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=MessageFlag.NO_AUTOSTART,
        )
        answer = await bus.ask(self._connection, question, "dictate", ANSWER_S)
        if answer.message_type is MessageType.ERROR:
            name = answer.error_name or ""
            if name.startswith(bus.ERRORS) and name != f"{bus.ERRORS}.{Unavailable.__name__}":
                raise DictateError(str(answer.body[0]))
            raise DictateError(_("dictate was stopped: start it, and run this again"))
        return unpack_variants(answer.body[0]) if answer.body else None


@asynccontextmanager
async def running_daemon() -> AsyncIterator[Daemon | None]:
    """The running daemon, or None if none runs. It is never started."""
    try:
        connection = await bus.connect()
    except Unavailable:
        yield None
        return
    try:
        who = Message(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "NameHasOwner",
            signature="s",
            body=[bus.NAME],
        )
        answer = await bus.answer_or_none(connection, who, ANSWER_S)
        yield Daemon(connection) if answer and answer[0] else None
    finally:
        await bus.leave(connection)
