"""The machine is suspended, with or without a dictation under way, and wakes."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from tests.lab.bus import session_bus
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.logind import Logind, logind
from tests.lab.scripted import Home, home

ENGINE = "dictate.engines.worker"
Property = Callable[[str, object], None]


@contextmanager
def user_with_logind(folder: Path, seconds: float = 100) -> Iterator[tuple[Home, Logind]]:
    """The user's daemons find this logind."""
    (folder / "system").mkdir()
    with (
        session_bus(folder / "system") as system,
        logind(system.address) as login,
        home(folder, seconds) as user,
    ):
        user.env["DBUS_SYSTEM_BUS_ADDRESS"] = system.address
        yield user, login


def pretend(address: str, name: str) -> None:
    """What logind sends before a sleep, from the owner of another name: to whoever listens, and to
    each program by itself."""

    async def send() -> None:
        stranger = await MessageBus(bus_address=address).connect()
        await stranger.request_name(name)
        path, interface = "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
        for to in (None, *(f":1.{number}" for number in range(20))):
            said = Message.new_signal(path, interface, "PrepareForSleep", "b", [True])
            said.destination = to
            await stranger.send(said)
        bus = "org.freedesktop.DBus"
        await stranger.call(Message(bus, "/org/freedesktop/DBus", bus, "GetId"))
        stranger.disconnect()

    asyncio.run(send())


def loaded(daemon: RealDaemon) -> int:
    """The engine process, once it is ready."""
    wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is ready")
    return daemon.child(ENGINE)


@pytest.mark.fault("A12")
def test_a_dictation_ends_with_the_sleep_and_the_next_one_works(
    tmp_path: Path, record_property: Property
) -> None:
    with user_with_logind(tmp_path) as (user, login), user.daemon() as daemon:
        loaded(daemon)
        wait_for(lambda: login.held == 1, "a sleep would be held up")
        assert login.asked == [("sleep", "Dictate", "A dictation is being ended", "delay")]
        for texts in (1, 2):
            daemon.ctl("start")
            daemon.wait_spoken(0.2)
            pretend(user.env["DBUS_SYSTEM_BUS_ADDRESS"], "org.example.Stranger")
            assert daemon.status()["state"] == "recording"
            took = login.sleep()
            # The machine sleeps now: what is not done yet is not done before it wakes.
            assert daemon.written() == f"{user.text}\n" * texts
            assert daemon.history(1)[0]["state"] == "delivered"
            assert took < 4.0
            record_property("detected_s", took)
            assert login.held == 0
            woke = time.monotonic()
            login.wake()
            wait_for(lambda: login.held == 1, "the next sleep is held up")
            daemon.wait_state("ready")
            record_property("recovered_s", time.monotonic() - woke)
        assert [entry["audio_s"] < 60 for entry in daemon.history()] == [True, True]
        assert login.sleep() < 2.0, "nothing is waited for where nobody dictates"
        assert "Traceback" not in daemon.logged()


@pytest.mark.fault("A12")
def test_a_sleep_waits_for_the_sound_but_not_for_a_slow_engine(tmp_path: Path) -> None:
    with user_with_logind(tmp_path) as (user, login):
        user.say("!loading go-on", user.text)
        with user.daemon() as daemon:
            wait_for(lambda: login.held == 1, "a sleep would be held up")
            daemon.ctl("start")
            daemon.wait_spoken(0.2)
            assert login.sleep() < 4.0
            entry = daemon.history(1)[0]
            assert (entry["state"], entry["has_audio"]) == ("captured", True)
            (tmp_path / "go-on").touch()
            login.wake()
            wait_for(lambda: daemon.written() == f"{user.text}\n", "it is written later")


@pytest.mark.fault("D2")
@pytest.mark.parametrize("fault", ["raise CUDA error: unspecified launch failure", "hang"])
def test_an_engine_that_the_sleep_broke_is_restarted_before_the_next_dictation(
    tmp_path: Path, record_property: Property, fault: str
) -> None:
    with user_with_logind(tmp_path, seconds=0.6) as (user, login):
        user.say(f"!{fault}", user.text)
        user.settings = user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 1.0\n")
        with user.daemon() as daemon:
            before = loaded(daemon)
            wait_for(lambda: login.held == 1, "a sleep would be held up")
            login.sleep()
            woke = time.monotonic()
            login.wake()
            wait_for(lambda: "restarted: " in daemon.logged(), "it is restarted")
            record_property("detected_s", time.monotonic() - woke)
            assert loaded(daemon) != before
            record_property("recovered_s", time.monotonic() - woke)
            daemon.ctl("start")
            wait_for(lambda: daemon.written() == f"{user.text}\n", "it is written")
            assert daemon.logged().count("restarted: ") == 1


def test_logind_comes_later_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "system").mkdir()
    with (
        session_bus(tmp_path / "system") as system,
        home(tmp_path) as user,
        user.daemon(DBUS_SYSTEM_BUS_ADDRESS=system.address) as daemon,
    ):
        wait_for(lambda: "no sleep is held up" in daemon.logged(), "logind is missed")
        said = [line for line in daemon.logged().splitlines() if "no sleep is held up" in line]
        assert "DEBUG" in said[0]
        with logind(system.address) as login:
            wait_for(lambda: login.held == 1, "a sleep would be held up")
            assert login.sleep() < 2.0
