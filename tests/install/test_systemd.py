"""The unit and the activation file: what systemd says of them, and what they do under a real one.

The real one is a `systemd --user` of the test's own; tests/lab/systemd_daemon.py replaces the
daemon where a test is about the unit alone.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.platform.resources import shipped
from tests.lab.user_systemd import ROOT, UserSystemd, user_systemd

UNIT = "dictate.service"
NAME = "io.github.dictate.Dictate1"


def verify(folder: Path, text: str) -> str:
    """The complaints of `systemd-analyze verify` about a unit; its exit status means nothing."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing: apt install systemd")
    unit = folder / UNIT
    for name in ("CONFIG", "STATE", "CACHE"):
        text = text.replace(f"@{name}@", str(folder))
    unit.write_text(text.replace("@DICTATE@", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "--user", "--recursive-errors=no", "verify", unit],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "info"},
    )
    # Newer ones also say that there is no system bus.
    said = (done.stdout + done.stderr).splitlines()
    return "\n".join(line for line in said if UNIT in line)


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    assert verify(tmp_path, shipped(f"systemd/{UNIT}").read_text()) == ""


def test_systemd_rejects_a_wrong_unit(tmp_path: Path) -> None:
    wrong = shipped(f"systemd/{UNIT}").read_text().replace("Type=notify", "Type=notfy")
    assert "notfy" in verify(tmp_path, wrong)


@pytest.fixture(scope="module")
def manager() -> Iterator[UserSystemd]:
    """A user manager, in which `bin/dictate` is the stand-in, installed by the real setup."""
    with user_systemd({"PYTHONPATH": str(ROOT)}) as manager:
        # A name that would break an ExecStart that is not quoted.
        programs = manager.home / "50% my programs"
        programs.mkdir()
        program = programs / "dictate"
        fake = ROOT / "tests/lab/systemd_daemon.py"
        program.write_text(f"#!{sys.executable}\n{fake.read_text()}")
        program.chmod(0o755)
        (manager.home / "readable").write_text("x")
        yield manager


@pytest.fixture
def installed(manager: UserSystemd) -> Iterator[UserSystemd]:
    """The service, set up and running; taken away again after the test."""
    done = dictate(manager, "setup")
    assert done.returncode == 0, done.stdout + done.stderr + manager.log[-3000:]
    yield manager
    manager.run("systemctl", "--user", "reset-failed", UNIT)
    done = dictate(manager, "setup", "--remove", "--purge")
    assert done.returncode == 0, done.stdout + done.stderr


def dictate(manager: UserSystemd, *arguments: str) -> subprocess.CompletedProcess[str]:
    return manager.run(manager.home / "50% my programs/dictate", *arguments)


def pid(manager: UserSystemd) -> int:
    return int(manager.show(UNIT, "MainPID"))


def test_setup_enables_and_starts_it(installed: UserSystemd) -> None:
    assert installed.show(UNIT, "ActiveState") == "active"
    assert installed.show(UNIT, "StatusText") == "ready"
    assert installed.show(UNIT, "UnitFileState") == "enabled"
    wanted = [path.parent.name for path in (installed.home / ".config").rglob(f"*.wants/{UNIT}")]
    assert sorted(wanted) == ["default.target.wants", "graphical-session.target.wants"]


def test_setup_again_does_not_restart_it(installed: UserSystemd) -> None:
    before = pid(installed)
    done = dictate(installed, "setup")
    assert "unchanged: the service is enabled and running" in done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("done")]
    assert pid(installed) == before


def test_remove_leaves_nothing(installed: UserSystemd) -> None:
    (installed.home / ".config/dictate/probe").unlink()  # The stand-in's own.
    done = dictate(installed, "setup", "--remove", "--purge")
    assert "done: stopped and disabled" in done.stdout
    assert installed.show(UNIT, "LoadState") == "not-found"
    left = [path for path in installed.home.rglob("*ictate*") if "my programs" not in str(path)]
    assert left == []


@pytest.mark.fault("S9", "S10", "S11")
def test_what_the_sandbox_really_forbids(manager: UserSystemd) -> None:
    with socket.socket(socket.AF_UNIX) as display:
        display.bind(str(manager.folder / "display"))
        display.listen()
        (manager.folder / "display").chmod(0o777)
        assert dictate(manager, "setup").returncode == 0
        found = json.loads((manager.home / ".local/state/dictate/sandbox.json").read_text())
        dictate(manager, "setup", "--remove", "--purge")
    # Where user namespaces are forbidden, setup has given up on the read-only file system.
    namespaces = manager.run("unshare", "--user", "true").returncode == 0
    assert found == {
        "write home": "EROFS" if namespaces else "ok",
        "write /usr": "EROFS" if namespaces else "EACCES",
        "read home": "ok",
        "write config": "ok",
        "write state": "ok",
        "write cache": "ok",
        "write runtime": "ok",
        "temporary file": "ok",
        "socket in /tmp": "ok",
        "the bus": "ok",
        "network": "EAFNOSUPPORT",
        "network 6": "EAFNOSUPPORT",
        "user namespace": "EPERM",
        "callback made at run time": True,
        "core": 0,
        "umask": "0o77",
    }


