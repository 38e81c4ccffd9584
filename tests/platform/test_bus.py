"""A connection to a bus ends in order, whatever arrives meanwhile."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from dictate.platform import bus
from tests.lab.bus import Bus, session_bus

NAME = "org.example.Asked"
PATH = "/asked"
CALLS = 200
"""Calls that are under way when the connection ends."""


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus(tmp_path) as one:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", one.address)
        yield one


class Asked(ServiceInterface):
    def __init__(self) -> None:
        super().__init__(NAME)
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    @dbus_method("Quick")
    def quick(self) -> DBusStr:
        return "x" * 5000

    @dbus_method("Slow")
    async def slow(self) -> DBusStr:
        self.asked.set()
        await self.go_on.wait()
        return "late"

    @dbus_signal("Changed")
    def changed(self) -> None:
        """The state changed."""


def call(member: str) -> Message:
    return Message(destination=NAME, path=PATH, interface=NAME, member=member)


async def exported() -> tuple[MessageBus, Asked]:
    connection, asked = await bus.connect(), Asked()
    connection.export(PATH, asked)
    await connection.request_name(NAME)
    return connection, asked


def nothing_was_wrong(caplog: pytest.LogCaptureFixture) -> bool:
    wrong = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert not wrong, [each.getMessage() for each in wrong]
    return True


@pytest.mark.parametrize("how", ["leaves", "is disconnected", "loses its bus"])
def test_calls_under_way_at_the_end_leave_no_traceback(
    running: Bus, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        for _ in range(1 if how == "loses its bus" else 5):
            connection, _asked = await exported()
            panel = await bus.connect()
            for _ in range(CALLS):
                panel.send(call("Quick"))
            await panel.call(_ping())
            if how == "leaves":
                await bus.leave(connection)
            elif how == "is disconnected":
                connection.disconnect()
            else:
                running.kill()
            await asyncio.wait_for(bus.lost(connection), 5)
            await bus.leave(panel)

    asyncio.run(main())
    assert nothing_was_wrong(caplog)


def _ping() -> Message:
    name = "org.freedesktop.DBus"
    return Message(destination=name, path="/", interface=f"{name}.Peer", member="Ping")


def test_an_answer_that_is_ready_after_the_end_is_dropped(
    running: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        connection, asked = await exported()
        panel = await bus.connect()
        panel.send(call("Slow"))
        await asyncio.wait_for(asked.asked.wait(), 5)
        await bus.leave(connection)
        asked.go_on.set()
        await asyncio.sleep(0.05)
        await bus.leave(panel)

    asyncio.run(main())
    assert nothing_was_wrong(caplog)


def test_what_was_sent_before_the_end_arrives(running: Bus) -> None:
    async def main() -> None:
        connection, asked = await exported()
        listener = await bus.connect()
        heard: list[str] = []
        listener.add_message_handler(lambda message: heard.append(message.member or ""))
        rule = Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="AddMatch",
            signature="s",
            body=[f"type='signal',interface='{NAME}'"],
        )
        await listener.call(rule)
        for _ in range(CALLS):
            asked.changed()
        await bus.leave(connection)
        await listener.call(_ping())
        assert heard.count("Changed") == CALLS
        await bus.leave(listener)

    asyncio.run(main())


def test_after_the_end_a_call_raises_and_a_signal_has_failed(
    running: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        connection, _ = await exported()
        await bus.leave(connection)
        with pytest.raises(OSError, match="has ended"):
            await connection.call(call("Quick"))
        signal = Message.new_signal(PATH, NAME, "Changed")
        assert signal.message_type is MessageType.SIGNAL
        with pytest.raises(OSError, match="has ended"):
            await connection.send(signal)
        connection.send(Message.new_signal(PATH, NAME, "Changed"))
        await bus.leave(connection)

    asyncio.run(main())
    assert nothing_was_wrong(caplog)
