"""A daemon that is stopped ends at once and loses nothing; what others do to it, it outlives."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from dbus_fast import ErrorType, Message, MessageFlag
from dbus_fast.aio import MessageBus

from dictate.app.controller import STARTS_AT_ONCE, STARTS_PER_S
from dictate.events import RATE
from dictate.platform import bus
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home, script

STOP_S = 3.0
Record = Callable[[str, object], None]
TERM, INT = signal.SIGTERM, signal.SIGINT


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Home]:
    with home(tmp_path) as made:
        yield made


def stop(daemon: RealDaemon, how: signal.Signals) -> float:
    """It ends in time and well, leaves no process behind, and dictatectl says so; the seconds that
    it took."""
    children = daemon.children()
    assert children
    began = time.monotonic()
    os.kill(daemon.pid, how)
    assert daemon.wait() == 0, daemon.logged()
    took_s = time.monotonic() - began
    assert took_s < STOP_S
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in daemon.logged()
    failed = daemon.ctl("status", check=False)
    assert failed.returncode == 3
    assert "dictate is not running: start it" in failed.stderr
    return took_s


def test_while_idle(user: Home) -> None:
    with user.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        stop(daemon, TERM)


def test_what_its_libraries_tidy_up_at_the_end_is_not_waited_for(user: Home) -> None:
    daemon = user.daemon()
    daemon.program = ("-c", "import atexit, time; atexit.register(time.sleep, 60);"
                            "from dictate import cli; cli.main()")  # fmt: skip
    with daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        stop(daemon, TERM)


def test_its_terminal_is_closed(user: Home) -> None:
    terminal, its_end = os.openpty()
    daemon = user.daemon()
    with ExitStack() as stack:
        for end in (terminal, its_end):
            stack.callback(os.close, end)
        stack.push(daemon.__exit__)
        daemon.spawn(stdin=its_end)
        wait_for(lambda: "started:" in daemon.logged(), "it runs")
        # Before that, processes are still being started, which takes a busy machine some time.
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        stop(daemon, signal.SIGHUP)


@pytest.mark.parametrize("how", [TERM, INT])
@pytest.mark.fault("F2")
def test_while_somebody_speaks(
    tmp_path: Path, how: signal.Signals, record_property: Record
) -> None:
    """What was said so far is written: the engine is quick enough."""
    with home(tmp_path, seconds=20.0) as user:
        with user.daemon() as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            daemon.ctl("start")
            daemon.wait_spoken(0.3)
            record_property("detected_s", stop(daemon, how))
            assert daemon.written() == f"{Home.text}\n"
        with user.daemon() as daemon:
            daemon.wait_state("ready")
            (entry,) = daemon.history()
            assert (entry["state"], entry["text"]) == ("delivered", Home.text)
            assert 0 < entry["audio_s"] < 19
            assert "recovered" not in daemon.logged()


@pytest.mark.fault("F2")
def test_while_the_engine_is_busy(user: Home, record_property: Record) -> None:
    """What does not come in time is heard again at the next start, and held."""
    user.say("!slow 20", Home.text)
    with user.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        daemon.ctl("start")
        daemon.wait_state("finishing")
        record_property("detected_s", stop(daemon, TERM))
        assert daemon.written() == ""
    with user.daemon() as daemon:
        wait_for(lambda: "recovered 1 dictation;" in daemon.logged(), "it is recovered")
        (entry,) = daemon.history()
        assert (entry["state"], entry["text"]) == ("held", Home.text)
        assert daemon.written() == ""
        daemon.ctl("paste")
        assert daemon.written() == f"{Home.text}\n"


@pytest.mark.fault("F2")
def test_a_child_that_hangs_does_not_hold_it_up(user: Home, record_property: Record) -> None:
    with user.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        os.kill(daemon.child("dictate.engines.worker"), signal.SIGSTOP)
        daemon.ctl("start")
        daemon.wait_state("finishing")
        record_property("detected_s", stop(daemon, TERM))
    with user.daemon() as daemon:
        wait_for(lambda: "recovered 1 dictation;" in daemon.logged(), "it is recovered")
        assert daemon.history()[0]["text"] == Home.text


@pytest.mark.fault("F5")
def test_the_session_bus_goes_and_comes_back(tmp_path: Path, record_property: Record) -> None:
    with home(tmp_path, seconds=2.0) as user, user.daemon(*user.spoken) as daemon:
        daemon.wait_state("recording")
        user.bus.kill()
        began = time.monotonic()
        wait_for(lambda: "the session bus is gone" in daemon.logged(), "it is noticed")
        record_property("detected_s", time.monotonic() - began)
        wait_for(lambda: daemon.written() != "", "dictating goes on")
        assert daemon.written() == f"{Home.text}\n"
        assert daemon.ctl("status", check=False).returncode == 3
        user.bus.start()
        began = time.monotonic()
        wait_for(lambda: "back on the session bus" in daemon.logged(), "it is back", 40)
        record_property("recovered_s", time.monotonic() - began)
        status = daemon.status()
        assert (status["state"], status["dictation"]) == ("ready", 1)
        assert daemon.ctl("last").stdout == f"{Home.text}\n"
        daemon.ctl("start")
        wait_for(lambda: daemon.written().count(Home.text) == 2, "it can be steered again")


@pytest.mark.fault("F5")
def test_another_one_was_faster_when_the_bus_came_back(user: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with user.daemon() as daemon:
        daemon.wait_state("ready")
        user.bus.kill()
        wait_for(lambda: "the session bus is gone" in daemon.logged(), "it is gone")
        os.kill(daemon.pid, signal.SIGSTOP)
        user.bus.start()
        with RealDaemon(elsewhere, user.env, config=user.settings) as other:
            time.sleep(1.0)  # for so long the bus may list the one that has just left
            os.kill(daemon.pid, signal.SIGCONT)
            assert daemon.wait() == 0, daemon.logged()
            assert "another dictate is running" in daemon.logged()
            assert other.status()["state"] == "ready"


@pytest.mark.fault("F6", "S1")
def test_a_flood_of_calls(user: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many clients, each of which waits for no answer."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)
    dice = random.Random(5)

    async def flood() -> None:
        clients = [await bus.connect() for _ in range(8)]
        members = ["Start", "StartSecond", "Stop", "Toggle", "Cancel", "Press", "Release"]

        async def ask(client: MessageBus, member: str) -> None:
            call = Message(bus.NAME, bus.PATH, bus.INTERFACE, member)
            if dice.random() < 0.5:
                call.flags = MessageFlag.NO_REPLY_EXPECTED
                await client.send(call)
                return
            answer = await bus.ask(client, call, "dictate", 10)
            refused = [f"{bus.ERRORS}.{kind}" for kind in ("Unavailable", "NotFound")]
            refused.append(ErrorType.LIMITS_EXCEEDED.value)
            assert answer.error_name in (None, *refused), answer.body

        for _ in range(20):
            for client in clients:
                await asyncio.gather(*(ask(client, it) for it in dice.choices(members, k=50)))
            await asyncio.sleep(dice.random() * 0.2)
        for connection in clients:
            await bus.leave(connection)

    with user.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        began = time.monotonic()
        asyncio.run(flood())
        took_s = time.monotonic() - began
        daemon.ctl("stop", check=False)
        daemon.wait_state("ready")
        entries = daemon.history(1000)
        numbers = [entry["number"] for entry in entries]
        assert STARTS_AT_ONCE <= len(numbers) <= STARTS_AT_ONCE + STARTS_PER_S * (took_s + 1)
        assert numbers == list(range(len(numbers), 0, -1))
        states = [entry["state"] for entry in entries]
        assert set(states) <= {"delivered", "cancelled", "empty"}
        assert daemon.written().count(Home.text) == states.count("delivered")
        assert "Traceback" not in daemon.logged()
        assert "ERROR" not in daemon.logged()
        assert daemon.logged().count("calls too often over D-Bus") == 1
        before = daemon.written().count(Home.text)
        time.sleep(1 / STARTS_PER_S)
        daemon.ctl("start")
        wait_for(lambda: daemon.written().count(Home.text) == before + 1, "it still works")
        daemon.wait_state("ready")


def test_an_engine_that_cannot_start(user: Home) -> None:
    user.says.unlink()
    with user.daemon() as daemon:
        daemon.wait_state("ready")
        daemon.ctl("start")
        wait_for(lambda: daemon.status()["trouble"].startswith("held: "), daemon.logged())
        assert f"there is no file '{user.says}'" in daemon.status()["trouble"]
        wait_for(lambda: daemon.status()["engine_state"] == "failed", "it is given up")
        daemon.wait_state("ready")
        (entry,) = daemon.history()
        assert entry["state"] == "held"
        assert entry["has_audio"]
        assert str(user.says) in entry["reason"]
        failed = daemon.ctl("paste", "1", check=False)
        assert failed.returncode == 1
        assert str(user.says) in failed.stderr

        script(user.says, Home.text)
        daemon.ctl("start")
        wait_for(lambda: daemon.written() == f"{Home.text}\n", "the next press works")
        daemon.ctl("paste", "1")
        assert daemon.written() == f"{Home.text}\n" * 2
        daemon.wait_state("ready")
        assert [entry["state"] for entry in daemon.history()] == ["delivered"] * 2
        assert daemon.status()["engine_state"] == "ready"


@pytest.mark.fault("D6")
def test_an_engine_that_takes_its_time(user: Home) -> None:
    """The press comes before the model is loaded, and again while it is loaded anew."""
    user.say("!loading go-on", Home.text)
    go_on = user.folder / "go-on"
    with user.daemon() as daemon:
        daemon.ctl("start")
        daemon.wait_state("finishing")
        assert daemon.status()["engine_state"] == "loading"
        go_on.touch()
        wait_for(lambda: daemon.written() == f"{Home.text}\n", daemon.logged())
        go_on.unlink()
        os.kill(daemon.child("dictate.engines.worker"), signal.SIGKILL)
        daemon.ctl("start")
        daemon.wait_state("finishing")
        go_on.touch()
        wait_for(lambda: daemon.written() == f"{Home.text}\n" * 2, daemon.logged())


def status_of(user: Home) -> int:
    """The exit status after the recording."""
    daemon = user.daemon(*user.spoken, "--once")
    daemon.spawn()
    with ExitStack() as stack:
        stack.push(daemon.__exit__)
        return daemon.wait(60)


@pytest.mark.parametrize(
    ("lines", "status", "state"),
    [
        ((Home.text,), 0, "delivered"),
        (("!crash", "!crash", Home.text), 1, "held"),
        (("!drag 0", Home.text), 4, "empty"),
    ],
)
def test_once_ends_with_what_became_of_the_dictation(
    user: Home, lines: tuple[str, ...], status: int, state: str
) -> None:
    user.say(*lines)
    if state == "empty":
        sound = np.zeros(RATE, np.float32)
        soundfile.write(user.recording, sound, RATE, subtype="PCM_16")
    assert status_of(user) == status
    with user.daemon() as daemon:
        (entry,) = daemon.history()
        assert entry["state"] == state


def test_once_that_is_interrupted_is_no_success(tmp_path: Path) -> None:
    with home(tmp_path, seconds=20.0) as user:
        daemon = user.daemon(*user.spoken, "--once")
        with daemon:
            daemon.wait_state("recording")
            os.kill(daemon.pid, INT)
            assert daemon.wait() == 130
