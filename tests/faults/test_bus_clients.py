"""What other programs on the session bus do to the daemon: they go in the middle of a call, start a
dictation that the user did not ask for, or hang when the daemon calls them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant

from dictate.platform import bus
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home

ENDS_SOON = '[microphone]\nlongest_min = 0.1\nkeep_open = "never"\n'
Record = Callable[[str, object], None]
HOLDS_NAMES = """
import asyncio, os, signal, sys
from dictate.platform import bus
async def main():
    connection = await bus.connect()
    for name in sys.argv[1:]:
        await connection.request_name(name)
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
asyncio.run(main())
"""
"""A program that owns these names and answers no call."""


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    with home(tmp_path) as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.bus.address)
        yield made


def ready(daemon: RealDaemon) -> None:
    wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")


def call(member: str, signature: str = "", *body: Any, interface: str = bus.INTERFACE) -> Message:
    return Message(bus.NAME, bus.PATH, interface, member, signature=signature, body=list(body))


async def call_and_leave(*calls: Message) -> None:
    """Each call from a client of its own, which is gone before it can be answered."""
    clients = [await bus.connect() for _ in calls]
    for client, message in zip(clients, calls, strict=True):
        await client.send(message)
    for client in clients:
        await bus.leave(client)


@pytest.mark.fault("F7")
def test_clients_that_leave_in_the_middle_of_a_call(user: Home, record_property: Record) -> None:
    """What they asked for is done all the same, once. The daemon is stopped while they call, so
    that none of them can have had its answer."""
    properties = "org.freedesktop.DBus.Properties"
    asked = [
        call("Last"),
        call("History", "u", 1000),
        call("Devices"),
        call("Check"),
        call("Reload"),
        call("Undo"),
        call("Forget", "ub", 9, False),
        call("GetAll", "s", bus.INTERFACE, interface=properties),
        call("Counts", interface=bus.HOTWORDS_INTERFACE),
        call("Prove", "uss", 1, "a", "b", interface=bus.HOTWORDS_INTERFACE),
    ]
    with user.daemon() as daemon:
        ready(daemon)
        for number, last in enumerate((call("Start"), call("Paste", "u", 0)), 1):
            os.kill(daemon.pid, signal.SIGSTOP)
            asyncio.run(call_and_leave(*asked, last))
            os.kill(daemon.pid, signal.SIGCONT)
            began = time.monotonic()
            wait_for(lambda: daemon.written() == f"{Home.text}\n" * number, daemon.logged())  # noqa: B023
            record_property("recovered_s", time.monotonic() - began)
            daemon.wait_state("ready")
        daemon.ctl("start")
        wait_for(lambda: daemon.written() == f"{Home.text}\n" * 3, "the next one works")
        daemon.wait_state("ready")
        assert [entry["number"] for entry in daemon.history()] == [2, 1]
        assert "Traceback" not in daemon.logged()
        assert "ERROR" not in daemon.logged()


@pytest.mark.fault("F7", "S19")
def test_a_client_that_presses_and_leaves_keeps_the_microphone_for_the_longest_time_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    """Its release never comes: what was said is written, and that it was ended is said."""
    with home(tmp_path, seconds=60.0) as user:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)
        config = user.settings.replace("[microphone]\n", ENDS_SOON)
        with user.daemon(config=config) as daemon:
            ready(daemon)
            asyncio.run(call_and_leave(call("Press")))
            daemon.wait_state("recording")
            began = time.monotonic()
            wait_for(lambda: daemon.written() == f"{Home.text}\n", daemon.logged(), 40)
            record_property("recovered_s", time.monotonic() - began)
            daemon.wait_state("ready")
            assert "reached its longest time" in daemon.status()["trouble"]
            wait_for(lambda: not daemon.status()["microphone_open"], "the microphone is closed")
            assert daemon.history()[0]["audio_s"] == pytest.approx(6, abs=1)


@pytest.mark.fault("S1", "S2")
def test_a_program_that_starts_a_dictation_is_seen_and_gets_no_text(user: Home) -> None:
    """All that anybody hears on the bus is that it records, before there is any sound; there is no
    call that keeps this from being shown, and the log says where it came from."""
    told: list[dict[str, Any]] = []

    def hear(message: Message) -> None:
        if message.member == "PropertiesChanged":
            told.append({name: value.value for name, value in message.body[1].items()})

    async def start() -> Sequence[Message | None]:
        listener, other = await bus.connect(), await bus.connect()
        rule = f"type='signal',path='{bus.PATH}'"
        names = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        await listener.call(Message(*names, "AddMatch", signature="s", body=[rule]))
        listener.add_message_handler(hear)
        hide = (bus.INTERFACE, "State", Variant("s", "ready"))
        answers = [
            await other.call(
                call("Set", "ssv", *hide, interface="org.freedesktop.DBus.Properties")
            ),
            await other.call(call("Start")),
        ]
        while not any(news.get("LastFinishMs") for news in told):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for client in (listener, other):
            await bus.leave(client)
        return answers

    async def in_time() -> Sequence[Message | None]:
        async with asyncio.timeout(20):
            return await start()

    with user.daemon() as daemon:
        ready(daemon)
        refused, started = asyncio.run(in_time())
        assert refused is not None
        assert started is not None
        assert refused.message_type is MessageType.ERROR
        assert started.body == []
        seen = [key for news in told for key, value in news.items() if value in ("recording", True)]
        assert seen[:2] == ["State", "MicrophoneOpen"]
        assert Home.text not in repr(told)
        wait_for(lambda: daemon.written() != "", "it is written")
        assert "start, asked over D-Bus" in daemon.logged()


@pytest.mark.fault("F11")
def test_a_desktop_whose_notifications_and_tray_hang(user: Home, record_property: Record) -> None:
    """A dictation that is held is told nobody, and the next one is written as fast as ever."""
    user.say("!crash", "!crash", Home.text)
    names = ("org.freedesktop.Notifications", "org.kde.StatusNotifierWatcher")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_NAMES, *names], stdout=subprocess.PIPE, env=os.environ
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"ready\n"
        with user.daemon() as daemon:
            ready(daemon)
            daemon.ctl("start")
            wait_for(lambda: daemon.status()["trouble"].startswith("held: "), daemon.logged(), 40)
            ready(daemon)
            began = time.monotonic()
            daemon.ctl("start")
            wait_for(lambda: daemon.written() == f"{Home.text}\n", daemon.logged())
            record_property("recovered_s", time.monotonic() - began)
            assert daemon.status()["last_finish_ms"] < 2000
            assert [entry["state"] for entry in daemon.history()] == ["delivered", "held"]
            assert "Traceback" not in daemon.logged()
    finally:
        holder.kill()
        holder.communicate()
