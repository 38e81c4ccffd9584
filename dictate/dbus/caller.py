"""The client that made a call on the bus: how often it calls, and whether it is still there.

dbus-fast does not tell a method who called it. So each message is looked at before it becomes a
call, and the task of the call inherits what was seen then.
"""

import asyncio
import logging
import time
from contextvars import ContextVar
from typing import Final

from dbus_fast import ErrorType, Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from dictate.dbus.call_rate import CallRate
from dictate.errors import Unavailable
from dictate.platform import bus
from dictate.translation import _

log = logging.getLogger(__name__)

BURST: Final = 400
"""Calls that a client may make at once."""
PER_S: Final = 50.0
"""How many more calls each second allows it."""

_BUS: Final = "org.freedesktop.DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_ANSWER_S: Final = 5.0
"""Seconds that the bus has to answer."""

_caller: ContextVar[str] = ContextVar("caller", default="")
_silent: ContextVar[bool] = ContextVar("silent", default=False)
"""Whether the caller wants no answer."""


def note_callers(connection: MessageBus) -> None:
    """Have each call on this connection know its caller. One who calls without end is refused here,
    where a call costs least: the calls of others wait behind these."""
    rate = CallRate(BURST, PER_S)
    warnings = CallRate(1, 1 / 60)

    def note(message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        caller, now = message.sender or "", time.monotonic()
        silent = MessageFlag.NO_REPLY_EXPECTED in message.flags
        _caller.set(caller)
        _silent.set(silent)
        if rate.allows(caller, now):
            # It changes nothing, and dbus-fast would log a mistake in it as one of ours.
            return silent and message.interface == _PROPERTIES
        if warnings.allows("", now):
            log.warning("%s calls too often over D-Bus: most of its calls are refused", caller)
        if silent:
            return True
        return Message.new_error(message, ErrorType.LIMITS_EXCEEDED, _("too many calls: slow down"))

    connection.add_message_handler(note)


def answer_wanted() -> bool:
    """Whether the client whose call this is wants an answer."""
    return not _silent.get()


async def caller_left(connection: MessageBus) -> None:
    """Raise Unavailable when the client leaves whose call this is; return if that cannot be
    known."""
    caller, left = _caller.get(), asyncio.Event()

    def see(message: Message) -> None:
        if message.sender == _BUS and message.member == "NameOwnerChanged":
            name, __, owner = message.body
            if name == caller and not owner:
                left.set()

    rule = f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{caller}'"
    connection.add_message_handler(see)
    try:
        await bus.ask(connection, _call("AddMatch", rule), _("the session bus"), _ANSWER_S)
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
    raise Unavailable(_("the client has left the bus"))


def _call(member: str, argument: str) -> Message:
    return Message(_BUS, "/org/freedesktop/DBus", _BUS, member, signature="s", body=[argument])
