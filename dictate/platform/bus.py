"""Connections to a bus, and the names of the daemon on the session bus."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from dictate.errors import Unavailable
from dictate.plain_text import clean
from dictate.platform.background import ignore_exception
from dictate.platform.bus_names import ADVICE, HELLO_S, session_address
from dictate.platform.bus_names import ERRORS as ERRORS
from dictate.platform.bus_names import HOTWORDS_INTERFACE as HOTWORDS_INTERFACE
from dictate.platform.bus_names import INTERFACE as INTERFACE
from dictate.platform.bus_names import NAME as NAME
from dictate.platform.bus_names import PATH as PATH
from dictate.platform.bus_names import PROFILES_INTERFACE as PROFILES_INTERFACE
from dictate.translation import _

LINE_LIMIT: Final = 500
"""Maximum number of characters of a line of text on the bus."""

_LEAVE_S: Final = 0.5
"""Seconds to wait for the end of a connection."""


async def connect() -> MessageBus:
    """A connection to the session bus. Raises Unavailable."""
    return await reach(_("the session bus"), session_address(), ADVICE)


async def reach(name: str, address: str, advice: str, *, takes_files: bool = False) -> MessageBus:
    """A connection to the bus at `address`; with `takes_files`, answers may bring open files.
    Raises Unavailable with the name and the advice."""
    # A stopped bus accepts a connection and then never answers.
    try:
        async with asyncio.timeout(HELLO_S):
            made = _Connection(bus_address=address, negotiate_unix_fd=takes_files)
            connection = await made.connect()
    except TimeoutError as error:
        raise Unavailable(
            _("{name} at {address} does not answer").format(name=name, address=address)
        ) from error
    except (OSError, EOFError, DBusFastError) as error:
        raise Unavailable(
            _("{name} at {address} cannot be reached ({error}): {advice}").format(
                name=name, address=address, error=error, advice=advice
            )
        ) from error
    _make_patient(connection)
    return connection


async def lost(connection: MessageBus) -> None:
    """Return when the connection has ended, from either side."""
    ended: Any = connection.wait_for_disconnect  # has no annotations
    ending = asyncio.ensure_future(ended())
    # This call may be cancelled before the connection ends with an error.
    ignore_exception(ending)
    with suppress(EOFError, OSError):
        # Shielded: all callers share one future, and cancelling one call would cancel it for all.
        await asyncio.shield(ending)


async def ask(connection: MessageBus, question: Message, whom: str, limit_s: float) -> Message:
    """The answer, which may be an error. `whom` is the name of the receiver in messages, which has
    `limit_s` seconds to answer. Raises Unavailable."""
    try:
        async with asyncio.timeout(limit_s):
            answer = await connection.call(question)
    except TimeoutError as error:
        raise Unavailable(_("{name} does not answer").format(name=whom)) from error
    except (OSError, EOFError) as error:
        raise Unavailable(_("the session bus is gone")) from error
    if answer is None:
        raise Unavailable(_("the session bus is gone"))
    return answer


async def answer_or_none(
    connection: MessageBus, question: Message, limit_s: float
) -> list[Any] | None:
    """The values of the answer; None if it is an error, or does not arrive within `limit_s`."""
    try:
        answer = await ask(connection, question, "it", limit_s)
    except Unavailable:
        return None
    if answer.message_type is not MessageType.METHOD_RETURN:
        return None
    values: list[Any] = answer.body
    return values


async def leave(connection: MessageBus) -> None:
    """End the connection: what was sent before arrives, and what arrives from now on is not
    answered. Within a second, whatever the bus does. Idempotent."""
    try:
        with suppress(TimeoutError, OSError, EOFError):
            async with asyncio.timeout(_LEAVE_S):
                # The bus answers in order: after this answer, nothing of ours waits any more.
                await connection.call(_bus_call("GetId"))
    finally:
        connection.disconnect()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_S):
            await lost(connection)


def _bus_call(member: str) -> Message:
    name = "org.freedesktop.DBus"
    return Message(name, "/org/freedesktop/DBus", name, member)


class _Connection(MessageBus):
    """A connection that ends without tracebacks.

    dbus-fast 5.2 handles messages that arrived before the end after it, and the answer of a method
    may be ready only then. It writes each of these to a closed socket and logs a traceback. A panel
    that asks for our icon while we end causes ten of them.
    """

    def send(self, msg: Message) -> "asyncio.Future[None]":  # type: ignore[override]
        """Send it; the future ends when it is sent, and may be ignored. After the end of the
        connection the future has failed, and a call, which would wait for ever, raises
        ConnectionResetError."""
        if self.connected:
            try:
                sending: asyncio.Future[None] = super().send(msg)
            except (OSError, ValueError):  # the end showed only now
                if self.connected:
                    raise
            else:
                ignore_exception(sending)
                return sending
        ended = ConnectionResetError(_("the connection to the bus has ended"))
        if msg.message_type is MessageType.METHOD_CALL:
            raise ended
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(ended)
        ignore_exception(failed)
        return failed


class _PatientSocket:
    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def send(self, data: Any) -> int:
        try:
            return int(self._socket.send(data))
        except BlockingIOError:
            return 0


def _make_patient(connection: Any) -> None:
    """Make the connection wait while the bus is busy.

    dbus-fast 5.2 mistakes a full socket for a broken one and disconnects, which any program could
    cause with some hundred calls at once. It does wait after a message was sent in part, so we
    report that none of it was sent. tests/dbus/test_service.py shows when this is no longer needed.
    """
    if writer := getattr(connection, "_writer", None):
        writer.sock = _PatientSocket(writer.sock)


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """The text, which may hold words of others, as one line that any program can show. D-Bus
    refuses NUL and half surrogates."""
    line = " ".join(clean(text.replace("\0", " ")).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
