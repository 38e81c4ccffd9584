"""The real daemon, as the real unit runs it, under a real user manager: set up, used, hurt."""

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import soundfile

from tests.lab.user_systemd import ROOT, UserSystemd, user_systemd

UNIT = "dictate.service"
CONFIG = """
[microphone]
use = "wav:{folder}/speech.wav"
[engine]
use = "scripted:{folder}/lines"
[output]
use = "stdout"
"""
PROGRAM = """#!{python}
import sys
sys.path.insert(0, {root!r})
from dictate.{module} import main
main()
"""
READY_S = 60.0
"""This machine may be busy."""


@pytest.fixture(scope="module")
def manager() -> Iterator[UserSystemd]:
    """A user manager with `dictate` and `dictatectl`, and a recording for a microphone."""
    with user_systemd() as manager:
        programs = manager.home / "bin"
        programs.mkdir()
        for name, module in (("dictate", "cli"), ("dictatectl", "ctl.main")):
            text = PROGRAM.format(python=sys.executable, root=str(ROOT), module=module)
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        # A scripted engine keeps a note beside its lines, so they lie where the unit may write.
        folder = manager.home / ".cache/dictate"
        assert manager.run("mkdir", "-p", folder).returncode == 0
        (folder / "lines").write_text("what was said\n")
        tone = np.sin(np.arange(16_000) / 10) * 0.5
        soundfile.write(folder / "speech.wav", tone, 16_000)
        for path in folder.iterdir():
            path.chmod(0o666)
        config = manager.home / ".config/dictate/config.toml"
        assert manager.run("mkdir", "-p", config.parent).returncode == 0
        config.write_text(CONFIG.format(folder=folder))
        done = manager.run(programs / "dictate", "setup", timeout=100)
        assert done.returncode == 0, done.stdout + done.stderr + manager.log[-3000:]
        yield manager


@pytest.fixture
def service(manager: UserSystemd) -> UserSystemd:
    """The service, running and never restarted."""
    manager.systemctl("reset-failed")
    manager.systemctl("restart", UNIT)
    return manager


def ctl(manager: UserSystemd, *arguments: str) -> str:
    done = manager.run(manager.home / "bin/dictatectl", *arguments)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def said(manager: UserSystemd) -> str:
    """What `dictatectl last` says, once it says something."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        done = manager.run(manager.home / "bin/dictatectl", "last")
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip()
        time.sleep(0.2)
    pytest.fail(f"nothing was said: {done.stdout}{done.stderr}")


@pytest.mark.fault("S8")
def test_it_dictates_inside_its_sandbox(service: UserSystemd) -> None:
    ctl(service, "start")
    assert said(service).lower() == "what was said"
    assert list((service.home / ".local/state/dictate").iterdir()), "the journal is on disk"
    assert "what was said" not in service.log.lower(), "a text is not for the log"


def test_a_call_starts_it(service: UserSystemd) -> None:
    service.systemctl("stop", UNIT)
    name = "io.github.dictate.Dictate1"
    path = "/" + name.replace(".", "/")
    ping = ["busctl", "--user", "call", name, path, "org.freedesktop.DBus.Peer", "Ping"]
    done = service.run(*ping)
    assert done.returncode == 0, done.stderr
    service.wait(UNIT, "ActiveState", "active", READY_S)
    ctl(service, "status")


@pytest.mark.fault("F8")
def test_it_feeds_the_watchdog_and_comes_back_from_a_hang(
    service: UserSystemd, record_property: Callable[[str, object], None]
) -> None:
    drop_in = service.home / f".config/systemd/user/{UNIT}.d/quick.conf"
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Service]\nWatchdogSec=4\n")
    try:
        service.systemctl("daemon-reload")
        service.systemctl("restart", UNIT)
        time.sleep(5)  # longer than it may be without a sign of life
        assert service.show(UNIT, "NRestarts") == "0"
        service.systemctl("kill", "--kill-whom=main", "--signal=STOP", UNIT)
        began = time.monotonic()
        service.wait(UNIT, "NRestarts", "1", READY_S)
        service.wait(UNIT, "ActiveState", "active", READY_S)
        ctl(service, "status")
        record_property("recovered_s", time.monotonic() - began)  # with WatchdogSec=4 for 30
    finally:
        drop_in.unlink()
        service.systemctl("daemon-reload")


@pytest.mark.fault("F1")
def test_killed_it_comes_back_with_its_journal(
    service: UserSystemd, record_property: Callable[[str, object], None]
) -> None:
    ctl(service, "start")
    before = said(service)
    service.systemctl("kill", "--signal=KILL", UNIT)
    began = time.monotonic()
    service.wait(UNIT, "NRestarts", "1", READY_S)
    service.wait(UNIT, "ActiveState", "active", READY_S)
    assert said(service) == before
    record_property("recovered_s", time.monotonic() - began)


def test_a_broken_configuration_keeps_it_running_and_is_reported(service: UserSystemd) -> None:
    config = service.home / ".config/dictate/config.toml"
    good = config.read_text()
    config.write_text("[microphone\n")
    try:
        service.run("systemctl", "--user", "restart", UNIT)
        service.wait(UNIT, "ActiveState", "active", READY_S)
        assert "config.toml:1: " in ctl(service, "status")
        assert service.show(UNIT, "NRestarts") == "0"
    finally:
        config.write_text(good)


def test_stopping_it_is_orderly(service: UserSystemd) -> None:
    service.systemctl("stop", UNIT)
    assert service.show(UNIT, "Result") == "success"
    assert service.show(UNIT, "ExecMainStatus") == "0"
