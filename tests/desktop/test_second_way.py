"""The second key and the one that cancels, pressed on a real X server."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home, script
from tests.lab.windows import GtkField, Xterm
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, x: XServer) -> Iterator[Home]:
    with home(tmp_path, seconds=30) as user:
        second = script(tmp_path / "second", "For the clipboard.")
        user.env["DISPLAY"] = x.display
        user.settings = (
            f'[microphone]\nuse = "wav:{user.recording}"\n'
            f'[engine]\nuse = "scripted:{user.says}"\n'
            f'[second]\nkey = "f8"\nengine = "scripted:{second}"\noutput = "clipboard"\n'
            '[hotkey]\nkey = "f9"\ncancel_key = "escape"\n'
        )
        yield user


def hold(x: XServer, daemon: RealDaemon, key: str) -> None:
    x.run("xdotool", "keydown", key)
    wait_for(lambda: daemon.status()["state"] == "recording", "it records")
    time.sleep(0.4)  # the recording is a long one: there is some sound now, and no tap


def ready(daemon: RealDaemon) -> None:
    def heard() -> bool:
        status = daemon.status()
        return (status["hotkey"], status["second_hotkey"]) == ("f9", "f8")

    wait_for(heard, "both keys are heard")


def test_each_key_has_its_engine_and_its_output(user: Home, x: XServer, tmp_path: Path) -> None:
    with user.daemon() as daemon:
        ready(daemon)
        window = GtkField(x, tmp_path)
        hold(x, daemon, "F8")
        x.run("xdotool", "keydown", "F9", "sleep", "0.4", "keyup", "F9")  # means nothing now
        assert daemon.status()["state"] == "recording"
        x.run("xdotool", "keyup", "F8")
        wait_for(lambda: daemon.history(1)[0]["state"] == "delivered", "it is copied")
        assert x.run("xclip", "-selection", "clipboard", "-o") == "For the clipboard."
        assert window.text() == ""
        hold(x, daemon, "F9")
        x.run("xdotool", "keyup", "F9")
        window.wait_text(user.text)
        wait_for(
            lambda: x.run("xclip", "-selection", "clipboard", "-o") == "For the clipboard.",
            "what was copied is in the clipboard again",
        )
        window.close()


def test_escape_cancels_while_something_is_said_and_is_everybodys_else(
    user: Home, x: XServer, tmp_path: Path
) -> None:
    with user.daemon() as daemon:
        ready(daemon)
        window = Xterm(x, tmp_path)
        x.run("xdotool", "key", "Escape")
        hold(x, daemon, "F9")
        wait_for(lambda: daemon.status()["cancel_key"] == "escape", "it is listened for")
        x.run("xdotool", "key", "Escape")
        wait_for(lambda: daemon.history(1)[0]["state"] == "cancelled", "it is cancelled")
        x.run("xdotool", "keyup", "F9")
        wait_for(lambda: daemon.status()["cancel_key"] == "none", "it is let go")
        x.run("xdotool", "key", "Escape")
        window.wait_text("\x1b\x1b")
        assert daemon.history(1)[0]["number"] == 1
        window.close()


@pytest.mark.parametrize(("use", "before", "after"), [("auto", "none", "x11"), ("stdout",) * 3])
@pytest.mark.fault("F3")
def test_both_ways_write_once_a_desktop_has_come(
    user: Home, use: str, before: str, after: str
) -> None:
    user.settings += f'[output]\nuse = "{use}"\n'
    with XServer(window_manager=False) as later:
        display = user.env["DISPLAY"] = later.display
        later.kill()
        with user.daemon() as daemon:
            found = daemon.status()
            assert (found["output"], found["second_output"]) == (before, "none")
            later.start(display)

            def better() -> bool:
                status = daemon.status()
                return (status["output"], status["second_output"]) == (after, "clipboard")

            wait_for(better, "the outputs are chosen again")
