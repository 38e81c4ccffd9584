"""Pop-up messages of the desktop, for trouble and for texts that are held.

They never hold up a dictation: a server that is missing, hung or flooded costs a line in the log.
Never show what was dictated: notifications stay in lists and appear on lock screens.
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

log = logging.getLogger(__name__)

_NAME: Final = "org.freedesktop.Notifications"
_ANSWER_S: Final = 1.0
_REST_S: Final = 30.0
"""A server that did not answer is not asked again for so long."""
_MOST: Final = 5
_WITHIN_S: Final = 10.0


class Urgency(IntEnum):
    """As the desktops define it: LOW may be shown later, CRITICAL stays until clicked away."""

    LOW = 0
    NORMAL = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Action:
    """A button below a message. It works once."""

    label: str
    click: Callable[[], None]


class Notifier:
    """Shows messages through whatever connection `bus` returns at the time; None shows none.

    At most five in ten seconds are shown; all are logged.
    """

    def __init__(self, bus: Callable[[], MessageBus | None], *, enabled: bool) -> None:
        self._enabled = enabled
        self._bus = bus
        self._shown: dict[str, int] = {}
        self._actions: dict[int, Action] = {}
        """What stands below the messages that are shown, by their number."""
        self._heard: MessageBus | None = None
        """The connection on which clicks are heard."""
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
    ) -> None:
        """Show a message, in place of the last one with the same `key`, if one is given.

        Returns within a second or so, and never raises.
        """
        level = logging.WARNING if urgency is Urgency.CRITICAL else logging.DEBUG
        log.log(level, "%s", f"{summary}: {body}" if body else summary)
        bus = self._bus() if self._enabled else None
        if bus is None or not self._may_show():
            return
        try:
            async with asyncio.timeout(_ANSWER_S):
                if action is not None:
                    await self._hear_clicks(bus)
                replaced = self._shown.get(key, 0)
                reply = await bus.call(_notify(summary, body, replaced, urgency, action))
        except TimeoutError:
            self._rest_until = time.monotonic() + _REST_S
            log.info("the desktop's notifications do not answer: not asked for %.0f s", _REST_S)
        except (OSError, EOFError, DBusFastError) as error:
            log.debug("no notification: %r", error)
        else:
            self._remember(key, reply, action)

    def _may_show(self) -> bool:
        now = time.monotonic()
        if now < self._rest_until:
            return False
        if len(self._times) == _MOST and now - self._times[0] < _WITHIN_S:
            log.debug("too many notifications: only logged")
            return False
        self._times.append(now)
        return True

    def _remember(self, key: str, reply: Message | None, action: Action | None) -> None:
        if reply is None or reply.message_type is MessageType.ERROR:
            log.debug("no notification: %s", reply.body if reply else "the bus is gone")
        elif reply.signature == "u":
            number = reply.body[0]
            if key:
                self._shown[key] = number
            self._actions.pop(number, None)
            if action is not None:
                self._actions[number] = action

    async def _hear_clicks(self, bus: MessageBus) -> None:
        if self._heard is bus:
            return
        self._heard = bus
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
    summary: str, body: str, replaces: int, urgency: Urgency, action: Action | None
) -> Message:
    return Message(
        destination=_NAME,
        path="/org/freedesktop/Notifications",
        interface=_NAME,
        member="Notify",
        signature="susssasa{sv}i",
        body=[
            "Dictate",
            replaces,
            "audio-input-microphone",
            one_line(summary),
            html.escape(one_line(body), quote=False),
            ["click", action.label] if action else [],
            {"urgency": Variant("y", int(urgency))},
            -1,
        ],
    )
