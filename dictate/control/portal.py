"""Hears a key through the desktop's portal for global shortcuts: KDE, GNOME 48, Hyprland.

The desktop asks the user once whether Dictate may have the key, and may give it another one. A
session lives as long as our connection and the portal do: when either ends, whoever called `run`
calls it again, and the shortcut is bound anew.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate import bus
from dictate.control import KeyDown, KeySource, KeyUp
from dictate.control.chord import Chord, parse, wrong
from dictate.errors import Refused, Unavailable

NAME: Final = "org.freedesktop.portal.Desktop"
PATH: Final = "/org/freedesktop/portal/desktop"
SHORTCUTS: Final = "org.freedesktop.portal.GlobalShortcuts"
ANSWER_S: Final = 5.0
ASKED_S: Final = 300.0
"""So long a person may look at the desktop's question."""

_BUS: Final = "org.freedesktop.DBus"
_REQUEST: Final = "org.freedesktop.portal.Request"
_SESSION: Final = "org.freedesktop.portal.Session"
_TRIGGERS: Final = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}


class PortalKeySource(KeySource):
    """See the head of this file."""

    name = "portal"

    def why_not(self) -> str | None:
        if reason := self._unfit():
            return reason
        try:
            asyncio.run(_there())
        except Unavailable as error:
            return str(error)
        return None

    def _unfit(self) -> str | None:
        if self.settings.key == self.settings.cancel_key:
            return (
                "the portal would take the key from everybody for good: bind `dictatectl cancel` "
                "to it in your desktop's settings"
            )
        return wrong(self.settings.key)

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := self._unfit():
            raise Unavailable(reason)
        connection = await bus.connect()
        down = False
        try:
            shortcut = Shortcut(connection, parse(self.settings.key))
            async with asyncio.timeout(ASKED_S):
                await shortcut.bind()
            on_ready()
            while True:
                down = await shortcut.changed()
                on_key((KeyDown if down else KeyUp)(time.monotonic()))
        except TimeoutError as error:
            raise Unavailable("the desktop's portal for shortcuts does not answer") from error
        finally:
            if down:
                on_key(KeyUp(time.monotonic()))
            await bus.leave(connection)


class Shortcut:
    """One shortcut in one session of the portal."""

    def __init__(self, connection: MessageBus, chord: Chord) -> None:
        self._connection = connection
        self._chord = chord
        self._id = f"dictate {chord}"
        self._session = ""
        self._news: asyncio.Queue[Message | None] = asyncio.Queue()
        """Signals of the portal; None when the bus is gone."""

    async def bind(self) -> None:
        """Have the shortcut, once the user has agreed. Raises Unavailable, Refused."""
        self._connection.add_message_handler(self._take)
        lost = asyncio.ensure_future(bus.lost(self._connection))
        lost.add_done_callback(lambda _: self._news.put_nowait(None))
        for rule in (
            f"type='signal',sender='{NAME}'",
            f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{NAME}'",
        ):
            await _call(
                self._connection, _BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", "s", rule
            )
        token = {"session_handle_token": Variant("s", f"dictate_{secrets.token_hex(8)}")}
        created = await self._request("CreateSession", "a{sv}", token)
        self._session = created["session_handle"].value
        wanted = {"description": Variant("s", "Dictate: hold the key and talk")}
        if trigger := _trigger(self._chord):
            wanted["preferred_trigger"] = Variant("s", trigger)
        shortcuts = [[self._id, wanted]]
        await self._request("BindShortcuts", "oa(sa{sv})sa{sv}", self._session, shortcuts, "", {})

    async def changed(self) -> bool:
        """Wait for the next press (true) or release. Raises Unavailable when the session ends."""
        while True:
            match await self._next():
                case Message(
                    member="Activated" | "Deactivated" as member, body=[session, name, *_]
                ):
                    if (session, name) == (self._session, self._id):
                        return bool(member == "Activated")

    async def _request(self, member: str, signature: str, *body: Any) -> dict[str, Variant]:
        """Ask, and wait for what the portal, or the user, answers."""
        token = f"dictate_{secrets.token_hex(8)}"
        *first, options = body
        options = {**options, "handle_token": Variant("s", token)}
        path = await _call(
            self._connection, NAME, PATH, SHORTCUTS, member, signature, *first, options
        )
        while True:
            message = await self._next()
            if message.member == "Response" and message.path == path:
                code, results = message.body
                if code:
                    who = "you" if code == 1 else "the desktop"
                    raise Refused(f"{who} did not let dictate have {self._chord}")
                return dict(results)

    async def _next(self) -> Message:
        message = await self._news.get()
        if message is None:
            raise Unavailable("the session bus is gone")
        if message.member == "NameOwnerChanged" and message.body[1]:  # it was there before
            raise Unavailable("the desktop's portal was restarted")
        if message.member == "Closed" and message.path == self._session:
            raise Unavailable("the desktop has taken the shortcut back")
        return message

    def _take(self, message: Message) -> None:
        ours = {(_REQUEST, "Response"), (_SESSION, "Closed"), (_BUS, "NameOwnerChanged")}
        ours |= {(SHORTCUTS, "Activated"), (SHORTCUTS, "Deactivated")}
        signal = message.message_type is MessageType.SIGNAL
        if signal and (message.interface, message.member) in ours:
            self._news.put_nowait(message)


async def _there() -> None:
    """Raises Unavailable where no portal has global shortcuts."""
    connection = await bus.connect()
    try:
        await _call(
            *(connection, NAME, PATH, "org.freedesktop.DBus.Properties"),
            *("Get", "ss", SHORTCUTS, "version"),
        )
    finally:
        await bus.leave(connection)


async def _call(
    connection: MessageBus,
    name: str,
    path: str,
    interface: str,
    member: str,
    signature: str,
    *body: Any,
) -> Any:
    question = Message(
        destination=name,
        path=path,
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
    )
    try:
        async with asyncio.timeout(ANSWER_S):
            answer = await connection.call(question)
    except TimeoutError as error:
        raise Unavailable("the desktop's portal does not answer") from error
    except (OSError, EOFError) as error:
        raise Unavailable("the session bus is gone") from error
    if answer is None:
        raise Unavailable("the session bus is gone")
    if answer.message_type is MessageType.ERROR:
        why = answer.body[0] if answer.body else answer.error_name
        raise Unavailable(
            f"this desktop has no portal for global shortcuts ({why}): `dictate setup --keys` "
            "binds a key in its own way"
        )
    return answer.body[0] if answer.body else None


def _trigger(chord: Chord) -> str:
    """The keys as the portal wants them named; empty for those we have no name for."""
    if not chord.keysyms:
        return ""
    return "+".join((*(_TRIGGERS[name] for name in chord.modifiers), chord.keysyms[0]))
