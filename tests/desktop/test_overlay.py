"""The overlay beside real dictations: seen while somebody speaks, and nothing waits for it."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.platform import bus
from dictate.ui.overlay.process import WINDOW
from dictate.ui.sounds import BEGIN, END
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.overlay_window import picture_of, shown
from tests.lab.scripted import Home, home
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer, need
from tests.ui.test_notifications import SERVER, Server

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

SPOKEN_S = 2.5
CONFIG = '[output]\nuse = "x11"\n[hotkey]\nuse = "none"\n[overlay]\nposition = "bottom"\n'


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    need("import", "convert", "xclip")
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with home(tmp_path_factory.mktemp("home"), SPOKEN_S) as user:
        yield user


@pytest.fixture(scope="module")
def daemon(x: XServer, user: Home) -> Iterator[RealDaemon]:
    kept = user.settings.split("[output]")[0]
    player = user.folder / "bin" / "paplay"
    player.parent.mkdir()
    player.write_text(f"#!/bin/sh\necho \"$@\" >> '{user.folder}/played'\nexec sleep 60\n")
    player.chmod(0o755)
    env = {"DISPLAY": x.display, "GTK_THEME": "Adwaita", "PATH": f"{player.parent}:/usr/bin:/bin"}
    with user.daemon(config=kept + CONFIG, **env) as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        how = wait_shown(daemon)
        if "apt install" in how:
            pytest.skip(how)
        assert how == "x11"
        yield daemon


@pytest.fixture
def field(x: XServer, tmp_path: Path) -> Iterator[GtkField]:
    field = GtkField(x, tmp_path)
    yield field
    field.close()


def wait_shown(daemon: RealDaemon) -> str:
    wait_for(lambda: daemon.status()["overlay"], "the overlay says how it is")
    how: str = daemon.status()["overlay"]
    return how


def begin(daemon: RealDaemon) -> None:
    daemon.ctl("start")
    daemon.wait_state("recording")


def arrives(daemon: RealDaemon, field: GtkField) -> None:
    """The recording comes to its end, and its text stands in the window soon after."""
    field.wait_text(Home.text)
    daemon.wait_state("ready")
    entry = daemon.history(1)[0]
    assert entry["state"] == "delivered"
    assert daemon.status()["last_finish_ms"] < 2000


def test_it_is_seen_while_somebody_speaks(
    x: XServer, daemon: RealDaemon, field: GtkField, tmp_path: Path
) -> None:
    assert shown(x) is None
    begin(daemon)
    wait_for(lambda: (shown(x) or (0, 0, 0, 0))[3] > 60, "there are words below the meter")
    where = shown(x)
    assert where is not None
    seen = picture_of(x, tmp_path / "seen.png", where)
    colours = x.run("convert", str(seen), "-format", "%k", "info:")
    assert int(colours) > 20, "words and a meter are in it"
    # The focus has stayed where it was.
    x.run("xdotool", "type", "typed ")
    field.wait_text("typed ")
    field.wait_text("typed " + Home.text)
    daemon.wait_state("ready")
    wait_for(lambda: shown(x) is None, "it is gone")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.fault("F11")
def test_without_it_the_text_arrives_all_the_same(
    x: XServer, daemon: RealDaemon, field: GtkField, number: signal.Signals
) -> None:
    before = daemon.child(str(WINDOW))
    begin(daemon)
    wait_for(lambda: shown(x), "it is shown")
    os.kill(before, number)
    arrives(daemon, field)
    wait_for(lambda: daemon.children() and _another(daemon, before), "there is another one")
    assert wait_shown(daemon) == "x11"
    wait_for(lambda: shown(x) is None, "nothing false is left on the screen")


def _another(daemon: RealDaemon, before: int) -> bool:
    try:
        return daemon.child(str(WINDOW)) != before
    except LookupError:
        return False


def test_it_can_be_turned_off_and_on_while_running(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    settings = daemon.config.read_text()
    daemon.config.write_text(settings.replace('position = "bottom"', 'use = "none"'))
    daemon.ctl("reload")
    wait_for(lambda: daemon.status()["overlay"] == "none", "it is off")
    begin(daemon)
    time.sleep(0.5)
    assert shown(x) is None
    arrives(daemon, field)
    daemon.config.write_text(settings.replace('"bottom"', '"top"'))
    daemon.ctl("reload")
    wait_for(lambda: daemon.status()["overlay"] == "x11", "it is on")
    begin(daemon)
    wait_for(lambda: shown(x), "it is shown")
    assert (shown(x) or (0, 999, 0, 0))[1] < 100
    field.wait_text(f"{Home.text} {Home.text}")


@pytest.mark.fault("F11")
def test_sounds_that_hang_cost_nothing(
    daemon: RealDaemon, user: Home, field: GtkField, tmp_path: Path
) -> None:
    theme = Path(daemon.env["XDG_DATA_HOME"]) / "sounds/freedesktop/stereo"
    theme.mkdir(parents=True)
    for name in (BEGIN, END):
        (theme / f"{name}.oga").touch()
    played = user.folder / "played"
    assert not played.exists(), "off unless asked for"
    settings = daemon.config.read_text()
    daemon.config.write_text(f"{settings}[sounds]\nenabled = true\n")
    daemon.ctl("reload")
    begin(daemon)
    wait_for(played.exists, "the first sound is played")
    arrives(daemon, field)
    stems = [Path(line.split()[-1]).stem for line in played.read_text().splitlines()]
    assert stems == [BEGIN, END]
    daemon.config.write_text(settings)
    daemon.ctl("reload")


def test_what_is_held_is_said(x: XServer, daemon: RealDaemon, field: GtkField) -> None:
    begin(daemon)
    field.close()
    wait_for(lambda: daemon.history(1)[0]["state"] == "held", "no window takes it")
    assert shown(x) is not None
    wait_for(lambda: shown(x) is None, "it goes by itself", 10)


@pytest.mark.fault("S8")
def test_no_word_is_in_what_the_overlay_makes_the_log_say(daemon: RealDaemon) -> None:
    lines = [line for line in daemon.logged().splitlines() if "overlay" in line]
    assert any("restarted" in line for line in lines)
    assert not any(word in line for word in ("Nothing", "said", "lost") for line in lines)


def test_a_click_on_the_notification_writes_it_here(
    daemon: RealDaemon, user: Home, field: GtkField, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)

    async def main() -> None:
        connection = await bus.connect()
        server = Server()
        connection.export("/org/freedesktop/Notifications", server)
        await connection.request_name(SERVER)
        try:
            await asyncio.to_thread(daemon.ctl, "start")
            await asyncio.to_thread(daemon.wait_state, "recording")
            field.close()
            async with asyncio.timeout(20):
                while not any(shown[1] == "Held" for shown in server.shown):
                    server.asked.clear()
                    await server.asked.wait()
            here = await asyncio.to_thread(GtkField, field.x, field.file.parent)
            server.clicked(len(server.shown), "click")
            await asyncio.to_thread(here.wait_text, Home.text)
            here.close()
        finally:
            await bus.leave(connection)

    asyncio.run(main())
    assert daemon.history(1)[0]["state"] == "delivered"
