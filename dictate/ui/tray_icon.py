"""An icon in the tray, where the desktop has one: org.kde.StatusNotifierItem.

The trays of KDE, XFCE, Cinnamon, waybar and, with an extension that Ubuntu ships, GNOME show it.
It has its own bus connection: the tray's questions cannot slow down the rest.

dbus-fast reads the annotations here at run time: no `from __future__ import annotations`.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Annotated, Any, Final

from dbus_fast import Message, MessageFlag, MessageType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusInt32, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.errors import DBusFastError
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from dictate.errors import Unavailable
from dictate.platform import bus
from dictate.platform.backoff import Backoff
from dictate.platform.bus import one_line
from dictate.ui import icons, menu

log = logging.getLogger(__name__)

READ: Final = PropertyAccess.READ
PATH: Final = "/StatusNotifierItem"
WATCHER: Final = "org.kde.StatusNotifierWatcher"
_BUS: Final = "org.freedesktop.DBus"
_ANSWER_S: Final = 5.0
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0


class Icon(ServiceInterface):
    """The icon as the tray asks for it."""

    def __init__(self, on_click: Callable[[], None]) -> None:
        super().__init__("org.kde.StatusNotifierItem")
        self._on_click = on_click
        self._state = "ready"
        self._tip = ""

    def change(self, state: str, tip: str) -> None:
        """Set a state of `icons.SIGNS` and the tool tip, which never holds dictated text."""
        if state != self._state:
            self._state = state
            self.new_icon()
        if tip != self._tip:
            self._tip = one_line(tip)
            self.new_tool_tip()

    @dbus_method("Activate")
    def activate(self, x: DBusInt32, y: DBusInt32) -> None:  # noqa: ARG002
        self._on_click()

    @dbus_method("SecondaryActivate")
    def secondary_activate(self, x: DBusInt32, y: DBusInt32) -> None:
        """The middle button: nothing."""

    @dbus_method("ContextMenu")
    def context_menu(self, x: DBusInt32, y: DBusInt32) -> None:
        """The tray shows the menu itself."""

    @dbus_method("Scroll")
    def scroll(self, delta: DBusInt32, orientation: DBusStr) -> None:
        """Nothing to turn."""

    @dbus_property(READ, "Category")
    def category(self) -> DBusStr:
        return "ApplicationStatus"

    @dbus_property(READ, "Id")
    def id(self) -> DBusStr:
        return "dictate"

    @dbus_property(READ, "Title")
    def title(self) -> DBusStr:
        return "Dictate"

    @dbus_property(READ, "Status")
    def status(self) -> DBusStr:
        return "Active"

    @dbus_property(READ, "WindowId")
    def window_id(self) -> DBusInt32:
        return 0

    @dbus_property(READ, "IconName")
    def icon_name(self) -> DBusStr:
        return ""

    @dbus_property(READ, "IconPixmap")
    def icon_pixmap(self) -> Annotated[list[Any], DBusSignature("a(iiay)")]:
        return [[size, size, icons.argb(self._state, size)] for size in icons.SIZES]

    @dbus_property(READ, "ToolTip")
    def tool_tip(self) -> Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]:
        return ["", [], "Dictate", self._tip]

    @dbus_property(READ, "ItemIsMenu")
    def item_is_menu(self) -> DBusBool:
        return False

    @dbus_property(READ, "Menu")
    def menu(self) -> DBusObjectPath:
        return menu.PATH

    @dbus_signal("NewIcon")
    def new_icon(self) -> None:
        """The state changed."""

    @dbus_signal("NewToolTip")
    def new_tool_tip(self) -> None:
        """The tool tip changed."""


class Tray:
    """Registers an icon and its menu with the tray. `on_shown` is called when it accepts them."""

    def __init__(
        self, icon: Icon, shown: menu.Menu, on_shown: Callable[[], None] = lambda: None
    ) -> None:
        self._icon = icon
        self._menu = shown
        self._on_shown = on_shown

    async def run(self) -> None:
        """Run until cancelled. If the bus or the tray goes away, wait for it."""
        backoff = Backoff(_FIRST_WAIT_S, _LONGEST_WAIT_S)
        while True:
            try:
                connection = await bus.connect()
            except Unavailable:
                await asyncio.sleep(backoff.after())
                continue
            try:
                await self._serve(connection, backoff)
            except (OSError, EOFError, TimeoutError, DBusFastError) as error:
                log.debug("tray: not shown: %r", error)
            finally:
                connection.unexport(PATH, self._icon)
                connection.unexport(menu.PATH, self._menu)
                await bus.leave(connection)
            await asyncio.sleep(backoff.after())

    async def _serve(self, connection: MessageBus, backoff: Backoff) -> None:
        """Stay registered until the bus is gone."""
        connection.export(PATH, self._icon)
        connection.export(menu.PATH, self._menu)
        name = f"{WATCHER.removesuffix('Watcher')}Item-{os.getpid()}-1"
        tray_came = asyncio.Event()
        tray_came.set()

        def owner_changed(message: Message) -> None:
            if message.member == "NameOwnerChanged" and message.body[0] == WATCHER:
                tray_came.set()

        connection.add_message_handler(owner_changed)
        async with asyncio.timeout(_ANSWER_S):
            await connection.request_name(name)
            rule = f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{WATCHER}'"
            await connection.call(_message(_BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", rule))
        lost = asyncio.create_task(bus.lost(connection))
        try:
            while not lost.done():
                tray_came.clear()
                async with asyncio.timeout(_ANSWER_S):
                    register = "RegisterStatusNotifierItem"
                    path = f"/{WATCHER.rpartition('.')[2]}"
                    reply = await connection.call(_message(WATCHER, path, WATCHER, register, name))
                if reply is not None and reply.message_type is not MessageType.ERROR:
                    log.info("tray: the icon is shown")
                    backoff.reset()
                    self._on_shown()
                came_again = asyncio.create_task(tray_came.wait())
                await asyncio.wait({lost, came_again}, return_when=asyncio.FIRST_COMPLETED)
                came_again.cancel()
        finally:
            lost.cancel()


def _message(name: str, path: str, interface: str, member: str, word: str) -> Message:
    return Message(
        destination=name,
        path=path,
        interface=interface,
        member=member,
        signature="s",
        body=[word],
        flags=MessageFlag.NO_AUTOSTART,
    )
