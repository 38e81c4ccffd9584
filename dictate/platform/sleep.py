"""What logind says about suspend and hibernation."""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus
from dictate.platform.backoff import Backoff

log = logging.getLogger(__name__)

_INTERFACE: Final = "org.freedesktop.login1.Manager"
_MEMBER: Final = "PrepareForSleep"
_PATH: Final = "/org/freedesktop/login1"
_RULE: Final = (
    f"type='signal',sender='org.freedesktop.login1',path='{_PATH}',interface='{_INTERFACE}',"
    f"member='{_MEMBER}'"
)
_ANSWER_S: Final = 5.0
_FIRST_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 300.0
"""Seconds between two attempts to reach the system bus, doubled each time."""


async def watch_sleep(on_sleep: Callable[[], None]) -> None:
    """Until cancelled: call this on the loop each time that the machine is about to sleep."""
    address = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket")
    backoff = Backoff(_FIRST_WAIT_S, _LONGEST_WAIT_S)
    while True:
        try:
            connection = await bus.reach("the system bus", address, "")
        except Unavailable as error:
            log.debug("sleep is not noticed: %s", error)
        else:
            try:
                await _listen(connection, on_sleep)
                backoff.reset()
            except Unavailable as error:
                log.debug("sleep is not noticed: %s", error)
            finally:
                await bus.leave(connection)
        await asyncio.sleep(backoff.after())


async def _listen(connection: MessageBus, on_sleep: Callable[[], None]) -> None:
    """Until the connection is lost. Raises Unavailable."""

    def see(message: Message) -> None:
        found = (message.message_type, message.path, message.interface, message.member)
        about_to = message.body == [True]
        if found == (MessageType.SIGNAL, _PATH, _INTERFACE, _MEMBER) and about_to:
            on_sleep()

    connection.add_message_handler(see)
    name = "org.freedesktop.DBus"
    call = Message(name, "/org/freedesktop/DBus", name, "AddMatch", signature="s", body=[_RULE])
    await bus.ask(connection, call, "the system bus", _ANSWER_S)
    await bus.lost(connection)
