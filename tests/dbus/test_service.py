"""The daemon's face on a real bus of its own."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.dbus.call_rate import CallRate
from dictate.dbus.caller import BURST, PER_S
from dictate.dbus.interface import AT_ONCE, Dictate1, property_name
from dictate.dbus.profiles_interface import ProfilesInterface
from dictate.dbus.service import DESCRIPTION, Service, description
from dictate.dbus.status_properties import Status
from dictate.errors import AlreadyRunning, ConfigError, Unavailable
from dictate.hotwords.proposal import Proof
from dictate.platform import bus as names
from tests.lab.bus import Bus, session_bus
from tests.lab.fake_daemon import CANARY, FakeController, FakeHotwords

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus(tmp_path) as running:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", running.address)
        yield running


class Rig:
    """A service, and a client that talks to it."""

    def __init__(self, client: MessageBus) -> None:
        self.client = client
        self.controller = FakeController()
        self.service = Service(self.controller, FakeHotwords())
        self.controller.service = self.service

    async def call(
        self, member: str, signature: str = "", *body: Any, interface: str = names.INTERFACE
    ) -> Message:
        async with asyncio.timeout(10):
            reply = await self.client.call(
                Message(
                    destination=names.NAME,
                    path=names.PATH,
                    interface=interface,
                    member=member,
                    signature=signature,
                    body=list(body),
                )
            )
        assert reply is not None
        return reply

    async def ask(self, member: str, signature: str = "", *body: Any) -> Any:
        """The answer, which must be none of the errors."""
        reply = await self.call(member, signature, *body)
        assert reply.message_type is MessageType.METHOD_RETURN, (reply.error_name, reply.body)
        return reply.body[0] if reply.body else None

    async def properties(self) -> dict[str, Any]:
        reply = await self.call(
            "GetAll", "s", names.INTERFACE, interface="org.freedesktop.DBus.Properties"
        )
        return {key: variant.value for key, variant in reply.body[0].items()}


@asynccontextmanager
async def rigged() -> AsyncIterator[Rig]:
    rig = Rig(await names.connect())
    await rig.service.connect()
    try:
        yield rig
    finally:
        await rig.service.close()
        await names.leave(rig.client)


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


def plain(row: dict[str, Variant]) -> dict[str, Any]:
    return {key: variant.value for key, variant in row.items()}


# What can be asked --------------------------------------------------------------------------------


async def controlled_by_hand(rig: Rig) -> None:
    for member in ("Start", "Start", "Toggle"):
        assert await rig.ask(member) is None
    assert rig.controller.asked == ["start", "start", "toggle"]


async def a_call_with_nothing_to_end_says_so(rig: Rig) -> None:
    assert await rig.ask("Stop") is False
    assert await rig.ask("Cancel") == ""
    assert await rig.ask("Release") is False
    await rig.ask("Start")
    assert await rig.ask("Stop") is True
    await rig.ask("Start")
    assert "cancelled" in await rig.ask("Cancel")
    await rig.ask("Press")
    assert await rig.ask("Release") is True


async def numbers_have_no_noise_digits(rig: Rig) -> None:
    rig.service.update(last_finish_ms=578.0470260001493, engine_memory_mb=1200.1234)
    shown = await rig.properties()
    assert (shown["LastFinishMs"], shown["EngineMemoryMb"]) == (578.0, 1200.1)
    first = rig.controller.entries[-1]
    rig.controller.entries[-1] = replace(first, started=1.7e9 + 1 / 7, audio_s=2.500000123)
    last = plain(await rig.ask("Last"))
    assert (last["started"], last["audio_s"]) == (1700000000.143, 2.5)
    assert plain((await rig.ask("CheckLive"))[0])["ms"] == 12.5


async def what_was_said(rig: Rig) -> None:
    last = plain(await rig.ask("Last"))
    assert last["text"] == f"Third {CANARY}.\nNext \U0001f600"
    assert (last["number"], last["state"], last["has_audio"]) == (3, "held", False)
    history = [plain(row) for row in await rig.ask("History", "u", 2)]
    assert [row["number"] for row in history] == [3, 2]
    rig.controller.entries.clear()
    assert await rig.ask("Last") == {}


async def a_history_without_end_is_bounded(rig: Rig) -> None:
    await rig.ask("History", "u", 2**32 - 1)
    assert rig.controller.asked == ["history 1000"]


async def the_history_has_pages(rig: Rig) -> None:
    page = [plain(row) for row in await rig.ask("HistoryBefore", "uu", 3, 1)]
    assert [row["number"] for row in page] == [2]
    assert rig.controller.asked == ["history 1 before 3"]


async def a_history_too_big_for_the_bus_is_cut(rig: Rig) -> None:
    rig.controller.entries = [
        replace(rig.controller.entries[0], number=number, text="é" * 3_000_000)
        for number in range(9, 0, -1)
    ]
    history = await rig.ask("History", "u", 3)
    assert len(history) == 2
    assert len(plain(history[0])["text"]) == 3_000_000


async def writing_again(rig: Rig) -> None:
    assert await rig.ask("Paste", "u", 0) == "delivered"
    assert await rig.ask("Paste", "u", 1) == "delivered"
    assert rig.controller.asked == ["paste None", "paste 1"]


async def forgetting(rig: Rig) -> None:
    assert await rig.ask("Forget", "ub", 1, False) == 1
    assert await rig.ask("Forget", "ub", 0, True) == 2
    for body in ((0, False), (1, True)):
        reply = await rig.call("Forget", "ub", *body)
        assert reply.error_name == "org.freedesktop.DBus.Error.InvalidArgs"
    assert rig.controller.asked == ["forget 1", "forget None"]


async def lists(rig: Rig) -> None:
    assert (await rig.ask("Reload"))[0] == "hotwords.toml: 1 term added: Claude Code"
    yeti, intel = (plain(row) for row in await rig.ask("Devices"))
    assert yeti == {"name": "Blue Yeti", "default": True, "channels": 2, "rate": 48_000.0}
    assert intel["name"] == "HDA ? Intel"
    assert plain((await rig.ask("Check"))[0])["why_not"] == "no DISPLAY"


async def our_errors_arrive_by_name_and_with_their_message(rig: Rig) -> None:
    reply = await rig.call("Paste", "u", 2)
    assert reply.error_name == f"{names.ERRORS}.NotDelivered"
    assert reply.body == ["dictation 2 has no text : nothing to write"]


async def a_mistake_of_ours_says_nothing_of_what_it_was_about(rig: Rig) -> None:
    reply = await rig.call("Forget", "ub", 8, False)
    assert reply.error_name == f"{names.ERRORS}.Mistake"
    assert "ZeroDivisionError" in reply.body[0]
    assert CANARY not in reply.body[0]


async def errors_of_many_lines_keep_them(rig: Rig) -> None:
    async def reload() -> list[str]:
        raise ConfigError(["config.toml:1: this", "config.toml:2: that"])

    rig.controller.reload = reload  # type: ignore[method-assign]
    reply = await rig.call("Reload")
    assert reply.error_name == f"{names.ERRORS}.ConfigError"
    assert reply.body == ["config.toml:1: this\nconfig.toml:2: that"]


# What is shown ------------------------------------------------------------------------------------


async def properties_tell_the_status(rig: Rig) -> None:
    rig.service.update(state="ready", engine="a\nb\0c" + "x" * 999, last_finish_ms=84.5)
    shown = await rig.properties()
    assert (shown["State"], shown["LastFinishMs"], shown["Dictation"]) == ("ready", 84.5, 0)
    assert shown["Engine"].startswith("a b cxxx")
    assert len(shown["Engine"]) == 500


async def only_real_changes_are_told(rig: Rig) -> None:
    heard: list[dict[str, Any]] = []
    listener = await names.connect()
    await listener.call(
        Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="AddMatch",
            signature="s",
            body=[f"type='signal',path='{names.PATH}'"],
        )
    )

    def hear(message: Message) -> None:
        if message.member == "PropertiesChanged":
            heard.append(plain(message.body[1]))

    listener.add_message_handler(hear)
    rig.service.update(state="ready", engine="nemotron")
    rig.service.update(state="ready")
    rig.service.update(state="recording", dictation=1, engine="nemotron")
    await until(lambda: len(heard) >= 2)
    await rig.ask("Toggle")
    assert heard == [
        {"State": "ready", "Engine": "nemotron"},
        {"State": "recording", "Dictation": 1},
    ]
    await names.leave(listener)


async def properties_cannot_be_written(rig: Rig) -> None:
    body = (names.INTERFACE, "State", Variant("s", "recording"))
    reply = await rig.call("Set", "ssv", *body, interface="org.freedesktop.DBus.Properties")
    assert reply.message_type is MessageType.ERROR
    assert (await rig.properties())["State"] == "starting"


# Junk and floods ----------------------------------------------------------------------------------


async def junk_is_answered_by_an_error_and_nothing_else(rig: Rig) -> None:
    chance = random.Random(7)
    some: list[tuple[str, list[Any]]] = [
        ("", []),
        ("s", ["x" * 1_000_000]),
        ("u", [2**32 - 1]),
        ("i", [-1]),
        ("as", [["x"] * 10_000]),
        ("v", [Variant("v", Variant("a{sv}", {"a": Variant("s", "b")}))]),
        ("ub", [7, True]),
        ("ssv", [names.INTERFACE, "Nothing", Variant("s", "")]),
        ("ss", ["no.such.interface", ""]),
    ]
    interfaces = [names.INTERFACE, "org.freedesktop.DBus.Properties", "no.such.Interface"]
    members = ["Start", "History", "Forget", "Get", "GetAll", "Set", "NoSuchThing"]
    for _ in range(300):
        signature, body = chance.choice(some)
        await rig.call(
            chance.choice(members), signature, *body, interface=chance.choice(interfaces)
        )
    assert len(await rig.ask("Devices")) == 2


async def a_flood_is_refused_and_others_are_still_served(rig: Rig) -> None:
    flooder = Rig(await names.connect())
    flood = asyncio.gather(*(flooder.call("Toggle") for _ in range(3_000)))
    slowest = 0.0
    while not flood.done():
        began = time.monotonic()
        await rig.ask("Last")
        slowest = max(slowest, time.monotonic() - began)
    refused = [it.error_name for it in await flood if it.message_type is MessageType.ERROR]
    taken = 3_000 - len(refused)
    assert set(refused) == {"org.freedesktop.DBus.Error.LimitsExceeded"}
    assert BURST <= taken < 2_000
    assert rig.controller.asked.count("toggle") == taken
    assert slowest < 5.0
    await asyncio.sleep(2 / PER_S)
    await flooder.ask("Toggle")  # it may call again once it has waited
    await names.leave(flooder.client)


async def a_flood_that_wants_no_answer_is_dropped(rig: Rig) -> None:
    flooder = await names.connect()
    call = Message(
        names.NAME,
        names.PATH,
        names.INTERFACE,
        "Start",
        flags=MessageFlag.NO_REPLY_EXPECTED,
    )
    for _ in range(50):
        await asyncio.gather(*(flooder.send(call) for _ in range(100)))
    await names.leave(flooder)
    await rig.ask("Last")  # the bus keeps the order: all of them have come
    assert BURST <= rig.controller.asked.count("start") < 4_000


async def calls_without_an_answer_cannot_pile_up(rig: Rig) -> None:
    rig.controller.hang = asyncio.Event()
    calls = [asyncio.create_task(rig.call("Devices")) for _ in range(AT_ONCE + 5)]
    await until(lambda: sum(call.done() for call in calls) == 5)
    refused = {call.result().error_name for call in calls if call.done()}
    assert refused == {"org.freedesktop.DBus.Error.LimitsExceeded"}
    await rig.ask("Start")
    rig.controller.hang.set()
    await asyncio.gather(*calls)
    assert len(await rig.ask("Devices")) == 2


async def a_proof_ends_when_its_client_leaves(rig: Rig) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def prove(*_: object) -> Proof:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    fake: Any = rig.service._hotwords
    fake.prove = prove
    hotwords = names.HOTWORDS_INTERFACE
    stays = asyncio.create_task(rig.call("Counts", interface=hotwords))
    leaver = Rig(await names.connect())
    asking = asyncio.create_task(leaver.call("Prove", "uss", 1, "a", "b", interface=hotwords))
    await begun.wait()
    assert (await stays).message_type is MessageType.METHOD_RETURN
    another = await names.connect()
    await names.leave(another)
    await rig.ask("Last")
    assert not ended.is_set()  # it was not the one that asked
    asking.cancel()
    await names.leave(leaver.client)
    async with asyncio.timeout(10):
        await ended.wait()
    del fake.prove
    proof = await rig.call("Prove", "uss", 1, "a", "b", interface=hotwords)
    assert proof.message_type is MessageType.METHOD_RETURN


async def calls_that_want_no_answer_are_taken(rig: Rig) -> None:
    async def send(member: str, *body: Any) -> None:
        signature, flags = "ub" if body else "", MessageFlag.NO_REPLY_EXPECTED
        await rig.client.send(
            Message(
                names.NAME,
                names.PATH,
                names.INTERFACE,
                member,
                flags=flags,
                signature=signature,
                body=list(body),
            )
        )

    for _ in range(3):
        await send("Start")
    await until(lambda: rig.controller.asked == ["start"] * 3)
    rig.service.serve(None, None)  # type: ignore[arg-type]
    await send("Start")
    await send("Forget", 1, True)
    await rig.call("Last")


async def mistakes_in_calls_that_want_no_answer_are_nobodys(rig: Rig) -> None:
    async def send(interface: str, member: str, signature: str = "", *body: Any) -> None:
        words = (names.NAME, names.PATH, interface, member)
        flags = MessageFlag.NO_REPLY_EXPECTED
        await rig.client.send(Message(*words, flags=flags, signature=signature, body=list(body)))

    rig.controller.hang = asyncio.Event()
    for _ in range(AT_ONCE + 2):
        await send(names.INTERFACE, "Devices")
    await send("org.freedesktop.DBus.Properties", "GetAll", "s", "no.such")
    await send("org.freedesktop.DBus.Properties", "Get", "ss", "", "State")
    await rig.properties()  # the bus keeps the order: all of them have come
    rig.controller.hang.set()
    assert len(await rig.ask("Devices")) == 2


def test_a_client_gets_its_calls_back_with_time_and_is_forgotten() -> None:
    rate = CallRate(burst=3, per_s=2.0)
    assert [rate.allows("a", 10.0) for _ in range(5)] == [True, True, True, False, False]
    assert rate.allows("b", 10.0)
    assert not rate.allows("a", 10.4)
    assert [rate.allows("a", 11.0) for _ in range(3)] == [True, True, False]
    assert [rate.allows("a", 99.0) for _ in range(4)] == [True, True, True, False]
    for number in range(100_000):
        rate.allows(f":1.{number}", 99.0 + number / 100)
    assert len(rate._left) <= 1_001


@pytest.mark.parametrize(
    "story",
    [
        controlled_by_hand,
        a_call_with_nothing_to_end_says_so,
        numbers_have_no_noise_digits,
        what_was_said,
        a_history_without_end_is_bounded,
        the_history_has_pages,
        a_history_too_big_for_the_bus_is_cut,
        writing_again,
        forgetting,
        lists,
        our_errors_arrive_by_name_and_with_their_message,
        a_mistake_of_ours_says_nothing_of_what_it_was_about,
        errors_of_many_lines_keep_them,
        properties_tell_the_status,
        only_real_changes_are_told,
        properties_cannot_be_written,
        junk_is_answered_by_an_error_and_nothing_else,
        a_flood_is_refused_and_others_are_still_served,
        a_flood_that_wants_no_answer_is_dropped,
        calls_without_an_answer_cannot_pile_up,
        calls_that_want_no_answer_are_taken,
        mistakes_in_calls_that_want_no_answer_are_nobodys,
        a_proof_ends_when_its_client_leaves,
    ],
    ids=lambda story: story.__name__,
)
def test_on_the_bus(
    bus: Bus, story: Callable[[Rig], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    async def tell() -> None:
        async with rigged() as rig:
            await story(rig)

    asyncio.run(tell())
    assert CANARY not in caplog.text
    if story in (
        a_proof_ends_when_its_client_leaves,
        calls_that_want_no_answer_are_taken,
        mistakes_in_calls_that_want_no_answer_are_nobodys,
    ):
        assert not [each for each in caplog.records if each.levelname in ("WARNING", "ERROR")]


# The bus itself -----------------------------------------------------------------------------------


def test_of_five_at_once_one_gets_the_name(bus: Bus) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.lab.fake_daemon"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(5)
    ]
    lines = [process.stdout.readline() for process in started if process.stdout]
    for process in started:
        process.terminate()
        process.communicate()
    assert lines.count("ready\n") == 1
    refusals = [line for line in lines if line != "ready\n"]
    assert all(line.startswith("AlreadyRunning: another dictate is running") for line in refusals)


def test_the_name_is_free_again_after_a_kill(bus: Bus) -> None:
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.fake_daemon"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("unix:path=/no/such/bus", "cannot be reached"),
        ("nonsense", "cannot be reached"),
        (None, "cannot be reached"),
    ],
)
def test_without_a_bus_it_says_so(
    monkeypatch: pytest.MonkeyPatch, address: str | None, message: str
) -> None:
    if address is not None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(Unavailable, match=f"{message}.*dbus-run-session"):
        asyncio.run(Service(FakeController()).connect())


def test_without_any_hint_where_the_bus_is_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with pytest.raises(Unavailable, match="there is no session bus"):
        asyncio.run(Service(FakeController()).connect())


def test_a_bus_in_the_usual_place_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with session_bus(tmp_path):
        (tmp_path / "run" / "bus").symlink_to(tmp_path / "test-bus")

        async def tell() -> None:
            async with rigged() as rig:
                await rig.ask("Start")

        asyncio.run(tell())


def test_a_bus_that_says_nothing_is_given_up(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "HELLO_S", 0.3)
    bus.kill(signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="does not answer"):
            asyncio.run(Service(FakeController()).connect())
    finally:
        bus.kill(signal.SIGCONT)


def test_when_the_bus_dies_it_comes_back_with_the_status_of_now(bus: Bus) -> None:
    async def tell() -> None:
        async with rigged() as rig:
            staying = asyncio.create_task(rig.service.run())
            for state in ("recording", "finishing"):
                bus.kill()
                await until(lambda: rig.service.bus is None)
                rig.service.update(state=state)
                bus.start()
                await until(lambda: rig.service.bus is not None)
                await names.leave(rig.client)
                rig.client = await names.connect()
                assert (await rig.properties())["State"] == state
                await rig.ask("Start")
            staying.cancel()
            with suppress(asyncio.CancelledError):
                await staying

    asyncio.run(tell())


def test_it_joins_a_bus_that_comes_up_later(bus: Bus) -> None:
    async def tell() -> None:
        bus.kill()
        service = Service(FakeController())
        staying = asyncio.create_task(service.run())
        await asyncio.sleep(0.4)
        assert service.bus is None
        bus.start()
        await until(lambda: service.bus is not None)
        staying.cancel()
        with suppress(asyncio.CancelledError):
            await staying
        await service.close()
        await service.close()

    asyncio.run(tell())


def test_calls_get_an_error_until_the_daemon_serves_them(bus: Bus) -> None:
    async def tell() -> None:
        client, service = await names.connect(), Service()
        rig = Rig(client)
        await service.connect()
        assert (await rig.properties())["State"] == "starting"
        reply = await rig.call("Toggle")
        assert reply.error_name == f"{names.ERRORS}.Unavailable"
        assert "still starting" in reply.body[0]
        service.serve(rig.controller, FakeHotwords())
        assert await rig.ask("Toggle") is None
        assert rig.controller.asked == ["toggle"]
        await service.close()
        await names.leave(client)

    asyncio.run(tell())


def test_a_call_that_waits_at_the_end_gets_an_error_and_leaves_no_traceback(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        rig = Rig(await names.connect())
        await rig.service.connect()
        rig.controller.hang = asyncio.Event()
        waiting = asyncio.create_task(rig.call("Devices"))
        await asyncio.sleep(0.1)
        await rig.service.close()
        reply = await asyncio.wait_for(waiting, 5)
        assert (reply.error_name or "").startswith(f"{names.INTERFACE}.Error.")
        assert "dictate ends" in reply.body[0]
        await names.leave(rig.client)

    asyncio.run(main())
    assert not [each for each in caplog.records if each.levelname in ("WARNING", "ERROR")]


def test_from_the_stop_on_calls_get_an_error_and_properties_are_still_read(bus: Bus) -> None:
    async def main() -> None:
        async with rigged() as rig:
            await rig.service.stop_serving()
            for member in ("Start", "Last"):
                reply = await rig.call(member)
                assert reply.error_name == f"{names.INTERFACE}.Error.Unavailable"
                assert reply.body == ["dictate ends"]
            assert (await rig.properties())["State"] == "starting"

    asyncio.run(main())


def test_a_stranger_that_has_our_name_does_not_end_us(bus: Bus) -> None:
    async def tell() -> None:
        stranger, service = await names.connect(), Service(FakeController())
        await stranger.request_name(names.NAME)
        with pytest.raises(Unavailable, match=f"another program has the name {names.NAME}"):
            await service.connect()
        staying = asyncio.create_task(service.run())
        await asyncio.sleep(0.3)
        assert not staying.done()
        await names.leave(stranger)
        await until(lambda: service.bus is not None)  # as soon as the name is free
        staying.cancel()
        with suppress(asyncio.CancelledError):
            await staying
        await service.close()

    asyncio.run(tell())


def test_one_that_comes_back_too_late_says_so(bus: Bus) -> None:
    async def tell() -> None:
        async with rigged() as rig:
            bus.kill()
            bus.start()
            faster = Service(FakeController())
            await faster.connect()
            with pytest.raises(AlreadyRunning):
                await asyncio.wait_for(rig.service.run(), 10)
            await faster.close()

    asyncio.run(tell())


def test_a_bus_that_is_busy_for_a_while_is_waited_for(bus: Bus) -> None:
    """More is told than fits between us and the bus, which would have dbus-fast hang up."""

    async def tell() -> None:
        async with rigged() as rig:
            bus.kill(signal.SIGSTOP)
            for number in range(1, 5_001):
                rig.service.update(dictation=number, trouble="x" * 200)
            await asyncio.sleep(0.1)
            bus.kill(signal.SIGCONT)
            assert (await rig.properties())["Dictation"] == 5_000

    asyncio.run(tell())


def test_who_listens_on_the_bus_never_reads_what_was_dictated(bus: Bus) -> None:
    """dbus-monitor sees all signals while text is asked for, and all messages while it is not."""

    async def tell(*, text: bool) -> None:
        async with rigged() as rig:
            for member in ("Start", "Stop", "Toggle", "Cancel", "Reload", "Devices", "Check"):
                await rig.call(member)
            await rig.ask("Paste", "u", 1)
            await rig.properties()
            if text:
                assert CANARY in plain(await rig.ask("Last"))["text"]
                await rig.ask("History", "u", 9)
            await rig.ask("Forget", "ub", 1, False)

    for rule, text in (("type='signal'", True), ("", False)):
        monitor = subprocess.Popen(
            ["dbus-monitor", "--session", *([rule] if rule else [])],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"DBUS_SESSION_BUS_ADDRESS": bus.address},
        )
        assert monitor.stdout is not None
        assert "NameAcquired" in monitor.stdout.readline()
        asyncio.run(tell(text=text))
        time.sleep(0.3)
        monitor.terminate()
        heard = monitor.communicate()[0]
        assert "PropertiesChanged" in heard
        assert CANARY not in heard


# Its description ----------------------------------------------------------------------------------


def test_the_description_in_docs_is_that_of_the_code() -> None:
    assert DESCRIPTION.read_text() == description(), (
        "docs are stale: run python -m dictate.dbus.service --write"
    )


def test_the_handbook_names_every_member() -> None:
    handbook = (ROOT / "docs" / "reference" / "dbus.md").read_text()
    interface = Dictate1(FakeController, Status()).introspect()
    for name in [m.name for m in interface.methods] + [p.name for p in interface.properties]:
        assert f"`{name}" in handbook, name


def test_the_handbook_names_every_method_about_profiles() -> None:
    handbook = (ROOT / "docs" / "reference" / "dbus.md").read_text()
    for method in ProfilesInterface(FakeController, nullcontext).introspect().methods:
        assert f"`{method.name}(" in handbook, method.name


def test_every_status_is_a_property() -> None:
    interface = Dictate1(FakeController, Status()).introspect()
    shown = {member.name for member in interface.properties} - {"Version"}
    assert shown == {property_name(key) for key in Status.__annotations__}
