"""What logind says about suspend and hibernation, which waits for us a moment.

The lock is held from the start to the sleep, not only during a dictation: logind grants none once a
sleep has begun, so one that is taken at a press may come too late.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus
from dictate.platform.background import BackgroundTasks
from dictate.platform.backoff import Backoff
from dictate.translation import _

log = logging.getLogger(__name__)

_LOGIND: Final = "org.freedesktop.login1"
_INTERFACE: Final = "org.freedesktop.login1.Manager"
_PATH: Final = "/org/freedesktop/login1"
_SLEEP: Final = "PrepareForSleep"
_DBUS: Final = "org.freedesktop.DBus"
_OWNER: Final = "NameOwnerChanged"
_RULES: Final = (
    f"type='signal',sender='{_LOGIND}',path='{_PATH}',interface='{_INTERFACE}',member='{_SLEEP}'",
    f"type='signal',sender='{_DBUS}',interface='{_DBUS}',member='{_OWNER}',arg0='{_LOGIND}'",
)
_ANSWER_S: Final = 5.0
_FIRST_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 300.0
"""Seconds between two attempts to reach the system bus, doubled each time."""
BEFORE_S: Final = 4.0
"""Maximum number of seconds for which a sleep is held up. By default logind waits for 5
(InhibitDelayMaxSec in logind.conf)."""


async def watch_sleep(before: Callable[[], Awaitable[None]], after: Callable[[], None]) -> None:
    """Until cancelled: call `before` on the loop each time that the machine is about to sleep, and
    `after` when it is awake again. The sleep is held up until `before` returns, if logind grants
    us that. Without logind nothing is called."""
    address = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket")
    backoff = Backoff(_FIRST_WAIT_S, _LONGEST_WAIT_S)
    while True:
        try:
            # untranslated
            connection = await bus.reach("the system bus", address, "", takes_files=True)
        except Unavailable as error:
            log.debug("sleep is not noticed: %s", error)
        else:
            sleeps = _Sleeps(connection, before, after)
            try:
                await sleeps.listen()
                backoff.reset()
            except Unavailable as error:
                log.debug("sleep is not noticed: %s", error)
            finally:
                await sleeps.close()
                await bus.leave(connection)
        await asyncio.sleep(backoff.after())


class _Sleeps:
    """One connection to the system bus."""

    def __init__(
        self,
        connection: MessageBus,
        before: Callable[[], Awaitable[None]],
        after: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._before = before
        self._after = after
        self._lock: int | None = None
        """The file whose closing releases the sleep."""
        self._tasks = BackgroundTasks(log)

    async def listen(self) -> None:
        """Until the connection is lost. Raises Unavailable."""
        self._connection.add_message_handler(self._see)
        for rule in _RULES:
            call = Message(_DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", signature="s")
            call.body = [rule]
            await bus.ask(self._connection, call, "logind", _ANSWER_S)
        await self._take_lock()
        await bus.lost(self._connection)

    async def close(self) -> None:
        """Let the machine sleep."""
        await self._tasks.cancel()
        _close(self._lock)
        self._lock = None

    def _see(self, message: Message) -> None:
        if message.message_type not in (MessageType.SIGNAL, MessageType.METHOD_CALL):
            return
        for file in message.unix_fds:  # of a stranger's: logind sends them in answers alone
            os.close(file)
        # The rules are for broadcasts. What is addressed to us may come from anybody.
        if message.destination:
            return
        if (message.path, message.interface, message.member) == (_PATH, _INTERFACE, _SLEEP):
            if message.body == [True]:
                self._tasks.start(self._fall_asleep(), "sleep")
            elif message.body == [False]:
                self._tasks.start(self._take_lock(), "lock")
                self._after()
        elif (message.interface, message.member) == (_DBUS, _OWNER) and message.body[2:] != [""]:
            self._tasks.start(self._take_lock(), "lock")

    async def _fall_asleep(self) -> None:
        # The next one may be taken before this is over: a sleep can be broken off.
        lock, self._lock = self._lock, None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEFORE_S):
                    await self._before()
        finally:
            _close(lock)

    async def _take_lock(self) -> None:
        question = Message(
            destination=_LOGIND,
            path=_PATH,
            interface=_INTERFACE,
            member="Inhibit",
            signature="ssss",
            body=["sleep", "Dictate", _("A dictation is being ended"), "delay"],
            flags=MessageFlag.NO_AUTOSTART,
        )
        try:
            answer = await bus.ask(self._connection, question, "logind", _ANSWER_S)
        except Unavailable as error:
            log.debug("no sleep is held up: %s", error)
            return
        if answer.message_type is MessageType.METHOD_RETURN and answer.unix_fds:
            _close(self._lock)
            self._lock = answer.unix_fds[0]
            os.set_inheritable(self._lock, False)  # noqa: FBT003 - it has no name
        else:
            log.debug("no sleep is held up: logind says %s", answer.error_name)


def _close(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