def test_where_user_namespaces_are_forbidden_it_runs_without(manager: UserSystemd) -> None:
    tools = manager.home / "tools"
    tools.mkdir()
    fake = tools / "systemd-run"
    fake.write_text(
        '#!/bin/sh\ncase "$*" in *PrivateUsers*) exit 1 ;; esac\nexec /usr/bin/systemd-run "$@"\n'
    )
    fake.chmod(0o755)
    path = f"PATH={tools}:{manager.environment['PATH']}"
    program = manager.home / "50% my programs/dictate"
    done = manager.run("env", path, program, "setup")
    assert done.returncode == 0, done.stdout
    assert manager.show(UNIT, "PrivateUsers") == "no"
    assert manager.show(UNIT, "ActiveState") == "active"
    found = json.loads((manager.home / ".local/state/dictate/sandbox.json").read_text())
    assert found["write home"] == "ok"
    assert found["network"] == "EAFNOSUPPORT"
    assert dictate(manager, "setup", "--remove", "--purge").returncode == 0
    assert not (manager.home / f".config/systemd/user/{UNIT}.d").exists()


def test_killed_it_comes_back(installed: UserSystemd) -> None:
    before = pid(installed)
    installed.systemctl("kill", "--signal=KILL", UNIT)
    installed.wait(UNIT, "NRestarts", "1")
    installed.wait(UNIT, "ActiveState", "active")
    assert pid(installed) not in (0, before)


@pytest.mark.fault("F8")
def test_after_a_hang_it_is_ended_and_comes_back(installed: UserSystemd) -> None:
    drop_in = installed.home / f".config/systemd/user/{UNIT}.d/quick.conf"
    drop_in.parent.mkdir(exist_ok=True)
    # There is no system journal here.
    stacks = installed.folder / "stacks"
    drop_in.write_text(f"[Service]\nWatchdogSec=1\nStandardError=append:{stacks}\n")
    try:
        installed.systemctl("daemon-reload")
        installed.systemctl("restart", UNIT)
        time.sleep(1.5)
        assert installed.show(UNIT, "NRestarts") == "0"
        installed.systemctl("kill", "--kill-whom=main", "--signal=USR1", UNIT)
        installed.wait(UNIT, "NRestarts", "1")
        installed.wait(UNIT, "ActiveState", "active")
        assert "Current thread" in stacks.read_text(), "a hang leaves the stacks in the log"
    finally:
        drop_in.unlink()


def test_a_bad_configuration_does_not_loop(installed: UserSystemd) -> None:
    bad = installed.home / ".config/dictate/bad"
    bad.write_text("")
    try:
        installed.run("systemctl", "--user", "restart", UNIT)
        installed.wait(UNIT, "ActiveState", "failed")
        time.sleep(1.5)
        assert installed.show(UNIT, "NRestarts") == "0"
        assert installed.show(UNIT, "ExecMainStatus") == "78"
    finally:
        bad.unlink()


def test_a_call_on_the_bus_starts_it(installed: UserSystemd) -> None:
    installed.systemctl("stop", UNIT)
    ping = ["busctl", "--user", "call", NAME, "/", "org.freedesktop.DBus.Peer", "Ping"]
    done = installed.run(*ping)
    assert done.returncode == 0, done.stderr + installed.log[-2000:]
    assert installed.show(UNIT, "ActiveState") == "active"


@pytest.mark.fault("F2")
def test_the_service_ends_with_the_desktop(installed: UserSystemd) -> None:
    target = installed.home / ".config/systemd/user/desktop.target"
    target.write_text("[Unit]\nBindsTo=graphical-session.target\nBefore=graphical-session.target\n")
    installed.systemctl("daemon-reload")
    installed.systemctl("start", "desktop.target")
    installed.systemctl("stop", "graphical-session.target")
    installed.wait(UNIT, "ActiveState", "inactive")
    installed.systemctl("start", "desktop.target")
    installed.wait(UNIT, "ActiveState", "active")
    installed.systemctl("stop", "desktop.target")
    target.unlink()


@pytest.mark.fault("F3")
def test_the_desktop_that_comes_later_is_found(manager: UserSystemd) -> None:
    code = "import os; from dictate.platform.desktop import adopt\n"
    code += "print(adopt(), os.environ.get('DISPLAY'))"

    def ask(**environment: str) -> str:
        settings = [f"{name}={value}" for name, value in environment.items()]
        return manager.run("env", *settings, sys.executable, "-c", code).stdout.strip()

    assert ask(NOTIFY_SOCKET="x") == "False None"
    manager.systemctl("set-environment", "DISPLAY=:7")
    assert ask(NOTIFY_SOCKET="x") == "True :7"
    assert ask(NOTIFY_SOCKET="x", DISPLAY=":7") == "False :7"
    assert ask(DISPLAY=":3") == "False :3"
    assert ask(NOTIFY_SOCKET="x", DBUS_SESSION_BUS_ADDRESS="unix:path=/gone") == "False None"
    manager.systemctl("unset-environment", "DISPLAY")
