"""The real daemon on X11, while a program such as xmodmap gives its keys other names."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

CAPS_LOCK, CTRL_R, F9, MENU = 66, 105, 75, 135
NO_TAP_S = 0.4
"""Seconds after which a press is no tap."""


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer(window_manager=False) as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, x: XServer) -> Iterator[Home]:
    with home(tmp_path, seconds=30) as user:
        user.env["DISPLAY"] = x.display
        yield user


def ready(user: Home, key: str, mode: str) -> RealDaemon:
    user.settings = user.settings.replace(
        'use = "none"', f'use = "x11"\nkey = "{key}"\nmode = "{mode}"'
    )
    return user.daemon()


def number_of_dictations(daemon: RealDaemon) -> int:
    return len(daemon.history())


def dictate(x: XServer, daemon: RealDaemon, code: int, change: Mapping[int, str]) -> None:
    """Hold the key and talk; meanwhile the layout changes."""
    before = number_of_dictations(daemon)
    wait_for(lambda: daemon.status()["hotkey"] not in ("", "none"), "the key is heard")
    x.key(code, down=True)
    wait_for(lambda: daemon.status()["state"] == "recording", "it records")
    x.remap(change)
    time.sleep(NO_TAP_S)
    x.key(code, down=False)
    wait_for(lambda: daemon.status()["state"] == "ready", "its release ends it")
    entries = daemon.history()
    assert len(entries) == before + 1
    assert entries[0]["state"] == "delivered"


@pytest.mark.parametrize("mode", ["hold", "hold_or_tap"])
@pytest.mark.parametrize(
    ("key", "old", "new", "change"),
    [
        ("ctrl_r", CTRL_R, CAPS_LOCK, {CAPS_LOCK: "Control_R", CTRL_R: "F13"}),
        ("f9", F9, MENU, {MENU: "F9", F9: "F13"}),
    ],
)
def test_a_dictation_ends_with_the_key_that_began_it_and_the_next_one_has_the_new_key(
    user: Home, x: XServer, mode: str, key: str, old: int, new: int, change: dict[int, str]
) -> None:
    with ready(user, key, mode) as daemon:
        dictate(x, daemon, old, change)
        x.key(old, down=True)
        time.sleep(NO_TAP_S)
        x.key(old, down=False)
        time.sleep(NO_TAP_S)
        assert daemon.status()["state"] == "ready"
        assert number_of_dictations(daemon) == 1
        dictate(x, daemon, new, {})
        assert "Traceback" not in daemon.logged()


@pytest.mark.fault("B1")
@pytest.mark.parametrize(("key", "code"), [("ctrl_r", CTRL_R), ("f9", F9)])
def test_a_key_that_vanishes_from_the_layout_loses_no_word_and_works_when_it_is_back(
    user: Home, x: XServer, key: str, code: int
) -> None:
    with ready(user, key, "hold_or_tap") as daemon:
        dictate(x, daemon, code, {code: "F13"})
        wait_for(lambda: "has no key" in daemon.status()["hotkey"], "status says why it is deaf")
        x.remap({code: {"ctrl_r": "Control_R", "f9": "F9"}[key]})
        wait_for(lambda: daemon.status()["hotkey"] == key, "it is heard again")
        dictate(x, daemon, code, {})
        assert "Traceback" not in daemon.logged()
