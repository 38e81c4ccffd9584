"""The tray of a running daemon: what its menu shows, and what a click there does."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.ui import icons
from tests.lab.clipboard import paste
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.settings_window import need_libadwaita
from tests.lab.tray import Host, registered, watching
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop

CONFIG = '[output]\nuse = "stdout"\n[hotkey]\nkey = "f9"\n[overlay]\nuse = "none"\n'


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    need("xclip")
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with home(tmp_path_factory.mktemp("home"), seconds=1.0) as user:
        yield user


@pytest.fixture(scope="module")
def daemon(x: XServer, user: Home) -> Iterator[RealDaemon]:
    config = user.settings.split("[output]")[0] + CONFIG
    with user.daemon(config=config, DISPLAY=x.display) as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        yield daemon


@pytest.fixture
def with_tray(
    user: Home, daemon: RealDaemon, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Host], Awaitable[None]]], None]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)

    def run(work: Callable[[Host], Awaitable[None]]) -> None:
        async def main() -> None:
            async with watching() as (watcher, connection):
                await work(await registered(watcher, connection))

        asyncio.run(main())

    return run


WithTray = Callable[[Callable[[Host], Awaitable[None]]], None]


def test_a_dictation_from_the_tray_and_its_text_again(
    x: XServer, daemon: RealDaemon, with_tray: WithTray
) -> None:
    async def work(host: Host) -> None:
        start = await host.until(lambda menu: menu.get("Start"))
        await host.click(start[0])
        await host.until(lambda menu: "Stop and write" in menu)
        icon = (await host.icon())["IconPixmap"]
        assert icon[0][2] == icons.argb("recording", icons.SIZES[0])
        await host.until(lambda menu: "Start" in menu)
        texts = await host.until(lambda menu: [e for label, e in menu.items() if "words" in label])
        # Every program can read the menu: no word that was said is in it.
        shown = str(await host.menu()) + str(await host.icon())
        assert not any(word in shown for word in ("said", "lost"))
        await host.click(texts[0][0])
        said = Home.text.encode()
        await asyncio.to_thread(wait_for, lambda: paste(x, "clipboard") == said, "it is copied")

    with_tray(work)


def test_the_profile_that_is_on_while_one_speaks(daemon: RealDaemon, with_tray: WithTray) -> None:
    text = daemon.config.read_text()
    daemon.config.write_text(f'{text}\n[[profile]]\nname = "letters"\n')
    daemon.ctl("reload")

    async def work(host: Host) -> None:
        await host.until(lambda menu: "Start" in menu)
        await asyncio.to_thread(daemon.ctl, "start", "--profile", "letters")
        await host.until(lambda menu: any("profile letters, engine" in label for label in menu))
        assert "profile letters" in str((await host.icon())["ToolTip"])
        await asyncio.to_thread(daemon.ctl, "stop")
        await host.until(lambda menu: not any("profile" in label for label in menu))

    with_tray(work)
    daemon.config.write_text(text)
    daemon.ctl("reload")


def test_the_settings_window_opens_from_the_tray_and_its_trouble_is_said(
    x: XServer, daemon: RealDaemon, with_tray: WithTray
) -> None:
    need_libadwaita()

    def windows() -> list[str]:
        search = ["xdotool", "search", "--onlyvisible", "--name", "^Dictate settings$"]
        done = subprocess.run(search, env=x.env, capture_output=True, text=True, check=False)
        return done.stdout.split()

    async def work(host: Host) -> None:
        number, _shown = await host.until(lambda menu: menu.get("Settings …"))
        await host.click(number)
        await asyncio.to_thread(wait_for, windows, "it is open")
        await host.click(number)
        x.run("xdotool", "windowfocus", "--sync", windows()[0], "key", "ctrl+w")
        await asyncio.to_thread(wait_for, lambda: not windows(), "it is closed")

    with_tray(work)


def test_pause_means_that_the_key_is_not_heard(
    x: XServer, daemon: RealDaemon, with_tray: WithTray
) -> None:
    async def work(host: Host) -> None:
        number, shown = await host.until(lambda menu: menu.get("Pause the key"))
        assert shown["toggle-state"] == 0
        await host.click(number)
        await host.until(lambda menu: menu["Pause the key"][1]["toggle-state"] == 1)
        assert daemon.status()["hotkey"] == "none: paused"
        before = daemon.status()["dictation"]
        x.run("xdotool", "key", "F9")
        await asyncio.sleep(0.3)
        assert daemon.status()["dictation"] == before
        daemon.ctl("reload")
        assert daemon.status()["hotkey"] == "none: paused"
        await host.click(number)
        await asyncio.to_thread(wait_for, lambda: daemon.status()["hotkey"] == "f9", "it is heard")

    with_tray(work)


def test_another_microphone(daemon: RealDaemon, with_tray: WithTray) -> None:
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace("[microphone]\n", '[microphone]\ndevice = "headset"\n'))
    daemon.ctl("reload")

    async def work(host: Host) -> None:
        shown = await host.until(lambda menu: "headset" in menu and menu)
        assert shown["headset"][1]["toggle-state"] == 1
        await host.click(shown["The system's default"][0])
        await host.until(lambda menu: menu["The system's default"][1]["toggle-state"] == 1)
        assert 'device = ""' in daemon.config.read_text()

    with_tray(work)


def test_no_icon_for_who_wants_none(daemon: RealDaemon, user: Home) -> None:
    def offered() -> bool:
        listed = bus_names(user)
        return f"org.kde.StatusNotifierItem-{daemon.pid}-1" in listed

    wait_for(offered, "it is offered, whether there is a tray or not")
    text = daemon.config.read_text()
    daemon.config.write_text(f"{text}[tray]\nenabled = false\n")
    daemon.ctl("reload")
    wait_for(lambda: not offered(), "it is not offered any more")
    daemon.config.write_text(text)


@pytest.mark.parametrize("run", range(3))
def test_a_panel_that_asks_until_the_end_causes_no_traceback(
    run: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del run  # the end is a race, which is lost in most runs

    async def main(user: Home) -> None:
        async with watching() as (watcher, connection):
            daemon = user.daemon(*user.spoken, "--once")
            daemon.spawn()
            host = await registered(watcher, connection)
            async with asyncio.timeout(60):
                while daemon.ended is None:
                    host.ask_without_waiting(5)
                    await asyncio.sleep(0.01)
            assert daemon.ended == 0, daemon.logged()
            assert Home.text in daemon.written()
            for sign in ("Traceback", " ERROR ", " WARNING dbus_fast"):
                assert sign not in daemon.logged(), daemon.logged()

    with home(tmp_path) as user:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)
        asyncio.run(main(user))


def bus_names(user: Home) -> str:
    """The names on the bus."""
    command = ["busctl", "--user", "--no-legend", "list"]
    env = {"DBUS_SESSION_BUS_ADDRESS": user.bus.address, "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
