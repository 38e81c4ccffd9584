"""The client that made a call on the bus. One that has left does not wait for its answer any more.

dbus-fast does not tell a method who called it. So each message is looked at before it becomes a
call, and the task of the call inherits what was seen then.
"""

import asyncio
from contextvars import ContextVar
from typing import Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus

_BUS: Final = "org.freedesktop.DBus"
_ANSWER_S: Final = 5.0
"""Seconds that the bus has to answer."""

_caller: ContextVar[str] = ContextVar("caller", default="")


def note_callers(connection: MessageBus) -> None:
    """Have each call on this connection know its caller."""

    def note(message: Message) -> None:
        if message.message_type is MessageType.METHOD_CALL:
            _caller.set(message.sender or "")

    connection.add_message_handler(note)


async def caller_left(connection: MessageBus) -> None:
    """Raise Unavailable when the client leaves whose call this is; return if that cannot be
    known."""
    caller, left = _caller.get(), asyncio.Event()

    def see(message: Message) -> None:
        if message.sender == _BUS and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if name == caller and not owner:
                left.set()

    rule = f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{caller}'"
    connection.add_message_handler(see)
    try:
        await bus.ask(connection, _call("AddMatch", rule), "the session bus", _ANSWER_S)
        found = await bus.answer_or_none(connection, _call("NameHasOwner", caller), _ANSWER_S)
        if found == [False]:  # it was faster
            left.set()
        await left.wait()
    except Unavailable:
        return
    finally:
        connection.remove_message_handler(see)
        if connection.connected:
            connection.send(_call("RemoveMatch", rule))
    raise Unavailable("the client has left the bus")


def _call(member: str, argument: str) -> Message:
    return Message(_BUS, "/org/freedesktop/DBus", _BUS, member, signature="s", body=[argument])
