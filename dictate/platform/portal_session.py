"""A session of one of the desktop's portals: its requests and its signals.

A session ends with our connection to the bus, with the portal, or when the user ends it.
"""

import asyncio
import secrets
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.errors import Refused, Unavailable
from dictate.platform import bus
from dictate.translation import _

NAME: Final = "org.freedesktop.portal.Desktop"
PATH: Final = "/org/freedesktop/portal/desktop"
ANSWER_S: Final = 5.0
APPLICATION: Final = "io.github.dictate"
"""What desktops call us: the name of the .desktop file that `dictate setup` writes."""

_BACKENDS: Final = "org.freedesktop.impl.portal.desktop"
"""The prefix of the bus name of a desktop's portal backend, where sessions live. The portal does
not report when its backend dies: KDE's dies with the compositor."""
_BUS: Final = "org.freedesktop.DBus"
_HOST_REGISTRY: Final = "org.freedesktop.host.portal.Registry"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_REQUEST: Final = "org.freedesktop.portal.Request"
_SESSION: Final = "org.freedesktop.portal.Session"


class PortalSession:
    """One session of the portal `interface`."""

    def __init__(
        self, connection: MessageBus, interface: str, signals: tuple[str, ...] = ()
    ) -> None:
        """`next` returns these `signals` of that interface."""
        self.path = ""
        self._connection = connection
        self._interface = interface
        self._wanted = {(_REQUEST, "Response"), (_SESSION, "Closed"), (_BUS, "NameOwnerChanged")}
        self._wanted |= {(interface, signal) for signal in signals}
        self._signals: asyncio.Queue[Message | None] = asyncio.Queue()
        """Signals of the portal; None when the bus is gone."""

    async def get(self, name: str) -> int:
        """A property of the portal. Raises Unavailable."""
        body = (self._interface, name)
        value = await self._call(NAME, PATH, _PROPERTIES, "Get", "ss", body, ANSWER_S)
        return int(value.value)

    async def introduce(self) -> str:
        """Tell the portal which application we are, before anything else is asked on this
        connection. Returns why it does not know us now; empty if it does.

        It is portal 1.20 that can be told. It must find our .desktop file."""
        body: tuple[str, dict[str, Variant]] = (APPLICATION, {})
        try:
            await self._call(NAME, PATH, _HOST_REGISTRY, "Register", "sa{sv}", body, ANSWER_S)
        except Unavailable as error:
            return str(error)
        return ""

    async def create(
        self, name: str = "", options: dict[str, Variant] | None = None
    ) -> dict[str, Variant]:
        """Begin the session; returns the answer of the portal. By the `name` a desktop may find
        what it permitted an earlier session. Raises Unavailable."""
        self._connection.add_message_handler(self._take)
        lost = asyncio.ensure_future(bus.lost(self._connection))
        lost.add_done_callback(lambda __: self._signals.put_nowait(None))
        for rule in (
            f"type='signal',sender='{NAME}'",
            f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{NAME}'",
            f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0namespace='{_BACKENDS}'",
        ):
            place = "/org/freedesktop/DBus"
            await self._call(_BUS, place, _BUS, "AddMatch", "s", (rule,), ANSWER_S)
        options = {"session_handle_token": Variant("s", name or _token())} | (options or {})
        try:
            created = await self.request("begin", "CreateSession", "a{sv}", options)
        except Refused as error:  # the user was not asked yet
            raise Unavailable(str(error)) from error
        self.path = created["session_handle"].value
        return created

    async def request(
        self, purpose: str, member: str, signature: str, *body: Any, proof: str = ""
    ) -> dict[str, Variant]:
        """Ask for permission to `purpose`, and wait for the answer of the portal or of the user.
        An answer with `proof` in it is a yes, whatever its code.

        Raises Unavailable, Refused.
        """
        *first, options = body
        options = {**options, "handle_token": Variant("s", _token())}
        path = await self.call(member, signature, *first, options)
        while True:
            message = await self.next()
            if message.member == "Response" and message.path == path:
                code, results = message.body
                if code and proof not in results:
                    refused = _("the desktop did not let dictate {purpose}")
                    if code == 1:
                        refused = _("you did not let dictate {purpose}")
                    raise Refused(refused.format(purpose=purpose))
                return dict(results)

    async def call(self, member: str, signature: str, *body: Any, limit_s: float = ANSWER_S) -> Any:
        """The result of a method of the portal. Raises Unavailable."""
        return await self._call(NAME, PATH, self._interface, member, signature, body, limit_s)

    async def send(self, member: str, signature: str, *body: Any) -> None:
        """Call a method without waiting for its answer."""
        message = Message(NAME, PATH, self._interface, member, signature=signature, body=list(body))
        await self._connection.send(message)

    async def next(self) -> Message:
        """The next signal. Raises Unavailable when the session ends."""
        message = await self._signals.get()
        if message is None:
            raise Unavailable(_("the session bus is gone"))
        if message.member == "NameOwnerChanged" and message.body[1]:  # it was there before
            raise Unavailable(_("the desktop's portal was restarted"))
        if message.member == "Closed" and message.path == self.path:
            raise Unavailable(_("the desktop has ended the session"))
        return message

    def _take(self, message: Message) -> None:
        signal = message.message_type is MessageType.SIGNAL
        if signal and (message.interface, message.member) in self._wanted:
            self._signals.put_nowait(message)

    async def _call(
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str,
        body: tuple[Any, ...],
        limit_s: float,
    ) -> Any:
        question = Message(name, path, interface, member, signature=signature, body=list(body))
        answer = await bus.ask(self._connection, question, _("the desktop's portal"), limit_s)
        if answer.message_type is MessageType.ERROR:
            why = answer.body[0] if answer.body else answer.error_name
            raise Unavailable(
                _("the desktop's portal does not do {member}: {why}").format(member=member, why=why)
            )
        return answer.body[0] if answer.body else None


def _token() -> str:
    return f"dictate_{secrets.token_hex(8)}"
