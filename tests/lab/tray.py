"""A tray as the desktops have it: a watcher with which icons register, and a host that shows them.

async with tray(watcher) as host:
    name = await watcher.item()
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property
from dbus_fast.unpack import unpack_variants

from dictate.platform import bus
from dictate.ui import menu, tray_icon

ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"


class Watcher(ServiceInterface):
    """Remembers who registered."""

    def __init__(self) -> None:
        super().__init__(tray_icon.WATCHER)
        self.registered: asyncio.Queue[str] = asyncio.Queue()

    @dbus_method("RegisterStatusNotifierItem")
    def register(self, service: DBusStr) -> None:
        self.registered.put_nowait(service)

    @dbus_property(PropertyAccess.READ, "IsStatusNotifierHostRegistered")
    def is_host_registered(self) -> DBusBool:
        return True


class Host:
    """Asks one item what a tray asks."""

    def __init__(self, connection: MessageBus, name: str) -> None:
        self.name = name
        self.signals: list[str] = []
        self._connection = connection
        connection.add_message_handler(self._heard)

    def _heard(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.interface in (ITEM, MENU):
            self.signals.append(message.member or "")

    async def ask(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Any:
        """The plain answer; a refusal fails the test."""
        reply = await self._connection.call(
            Message(
                destination=self.name, path=path, interface=interface, member=member,
                signature=signature, body=list(body),
            )
        )  # fmt: skip
        assert reply is not None
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return unpack_variants(reply.body)

    def ask_without_waiting(self, times: int) -> None:
        """Send what a panel sends when an icon changes, and do not wait for the answers."""
        properties = "org.freedesktop.DBus.Properties"
        for _ in range(times):
            for question in (
                (tray_icon.PATH, properties, "GetAll", "s", [ITEM]),
                (menu.PATH, MENU, "GetLayout", "iias", [0, -1, []]),
                (menu.PATH, MENU, "AboutToShow", "i", [0]),
            ):
                path, interface, member, signature, body = question
                self._connection.send(
                    Message(
                        destination=self.name, path=path, interface=interface, member=member,
                        signature=signature, body=body,
                    )
                )  # fmt: skip

    async def icon(self) -> dict[str, Any]:
        (found,) = await self.ask(
            tray_icon.PATH, "org.freedesktop.DBus.Properties", "GetAll", "s", ITEM
        )
        return dict(found)

    async def menu(self) -> dict[str, tuple[int, dict[str, Any]]]:
        """All entries with a label, with their numbers and properties."""
        _, root = await self.ask(menu.PATH, MENU, "GetLayout", "iias", 0, -1, [])
        found: dict[str, tuple[int, dict[str, Any]]] = {}
        rest = [root]
        while rest:
            number, properties, below = rest.pop()
            if label := properties.get("label"):
                found[label] = (number, properties)
            rest += below
        return found

    async def click(self, number: int) -> None:
        await self.ask(menu.PATH, MENU, "Event", "isvu", number, "clicked", Variant("s", ""), 0)

    async def until(self, what: Any) -> Any:
        """Ask the menu until `what` finds something in it."""
        async with asyncio.timeout(20):
            while True:
                if found := what(await self.menu()):
                    return found
                await asyncio.sleep(0.05)


@asynccontextmanager
async def watching() -> AsyncIterator[tuple[Watcher, MessageBus]]:
    """A watcher on the session bus, and its connection, which hears the signals of items."""
    connection = await bus.connect()
    watcher = Watcher()
    connection.export("/StatusNotifierWatcher", watcher)
    await connection.request_name(tray_icon.WATCHER)
    for interface in (ITEM, MENU):
        await connection.call(
            Message(
                destination="org.freedesktop.DBus", path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus", member="AddMatch", signature="s",
                body=[f"type='signal',interface='{interface}'"],
            )
        )  # fmt: skip
    try:
        yield watcher, connection
    finally:
        await bus.leave(connection)


async def registered(watcher: Watcher, connection: MessageBus) -> Host:
    """The next item that registers."""
    async with asyncio.timeout(20):
        return Host(connection, await watcher.registered.get())
