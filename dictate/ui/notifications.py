"""Desktop notifications, for problems and for texts that are held.

They never delay a dictation: a missing, hung or flooded server costs a line in the log. They do not
show dictated text, because notifications stay in lists and appear on lock screens. The exception is
the words of a noticed correction, which the user has asked for: desktops are told not to keep it.
"""

import asyncio
import html
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from dictate.config.schema import NotificationSettings
from dictate.platform.bus import one_line
from dictate.ui import icons

log = logging.getLogger(__name__)

_NAME: Final = "org.freedesktop.Notifications"
_ANSWER_S: Final = 1.0
_REST_S: Final = 30.0
"""Seconds without notifications after a server did not answer."""
_MOST: Final = 5
_WITHIN_S: Final = 10.0
"""At most `_MOST` notifications in this number of seconds."""


class Urgency(IntEnum):
    """As the specification defines it: LOW may wait, CRITICAL stays until dismissed."""

    LOW = 0
    NORMAL = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Action:
    """A button below a message. It works once."""

    label: str
    click: Callable[[], None]


class Notifier:
    """Shows messages through the connection that `bus` returns; with None it shows nothing.

    At most five in ten seconds are shown; all are logged.
    """

    def __init__(self, bus: Callable[[], MessageBus | None], *, enabled: bool) -> None:
        self._enabled = enabled
        self._bus = bus
        self._shown: dict[str, int] = {}
        self._actions: dict[int, Action] = {}
        """The buttons of the messages on display, by notification id."""
        self._listening_on: MessageBus | None = None
        """The connection whose clicks are received."""
        self._times: deque[float] = deque(maxlen=_MOST)
        self._rest_until = 0.0

    def apply(self, settings: NotificationSettings) -> None:
        """Use these settings from now on."""
        self._enabled = settings.enabled

    async def show(
        self,
        summary: str,
        body: str = "",
        *,
        key: str = "",
        urgency: Urgency = Urgency.NORMAL,
        action: Action | None = None,
        private: bool = False,
    ) -> None:
        """Show a message. It replaces the last one with the same `key`, if a key is given. The body
        of a `private` one is not logged, and not kept in the desktop's list.

        Returns within a second or so, and never raises.
        """
        level = logging.WARNING if urgency is Urgency.CRITICAL else logging.DEBUG
        log.log(level, "%s", f"{summary}: {body}" if body and not private else summary)
        bus = self._bus() if self._enabled else None
        if bus is None or not self._may_show():
            return
        try:
            async with asyncio.timeout(_ANSWER_S):
                if action is not None:
                    await self._hear_clicks(bus)
                replaced = self._shown.get(key, 0)
                reply = await bus.call(_notify(summary, body, replaced, urgency, action, private))
        except TimeoutError:
            self._rest_until = time.monotonic() + _REST_S
            log.info("notifications: the desktop does not answer; none for %.0f s", _REST_S)
        except (OSError, EOFError, DBusFastError) as error:
            log.debug("notifications: not shown: %r", error)
        else:
            self._remember(key, reply, action)

    def _may_show(self) -> bool:
        now = time.monotonic()
        if now < self._rest_until:
            return False
        if len(self._times) == _MOST and now - self._times[0] < _WITHIN_S:
            log.debug("notifications: too many, only logged")
            return False
        self._times.append(now)
        return True

    def _remember(self, key: str, reply: Message | None, action: Action | None) -> None:
        if reply is None or reply.message_type is MessageType.ERROR:
            log.debug("notifications: not shown: %s", reply.body if reply else "the bus is gone")
        elif reply.signature == "u":
            number = reply.body[0]
            if key:
                self._shown[key] = number
            self._actions.pop(number, None)
            if action is not None:
                self._actions[number] = action

    async def _hear_clicks(self, bus: MessageBus) -> None:
        if self._listening_on is bus:
            return
        self._listening_on = bus
        self._actions.clear()
        bus.add_message_handler(self._on_message)
        rule = f"type='signal',sender='{_NAME}',interface='{_NAME}'"
        await bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=[rule],
            )
        )

    def _on_message(self, message: Message) -> None:
        if message.interface != _NAME or message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "ActionInvoked" and message.signature == "us":
            action = self._actions.pop(message.body[0], None)
            if action is not None:
                action.click()
        elif message.member == "NotificationClosed" and message.signature == "uu":
            self._actions.pop(message.body[0], None)


def _notify(
    summary: str,
    body: str,
    replaces: int,
    urgency: Urgency,
    action: Action | None,
    private: bool,  # noqa: FBT001
) -> Message:
    hints = {"urgency": Variant("y", int(urgency)), "image-data": _icon()}
    if private:
        hints["transient"] = Variant("b", private)
    return Message(
        destination=_NAME,
        path="/org/freedesktop/Notifications",
        interface=_NAME,
        member="Notify",
        signature="susssasa{sv}i",
        body=[
            "Dictate",
            replaces,
            "",
            one_line(summary),
            html.escape(one_line(body), quote=False),
            ["click", action.label] if action else [],
            hints,
            -1,
        ],
    )


def _icon() -> Variant:
    """Our icon in the form of the specification: width, height, bytes in a row, alpha, bits,
    channels."""
    size = 48
    pixels = icons.rgba("ready", size)
    return Variant("(iiibiiay)", [size, size, 4 * size, True, 8, 4, pixels])
