"""Connections to IBus, which has a bus of its own."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from dictate.errors import Unavailable
from dictate.installation import system_command
from dictate.platform import bus
from dictate.translation import _

IBUS: Final = "org.freedesktop.IBus"
DBUS: Final = "org.freedesktop.DBus"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"

ANSWER_S: Final = 2.0
"""Seconds. IBus answers within milliseconds, unless it waits for an engine that hangs."""

_ADVICE: Final = _("start ibus-daemon, or {install} and log in again").format(
    install=system_command("ibus")
)


class IBusLost(Exception):
    """The connection to IBus is gone, or was given up because IBus hung."""


class IBusRefused(Exception):
    """IBus answered with an error."""


@dataclass(frozen=True, slots=True)
class SurroundingText:
    """What an application reports of the text in its field."""

    text: str
    cursor: int
    """The cursor's position in characters. GNOME 43 passes on bytes from its applications, and Qt
    counts in UTF-16."""
    anchor: int

    @classmethod
    def of(cls, call: Message) -> Self:
        """From a call of SetSurroundingText."""
        text, cursor, anchor = call.body
        return cls(text.value[2], cursor, anchor)

    @property
    def before(self) -> str:
        """The text before the cursor, if that is counted in characters."""
        return self.text[: self.cursor]

    @property
    def befores(self) -> set[str]:
        """The text before the cursor, for either unit."""
        in_bytes = self.text.encode()[: self.cursor].decode(errors="ignore")
        return {self.before, in_bytes}


def address() -> str:
    """The address of the bus. Reads a small file. Raises Unavailable."""
    if given := os.environ.get("IBUS_ADDRESS"):
        return given
    for file in _address_files():
        try:
            lines = file.read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            name, __, value = line.partition("=")
            if name == "IBUS_ADDRESS":
                return value
    raise Unavailable(_("IBus does not run: {advice}").format(advice=_ADVICE))


def _address_files() -> list[Path]:
    if given := os.environ.get("IBUS_ADDRESS_FILE"):
        return [Path(given)]
    home = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(home) if Path(home).is_absolute() else Path.home() / ".config"
    displays = []
    if wayland := os.environ.get("WAYLAND_DISPLAY"):
        displays.append(f"unix-{wayland}")
    if x := os.environ.get("DISPLAY"):
        host, __, number = x.partition(":")
        displays.append(f"{host or 'unix'}-{number.partition('.')[0]}")
    return [config / "ibus" / "bus" / f"{_machine()}-{display}" for display in displays]


def _machine() -> str:
    for file in ("/var/lib/dbus/machine-id", "/etc/machine-id"):
        try:
            return Path(file).read_text().strip()
        except OSError:
            continue
    return "machine-id"


class IBusConnection:
    """One connection to IBus."""

    def __init__(self, connection: MessageBus) -> None:
        self._bus = connection
        self._closing = False
        connection.add_message_handler(self._on_message)

    @classmethod
    async def connect(cls) -> Self:
        """Raises Unavailable."""
        where = await asyncio.to_thread(address)
        made = cls(await bus.reach("IBus", where, _ADVICE))
        try:
            await made.settle()
        except (IBusLost, IBusRefused) as error:
            await made.close()
            raise Unavailable(
                _("IBus refuses the connection: {error}").format(error=error)
            ) from error
        return made

    async def settle(self) -> None:
        """Make the first calls. Raises IBusLost, IBusRefused."""

    def answer(self, call: Message) -> Message | bool:  # noqa: ARG002
        """The reply to an incoming call; True if it needs none, False if the call is unknown."""
        return False

    @property
    def name(self) -> str:
        """The name of this connection on the bus."""
        return self._bus.unique_name or ""

    @property
    def lost(self) -> bool:
        """Whether the connection has ended."""
        return not self._bus.connected

    async def close(self) -> None:
        """Disconnect."""
        self._closing = True
        await bus.leave(self._bus)

    async def call(
        self,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        to: str = IBUS,
        path: str = "",
    ) -> list[Any]:
        """The reply of IBus, or of `to` on its bus. Raises IBusLost, IBusRefused."""
        to = DBUS if interface == DBUS else to
        path = path or f"/{to.replace('.', '/')}"
        call = Message(to, path, interface, member, signature=signature, body=list(body))
        try:
            async with asyncio.timeout(ANSWER_S):
                reply = await self._bus.call(call)
        except TimeoutError as error:
            # After a disconnect IBus drops our calls: none can take effect later.
            self._bus.disconnect()
            raise IBusLost(_("IBus does not answer")) from error
        except (OSError, EOFError, DBusFastError) as error:
            raise IBusLost(_("IBus is gone ({error!r})").format(error=error)) from error
        if reply.message_type is MessageType.ERROR:
            raise IBusRefused(str(reply.body[0] if reply.body else reply.error_name))
        answered: list[Any] = reply.body
        return answered

    async def signal(self, path: str, interface: str, member: str, *rest: Any) -> None:
        """Send a signal, and return when it is sent. Raises IBusLost."""
        signature, *body = rest or ("",)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._bus.send(Message.new_signal(path, interface, member, signature, body))
        except TimeoutError as error:
            self._bus.disconnect()
            raise IBusLost(_("IBus does not read")) from error
        except (OSError, EOFError, DBusFastError) as error:
            raise IBusLost(_("IBus is gone ({error!r})").format(error=error)) from error

    def _on_message(self, message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        # After the disconnect a call cannot be answered.
        return self._closing or self.answer(message)
