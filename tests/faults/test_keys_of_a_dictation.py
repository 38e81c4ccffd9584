"""Keys and commands that come in the wrong order, too fast, or not at all, on the real daemon."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from dictate.client.connection import Connection
from dictate.client.daemon_client import DaemonClient
from dictate.errors import DictateError
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

F9 = 75
TAP_S = 0.02
NO_TAP_S = 1.2
"""The daemon takes less than 1 s for a tap: a busy machine may make a short one long."""
COMMANDS = 150
DIES_S = 15.0
"""Seconds for the daemon to notice that its X server is gone, on a busy machine."""


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer(window_manager=False) as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, x: XServer) -> Iterator[Home]:
    with home(tmp_path, seconds=60) as user:
        user.env["DISPLAY"] = x.display
        user.settings = user.settings.replace(
            'use = "none"', 'use = "x11"\nkey = "f9"\nmode = "hold"\ntap_ms = 1000'
        )
        yield user


def hears_the_key(daemon: RealDaemon) -> None:
    wait_for(lambda: daemon.status()["hotkey"] == "f9", "the key is heard")


def hold(x: XServer, daemon: RealDaemon) -> None:
    """Dictate something, which is written."""
    before = daemon.history(1)[0]["number"]
    x.key(F9, down=True)
    wait_for(lambda: daemon.history(1)[0]["number"] > before, "it records")
    time.sleep(NO_TAP_S)  # its sound may have begun before the key
    x.key(F9, down=False)
    daemon.wait_state("ready")
    assert daemon.history(1)[0]["state"] == "delivered"


@pytest.mark.fault("B4", "B9")
def test_taps_write_nothing_and_a_desktop_that_dies_under_the_key_ends_what_it_began(
    user: Home, x: XServer, record_property: Callable[[str, object], None]
) -> None:
    with user.daemon() as daemon:
        hears_the_key(daemon)
        for _ in range(3):
            x.key(F9, down=True)
            time.sleep(TAP_S)
            x.key(F9, down=False)
            time.sleep(0.1)
        daemon.wait_state("ready")
        assert daemon.written() == ""
        x.key(F9, down=True)
        daemon.wait_state("recording")
        daemon.wait_spoken(NO_TAP_S)
        x.kill()
        died = time.monotonic()
        daemon.wait_state("ready", DIES_S)
        record_property("detected_s", time.monotonic() - died)
        assert daemon.written() == f"{Home.text}\n"
        wait_for(lambda: daemon.status()["hotkey"] != "f9", "status says that it is deaf")
        x.start(x.display)
        back = time.monotonic()
        hears_the_key(daemon)
        record_property("recovered_s", time.monotonic() - back)
        hold(x, daemon)
        assert daemon.written() == f"{Home.text}\n" * 2
        assert "Traceback" not in daemon.logged()


@pytest.mark.fault("B10")
def test_commands_in_any_order_harm_nothing_and_the_next_dictation_is_whole(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(1)
    with home(tmp_path, seconds=60) as user, user.daemon() as daemon:
        daemon.wait_state("ready")
        address = daemon.env["DBUS_SESSION_BUS_ADDRESS"]
        with closing(Connection(address)) as connection:
            client = DaemonClient(connection)
            for _ in range(COMMANDS):
                member = dice.choice(("Start", "Stop", "Toggle", "Cancel"))
                with suppress(DictateError):  # there is nothing to end
                    client.ask(member)
            record_property("runs", COMMANDS)
            if client.status()["state"] != "ready":
                client.ask("Cancel")
        daemon.wait_state("ready")
        written = daemon.written()
        begun = partial(daemon.ctl, "start", check=False)
        wait_for(lambda: begun().returncode == 0, "another call is allowed")
        daemon.wait_spoken(0.3)
        daemon.ctl("stop")
        daemon.wait_state("ready")
        assert daemon.written() == f"{written}{Home.text}\n"
        entries = daemon.history(1000)
        texts = [entry for entry in entries if entry["state"] == "delivered"]
        assert len(texts) == daemon.written().count("\n"), "each once"
        assert {entry["state"] for entry in entries} <= {"delivered", "cancelled", "empty"}
        assert "Traceback" not in daemon.logged()


@pytest.mark.fault("B11")
def test_five_dictations_while_the_engine_does_not_answer_come_in_order(tmp_path: Path) -> None:
    lines = [f"This is number {number}." for number in range(1, 6)]
    with home(tmp_path, seconds=60) as user:
        user.say(*lines)
        user.settings = user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 60.0\n")
        with user.daemon() as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            engine = daemon.child("dictate.engines.worker")
            os.kill(engine, signal.SIGSTOP)
            for number in range(1, 6):
                daemon.ctl("start")
                daemon.wait_spoken(0.1)
                assert daemon.history(1)[0]["number"] == number
                daemon.ctl("stop")
            assert daemon.written() == ""
            os.kill(engine, signal.SIGCONT)
            daemon.wait_state("ready")
            assert daemon.written().splitlines() == lines
