"""The names under which the daemon is found on the session bus, and the way to that bus."""

import asyncio
import os
from contextlib import suppress
from typing import Any, Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from dictate.errors import Unavailable

NAME: Final = "io.github.dictate.Dictate1"
PATH: Final = "/io/github/dictate/Dictate1"
INTERFACE: Final = NAME
ERRORS: Final = f"{INTERFACE}.Error"
"""Before the last dot of each error name; after it stands the name of a class in errors.py."""

LINE_LIMIT: Final = 500
"""Characters of a line of text on the bus, at most."""

_HELLO_S: Final = 5.0
_LEAVE_S: Final = 0.5


def session_address() -> str:
    """Where the session bus is. Raises Unavailable."""
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    # Services and ssh logins lack the variable; systemd puts the bus here for everybody.
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return f"unix:path={runtime}/bus"
    raise Unavailable(
        "there is no session bus (neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set): "
        "log in to a desktop, or start with dbus-run-session"
    )


async def connect() -> MessageBus:
    """A connection to the session bus. Raises Unavailable."""
    advice = "log in to a desktop, or start with dbus-run-session"
    return await reach("the session bus", session_address(), advice)


async def reach(name: str, address: str, advice: str) -> MessageBus:
    """A connection to the bus at `address`. Raises Unavailable, with its name and the advice."""
    # A stopped bus would accept us and then say nothing, for ever.
    try:
        async with asyncio.timeout(_HELLO_S):
            connection = await MessageBus(bus_address=address).connect()
    except TimeoutError as error:
        raise Unavailable(f"{name} at {address} does not answer") from error
    except (OSError, EOFError, DBusFastError) as error:
        raise Unavailable(f"{name} at {address} cannot be reached ({error}): {advice}") from error
    _make_patient(connection)
    return connection


async def lost(connection: MessageBus) -> None:
    """Return when the connection has ended, whoever ended it."""
    ended: Any = connection.wait_for_disconnect  # has no annotations
    with suppress(EOFError, OSError):
        # Shielded: all who wait share one future, and cancelling one would cancel it for all.
        await asyncio.shield(ended())


async def ask(connection: MessageBus, question: Message, whom: str, limit_s: float) -> Message:
    """The answer, which may be an error. `whom`, as a person calls it, has so many seconds. Raises
    Unavailable."""
    try:
        async with asyncio.timeout(limit_s):
            answer = await connection.call(question)
    except TimeoutError as error:
        raise Unavailable(f"{whom} does not answer") from error
    except (OSError, EOFError) as error:
        raise Unavailable("the session bus is gone") from error
    if answer is None:
        raise Unavailable("the session bus is gone")
    return answer


async def told(connection: MessageBus, question: Message, limit_s: float) -> list[Any] | None:
    """What is answered; None if nothing is in this time, or an error."""
    try:
        answer = await ask(connection, question, "it", limit_s)
    except Unavailable:
        return None
    if answer.message_type is not MessageType.METHOD_RETURN:
        return None
    said: list[Any] = answer.body
    return said


async def leave(connection: MessageBus) -> None:
    """End the connection."""
    connection.disconnect()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_S):
            await lost(connection)


class _PatientSocket:
    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def send(self, data: Any) -> int:
        try:
            return int(self._socket.send(data))
        except BlockingIOError:
            return 0


def _make_patient(connection: Any) -> None:
    """Have the connection wait while the bus is busy.

    dbus-fast 5.2 takes a full socket for a broken one and hangs up, which any program could bring
    about with some hundred calls at once. It does wait when a message was sent in part only, so
    we say "none of it". tests/dbus/test_service.py shows when this is not needed any more.
    """
    if writer := getattr(connection, "_writer", None):
        writer.sock = _PatientSocket(writer.sock)


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """As one line that any program can show; D-Bus itself refuses NUL and half surrogates."""
    line = " ".join(text.encode("utf-8", "replace").decode().replace("\0", " ").split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
