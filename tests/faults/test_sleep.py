"""The machine is suspended while somebody dictates: what was said so far is kept and written."""

import asyncio
from pathlib import Path

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from tests.lab.bus import session_bus
from tests.lab.daemon import wait_for
from tests.lab.scripted import home


async def prepare_for_sleep(address: str, name: str, *states: bool) -> None:
    """What logind sends, from the owner of this name."""
    logind = await MessageBus(bus_address=address).connect()
    await logind.request_name(name)
    for state in states:
        await logind.send(
            Message.new_signal(
                "/org/freedesktop/login1",
                "org.freedesktop.login1.Manager",
                "PrepareForSleep",
                "b",
                [state],
            )
        )
    await logind.call(
        Message("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")
    )
    logind.disconnect()


def test_a_dictation_ends_with_the_sleep_and_the_next_one_works(tmp_path: Path) -> None:
    (tmp_path / "system").mkdir()
    with session_bus(tmp_path / "system") as system, home(tmp_path, seconds=100) as user:
        address = system.address
        with user.daemon(DBUS_SYSTEM_BUS_ADDRESS=address) as daemon:
            for texts in (1, 2):
                daemon.ctl("start")
                daemon.wait_spoken(0.2)
                asyncio.run(prepare_for_sleep(address, "org.example.Stranger", True))
                asyncio.run(prepare_for_sleep(address, "org.freedesktop.login1", False))
                assert daemon.status()["state"] == "recording"
                asyncio.run(prepare_for_sleep(address, "org.freedesktop.login1", True, False))
                wait_for(lambda: daemon.written() == f"{user.text}\n" * texts, "it is written")  # noqa: B023
                daemon.wait_state("ready")
            asyncio.run(prepare_for_sleep(address, "org.freedesktop.login1", True, False))
            assert [entry["audio_s"] < 60 for entry in daemon.history()] == [True, True]
            assert "Traceback" not in daemon.logged()
