"""Notifications against servers that work, that hang, that refuse, and that are not there."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from dbus_fast import DBusError
from dbus_fast.annotations import DBusDict, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from dictate.config.schema import NotificationSettings
from dictate.dbus.service import Service
from dictate.platform import bus as names
from dictate.ui import notifications
from dictate.ui.notifications import Action, Notifier, Urgency
from tests.lab.bus import Bus, session_bus
from tests.lab.fake_daemon import FakeController

SERVER = "org.freedesktop.Notifications"


class Server(ServiceInterface):
    """A notification server as the desktops have it."""

    def __init__(self, mood: str = "well") -> None:
        super().__init__(SERVER)
        self.mood = mood
        self.asked = asyncio.Event()
        self.shown: list[tuple[int, str, str, int]] = []
        self.actions: list[list[str]] = []
        self.transient: list[bool] = []

    @dbus_method("Notify")
    async def notify(
        self,
        application: DBusStr,
        replaces: DBusUInt32,
        icon: DBusStr,
        summary: DBusStr,
        body: DBusStr,
        actions: Annotated[list[str], DBusSignature("as")],
        hints: DBusDict,
        expires: DBusInt32,
    ) -> DBusUInt32:
        if self.mood == "refuses":
            raise DBusError("org.example.Error", "not today")
        self.shown.append((replaces, summary, body, hints["urgency"].value))
        self.actions.append(actions)
        self.transient.append("transient" in hints)
        self.asked.set()
        if self.mood == "hangs":
            await asyncio.Event().wait()
        return replaces or len(self.shown)

    @dbus_signal("ActionInvoked")
    def clicked(self, number: int, key: str) -> Annotated[list[Any], DBusSignature("us")]:
        return [number, key]

    @dbus_signal("NotificationClosed")
    def closed(self, number: int) -> Annotated[list[Any], DBusSignature("uu")]:
        return [number, 2]


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus(tmp_path) as running:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", running.address)
        yield running


@asynccontextmanager
async def desktop(server: Server | None) -> AsyncIterator[Notifier]:
    service = Service(FakeController())
    await service.connect()
    connection = await names.connect()
    if server is not None:
        connection.export("/org/freedesktop/Notifications", server)
        await connection.request_name(SERVER)
    try:
        yield Notifier(lambda: service.bus, enabled=True)
    finally:
        await names.leave(connection)
        await service.close()


def test_a_message_is_shown(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    async def tell() -> None:
        server = Server()
        async with desktop(server) as notifier:
            await notifier.show("Held", "a < b & \0 c\nd", urgency=Urgency.CRITICAL)
        assert server.shown == [(0, "Held", "a &lt; b &amp; c d", 2)]

    asyncio.run(tell())
    assert "Held: a < b" in caplog.text


@pytest.mark.fault("S8")
def test_a_private_one_is_neither_logged_nor_kept(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def tell() -> None:
        server = Server()
        async with desktop(server) as notifier:
            await notifier.show("You corrected a text", "words", private=True)
            await notifier.show("Held", "why")
        assert [body for _, _, body, _ in server.shown] == ["words", "why"]
        assert server.transient == [True, False]

    asyncio.run(tell())
    assert "You corrected a text" in caplog.text
    assert "words" not in caplog.text


def test_one_of_the_same_kind_is_replaced(bus: Bus) -> None:
    async def tell() -> None:
        server = Server()
        async with desktop(server) as notifier:
            await notifier.show("First", key="trouble")
            await notifier.show("Second", key="held")
            await notifier.show("Third", key="trouble")
            await notifier.show("Fourth")
        assert [(replaced, what) for replaced, what, *_ in server.shown] == [
            (0, "First"),
            (0, "Second"),
            (1, "Third"),
            (0, "Fourth"),
        ]

    asyncio.run(tell())


def test_a_flood_of_messages_is_logged_but_not_shown(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def tell() -> None:
        server = Server()
        async with desktop(server) as notifier:
            for i in range(50):
                await notifier.show(f"Trouble {i}.")
        assert len(server.shown) == 5

    asyncio.run(tell())
    assert all(f"Trouble {i}." in caplog.text for i in range(50))


@pytest.mark.parametrize("mood", ["refuses", "missing", "disabled"])
@pytest.mark.fault("F11")
def test_where_nothing_can_be_shown_nothing_happens(
    bus: Bus, mood: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def tell() -> None:
        server = Server(mood)
        async with desktop(None if mood == "missing" else server) as notifier:
            notifier.apply(NotificationSettings(enabled=mood != "disabled"))
            await notifier.show("Held", "why")
        assert server.shown == []

    asyncio.run(tell())
    assert "Held: why" in caplog.text


@pytest.mark.fault("F11")
def test_a_server_that_hangs_costs_one_wait_only(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "_ANSWER_S", 0.2)

    async def tell() -> None:
        server = Server("hangs")
        async with desktop(server) as notifier:
            began = time.monotonic()
            for _ in range(4):
                await notifier.show("Held")
            assert time.monotonic() - began < 3.0
        assert len(server.shown) == 1

    asyncio.run(tell())


def test_without_a_bus_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    notifier = Notifier(lambda: None, enabled=True)
    asyncio.run(notifier.show("Held", "why"))
    assert "Held: why" in caplog.text


@pytest.mark.fault("F11")
def test_a_bus_that_dies_meanwhile_is_no_trouble(bus: Bus) -> None:
    async def tell() -> None:
        server: Any = Server("hangs")
        async with desktop(server) as notifier:
            showing = asyncio.create_task(notifier.show("Held"))
            async with asyncio.timeout(5):
                await server.asked.wait()
            bus.kill()
            await asyncio.wait_for(showing, 5)
            await notifier.show("Once more")

    asyncio.run(tell())


def test_a_click_works_once_and_only_for_what_is_shown(bus: Bus) -> None:
    async def tell() -> None:
        server = Server()
        clicked: list[str] = []
        done = asyncio.Event()

        def action(what: str) -> Action:
            def click() -> None:
                clicked.append(what)
                done.set()

            return Action("Paste here", click)

        async with desktop(server) as notifier:
            await notifier.show("First", key="held", action=action("first"))
            await notifier.show("Second", key="held", action=action("second"))
            await notifier.show("Third", action=action("third"))
            await notifier.show("Fourth")
            await notifier.show("Last", action=action("last"))
            assert server.actions == [["click", "Paste here"]] * 3 + [[], ["click", "Paste here"]]
            server.closed(3)
            for number in (1, 1, 3, 4, 99, 5):
                server.clicked(number, "click")
            async with asyncio.timeout(5):
                while "last" not in clicked:
                    done.clear()
                    await done.wait()
        assert clicked == ["second", "last"]

    asyncio.run(tell())
