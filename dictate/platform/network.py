"""What NetworkManager says about the connection."""

import os
from typing import Final

from dbus_fast import Message, MessageFlag, Variant

from dictate.errors import Unavailable
from dictate.platform import bus

_SERVICE: Final = "org.freedesktop.NetworkManager"
_PATH: Final = "/org/freedesktop/NetworkManager"
_METERED: Final = (1, 3)
"""NM_METERED_YES and NM_METERED_GUESS_YES."""
_ANSWER_S: Final = 2.0


async def is_metered() -> bool:
    """Whether the connection costs by the megabyte, or NetworkManager guesses so. False if it does
    not run, or does not answer."""
    address = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket")
    try:
        connection = await bus.reach("the system bus", address, "")  # untranslated
    except Unavailable:
        return False
    try:
        question = Message(
            destination=_SERVICE,
            path=_PATH,
            interface="org.freedesktop.DBus.Properties",
            member="Get",
            signature="ss",
            body=[_SERVICE, "Metered"],
            flags=MessageFlag.NO_AUTOSTART,
        )
        values = await bus.answer_or_none(connection, question, _ANSWER_S)
    finally:
        await bus.leave(connection)
    found = values[0] if values else None
    return isinstance(found, Variant) and found.value in _METERED
