"""Nothing leaves the machine: the kernel's own list of whom Dictate calls while it dictates."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desktop.conftest import Desk, desk
from tests.lab import strace
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.windows import GtkField

__all__ = ["desk"]
pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]
SPOKEN = Path(__file__).parents[2] / "dictate" / "samples"
Record = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def can_be_traced() -> None:
    if reason := strace.why_not():
        pytest.skip(reason)


@pytest.mark.fault("S10")
def test_a_dictation_with_default_settings_calls_nobody_but_unix_sockets(
    desk: Desk, tmp_path: Path, record_property: Record
) -> None:
    """Microphone, starter engine, output, bus and tray; from the start to the end of the daemon."""
    log = tmp_path / "strace"
    daemon = RealDaemon(tmp_path, desk.env)
    daemon.program = strace.traced(log, "-m", "dictate")
    with daemon:
        wait_for(lambda: daemon.status()["hotkey"] == "ctrl_r", "the hotkey is heard", 60)
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded", 60)
        window = GtkField(desk.x, tmp_path)
        desk.x.run("xdotool", "keydown", "Control_R")
        wait_for(lambda: daemon.status()["microphone_open"], "the microphone is open")
        processes = {
            daemon.pid,
            daemon.child("dictate.microphone.capture"),
            daemon.child("dictate.engines.worker"),
        }
        desk.sound.play(sorted(SPOKEN.glob("*.wav"))[2]).wait(30)
        time.sleep(0.2)
        desk.x.run("xdotool", "keyup", "Control_R")
        wait_for(lambda: window.text() != "", "the text arrives", 60)
        window.close()
    calls = list(strace.calls(log))
    assert processes <= strace.traced_pids(log), "strace followed all of them"
    assert {call.line for call in calls if call.family != "AF_UNIX"} == set()
    assert len([call for call in calls if call.name == "connect"]) > 5
    record_property("unix_connections", len(calls))


@pytest.mark.parametrize(
    ("act", "name"),
    [
        ("socket.socket().connect_ex(('127.0.0.1', 9))", "connect"),
        ("socket.socket(socket.AF_INET6).connect_ex(('::1', 9))", "connect"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))", "sendto"),
        (
            "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b''], [], 0, ('127.0.0.1', 9))",
            "sendmsg",
        ),
        ("socket.create_server(('127.0.0.1', 0))", "bind"),
    ],
)
def test_whoever_calls_somebody_else_is_seen(tmp_path: Path, act: str, name: str) -> None:
    """Also if it is a child of a child."""
    log = tmp_path / "strace"
    code = f"import os, socket\nif not os.fork():\n    {act}\nelse:\n    os.wait()\n"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    subprocess.run([sys.executable, *strace.traced(log, "-c", outer)], check=True)
    seen = [call.name for call in strace.calls(log) if call.family != "AF_UNIX"]
    assert seen == [name]
