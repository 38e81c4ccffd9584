"""The icon and its menu, asked as a tray asks: trays that come, go and were never there."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dictate.ui import icons
from dictate.ui import tray_icon as module
from dictate.ui.menu import Menu, MenuEntry
from dictate.ui.tray_icon import Icon, Tray
from tests.lab.bus import Bus, session_bus
from tests.lab.tray import registered, watching


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus(tmp_path) as running:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", running.address)
        monkeypatch.setattr(module, "_FIRST_WAIT_S", 0.05)
        yield running


class Offered:
    """An icon and a menu, and what was clicked."""

    def __init__(self) -> None:
        self.clicked: list[str] = []
        self.icon = Icon(lambda: self.clicked.append("icon"))
        self.menu = Menu(lambda: self.clicked.append("looked"))
        self.menu.change(self.entries("one"))

    def entries(self, *names: str) -> list[MenuEntry]:
        below = [MenuEntry(name, name, lambda name=name: self.click(name)) for name in names]  # type: ignore[misc]
        return [
            MenuEntry("tells", "only tells"),
            MenuEntry("line"),
            MenuEntry("pause", "Pause_it", lambda: self.click("pause"), checked=True),
            MenuEntry("more", "More", below=below),
        ]

    def click(self, name: str) -> None:
        self.clicked.append(name)

    @asynccontextmanager
    async def offered(self) -> AsyncIterator[None]:
        running = asyncio.create_task(Tray(self.icon, self.menu).run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def test_the_tray_gets_an_icon_and_a_menu(bus: Bus) -> None:
    async def main() -> None:
        mine = Offered()
        async with watching() as (watcher, connection), mine.offered():
            host = await registered(watcher, connection)
            assert host.name == f"org.kde.StatusNotifierItem-{os.getpid()}-1"
            icon = await host.icon()
            assert icon["IconName"] == ""
            assert icon["Status"] == "Active"
            assert icon["Menu"] == "/MenuBar"
            menu = await host.menu()
            assert list(menu) == ["More", "one", "Pause__it", "only tells"]
            assert menu["only tells"][1]["enabled"] is False
            assert menu["Pause__it"][1]["toggle-state"] == 1
            assert menu["More"][1]["children-display"] == "submenu"
            await host.ask(module.PATH, "org.kde.StatusNotifierItem", "Activate", "ii", 1, 2)
            await host.click(menu["one"][0])
            await host.click(menu["Pause__it"][0])
            await host.click(menu["only tells"][0])
            await host.click(4711)
            assert mine.clicked == ["icon", "one", "pause"]
            await host.ask("/MenuBar", "com.canonical.dbusmenu", "AboutToShow", "i", 0)
            assert mine.clicked[-1] == "looked"

    asyncio.run(main())


def test_a_menu_that_is_old_does_what_it_showed(bus: Bus) -> None:
    async def main() -> None:
        mine = Offered()
        async with watching() as (watcher, connection), mine.offered():
            host = await registered(watcher, connection)
            old = (await host.menu())["one"][0]
            mine.menu.change(mine.entries("two", "three"))
            new = await host.menu()
            assert old not in (new["two"][0], new["three"][0])
            await host.click(old)
            await host.click(new["two"][0])
            assert mine.clicked == ["one", "two"]
            assert "LayoutUpdated" in host.signals

    asyncio.run(main())


def test_what_changes_is_told_and_nothing_else(bus: Bus) -> None:
    async def main() -> None:
        mine = Offered()
        async with watching() as (watcher, connection), mine.offered():
            host = await registered(watcher, connection)
            for _ in range(3):
                mine.icon.change("recording", "recording, nemotron")
                mine.menu.change(mine.entries("one"))
            icon = await host.icon()
            assert icon["IconPixmap"][0][2] == icons.argb("recording", icons.SIZES[0])
            assert icon["ToolTip"][2:] == ("Dictate", "recording, nemotron")
            assert host.signals == ["NewIcon", "NewToolTip"]

    asyncio.run(main())


def test_parts_of_a_menu_can_be_asked_for(bus: Bus) -> None:
    async def main() -> None:
        mine = Offered()
        async with watching() as (watcher, connection), mine.offered():
            host = await registered(watcher, connection)
            menu = await host.menu()
            dbusmenu = ("/MenuBar", "com.canonical.dbusmenu")
            (group,) = await host.ask(*dbusmenu, "GetGroupProperties", "aias", [], ["label"])
            assert (menu["one"][0], {"label": "one"}) in group
            number = menu["Pause__it"][0]
            assert await host.ask(*dbusmenu, "GetProperty", "is", number, "label") == ["Pause__it"]
            _, part = await host.ask(*dbusmenu, "GetLayout", "iias", menu["More"][0], 1, ["label"])
            assert part[1:] == ({"label": "More"}, [(menu["one"][0], {"label": "one"}, [])])
            _, top = await host.ask(*dbusmenu, "GetLayout", "iias", 0, 1, [])
            assert all(not below for _, _, below in top[2])

    asyncio.run(main())


@pytest.mark.fault("F11")
def test_a_tray_that_comes_later_or_again_gets_it(bus: Bus) -> None:
    async def main() -> None:
        mine = Offered()
        async with mine.offered():
            await asyncio.sleep(0.3)
            for _ in range(2):
                async with watching() as (watcher, connection):
                    host = await registered(watcher, connection)
                    assert (await host.icon())["Id"] == "dictate"
                await asyncio.sleep(0.1)

    asyncio.run(main())


def test_a_bus_that_comes_again_has_it_again(bus: Bus) -> None:
    async def main() -> None:
        mine = Offered()
        async with mine.offered():
            async with watching() as (watcher, connection):
                await registered(watcher, connection)
                bus.kill()
            await asyncio.to_thread(bus.start)
            async with watching() as (watcher, connection):
                host = await registered(watcher, connection)
                assert "More" in await host.menu()

    asyncio.run(main())
