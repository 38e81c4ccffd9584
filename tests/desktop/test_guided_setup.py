"""`dictate setup` in a terminal window, as a new user walks it: with the keyboard and a voice."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dictate.client.connection import Connection
from dictate.client.daemon_client import DaemonClient, NotRunning
from tests.lab.daemon import REPOSITORY, wait_for
from tests.lab.desk import Desk, running_desk
from tests.lab.xserver import end, need

SPEECH = REPOSITORY / "dictate/samples/1-friday.wav"
SCREEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07")


class GuidedSetup:
    """The terminal window."""

    def __init__(self, desk: Desk, home: Path) -> None:
        need("xterm")
        self.home = home
        self._desk = desk
        self._log = home / "screen"
        folders = {
            f"XDG_{name}_HOME": str(home / name.lower())
            for name in ("CONFIG", "STATE", "CACHE", "DATA")
        }
        (home / "run").mkdir(mode=0o700)
        env = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "SHELL": "/bin/bash"}
        dictate = Path(sys.executable).with_name("dictate")
        command = f"{dictate} setup; echo status $?; sleep 60"
        self._window = desk.x.spawn(
            *("xterm", "-geometry", "80x60", "-e"),
            *("script", "-qefc", command, str(self._log)),
            more_env=env | folders | desk.env,
        )

    @property
    def text(self) -> str:
        """What has been shown so far, without what moves the cursor."""
        return SCREEN.sub("", self._log.read_text(errors="replace")) if self._log.exists() else ""

    def sees(self, text: str, seconds: float = 30.0) -> None:
        """Until it shows this."""
        try:
            wait_for(lambda: re.search(text, self.text), text, seconds)
        except AssertionError:
            raise AssertionError(f"{text!r} did not come:\n{self.text[-3000:]}") from None

    def types(self, text: str) -> None:
        """Type a line."""
        if text:
            self._desk.x.run("xdotool", "type", "--delay", "20", text)
        self._desk.x.run("xdotool", "key", "Return")

    def interrupts(self) -> None:
        """Ctrl+C."""
        self._desk.x.run("xdotool", "key", "ctrl+c")

    def daemon_runs(self) -> bool:
        """Whether a daemon is on the bus."""
        with closing(Connection(self._desk.env["DBUS_SESSION_BUS_ADDRESS"])) as connection:
            try:
                DaemonClient(connection).status()
            except NotRunning:
                return False
        return True

    def shot(self, name: str) -> None:
        """A picture for whoever wants to look."""
        if folder := os.environ.get("DICTATE_SHOTS"):
            self._desk.x.screenshot(Path(folder) / f"setup-{name}.png")

    def talks(self) -> None:
        """Say a sentence into the microphone."""
        self._desk.sound.play(SPEECH).wait(60)

    def presses(self, key: str, seconds: float) -> None:
        """Hold a key for so long."""
        self._desk.x.run("xdotool", "keydown", key)
        time.sleep(seconds)
        self._desk.x.run("xdotool", "keyup", key)

    def dictates(self, key: str) -> None:
        """Hold the key, talk, let go."""
        self._desk.x.run("xdotool", "keydown", key)
        time.sleep(0.5)
        self.talks()
        self._desk.x.run("xdotool", "keyup", key)

    def close(self) -> None:
        """Close the window."""
        end(self._window)


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[GuidedSetup]:
    with running_desk(tmp_path) as desk:
        home = tmp_path / "home"
        home.mkdir()
        window = GuidedSetup(desk, home)
        yield window
        window.close()


def test_from_nothing_to_a_dictated_sentence(walk: GuidedSetup) -> None:
    walk.sees("1 of 5  Microphone")
    walk.talks()
    walk.sees("Dictate hears you")
    walk.shot("microphone")
    walk.types("")

    walk.sees("2 of 5  Key")
    walk.sees("or its name")
    walk.types("p")
    walk.sees("Press the key now")
    time.sleep(0.5)
    walk.presses("F9", 0.1)
    walk.sees("Try it: hold F9")
    walk.presses("F9", 0.6)
    walk.sees("Dictate hears F9")
    walk.shot("key")

    walk.sees("3 of 5  Engine")
    walk.sees("Enter goes on as it is")
    walk.shot("engine")
    walk.types("")

    walk.sees("4 of 5  Your words")
    walk.types("s")
    walk.sees("5 of 5  Your first sentence")
    walk.dictates("F9")
    walk.sees("Friday|friday")
    walk.shot("sentence")
    walk.types("")
    walk.sees(r"\d+ ms from the release to the text, with pocketsphinx")
    walk.types("")
    walk.sees("That was all")
    walk.shot("end")
    walk.sees("status 0")
    assert 'key = "f9"' in (walk.home / "config/dictate/config.toml").read_text()


def test_ctrl_c_ends_it_and_nothing_is_left_running(walk: GuidedSetup) -> None:
    walk.sees("Say something")
    walk.sees("default")
    assert walk.daemon_runs()
    walk.interrupts()
    walk.sees("status 130")
    assert not walk.daemon_runs()
    walk.types("visible again")
    walk.sees("visible again")
