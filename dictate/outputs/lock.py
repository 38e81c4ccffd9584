"""Whether the screen is locked, as the desktop reports it on the session bus."""

import asyncio

from dbus_fast import Message, MessageFlag
from dbus_fast.aio import MessageBus

from dictate.platform import bus

LOCKED_S = 0.5
"""Seconds after which a desktop that does not answer counts as not locked."""


async def locked(connection: MessageBus) -> bool:
    """Whether any screen lock says so. Starts none that is not running."""
    answers = await asyncio.gather(
        _active(connection, "org.freedesktop.ScreenSaver", "/ScreenSaver"),
        _active(connection, "org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    )
    return any(answers)


async def _active(connection: MessageBus, name: str, path: str) -> bool:
    question = Message(name, path, name, "GetActive", flags=MessageFlag.NO_AUTOSTART)
    return await bus.answer_or_none(connection, question, LOCKED_S) == [True]
