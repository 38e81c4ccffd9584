"""`dictate setup --remote HOST`, with a real SSH server on loopback: from the search for the engine
to a dictation through the tunnel, and back. test_systemd_remote.py tests the units with systemd."""

import asyncio
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.hotwords.model import Hotwords
from dictate.install import remote as module
from dictate.install.remote import remote, undo
from dictate.platform import paths
from tests.lab.daemon import wait_for
from tests.lab.engine import Whole, loud, ready
from tests.lab.scripted import script
from tests.lab.serving import Serving
from tests.lab.ssh import HOST, FarMachine, far_machine

pytestmark = pytest.mark.timeout(180)

THERE = "heard over there"
HERE = "heard on this machine"


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarMachine]:
    with far_machine(tmp_path / "ssh", tmp_path / "far") as machine:
        (machine.runtime / "dictate-serve").mkdir(parents=True, mode=0o700)
        monkeypatch.setenv("PATH", f"{machine.tools}:/usr/bin:/bin")
        yield machine


@pytest.fixture
def served(far: FarMachine, tmp_path: Path) -> Iterator[Serving]:
    where = far.runtime / "dictate-serve/socket"
    with Serving(tmp_path / "server", "--socket", str(where), lines=(THERE,)) as server:
        yield server


def said(host: str = HOST) -> tuple[int, list[str]]:
    lines: list[str] = []
    code = remote(host, out=lines.append)
    return code, lines


def unit(tmp_path: Path) -> Path:
    return tmp_path / "config/systemd/user/dictate-remote.service"


def command(tmp_path: Path) -> list[str]:
    """What the unit runs."""
    found = re.search(r"^ExecStart=(.*)$", unit(tmp_path).read_text(), re.MULTILINE)
    assert found
    return shlex.split(found[1].replace("%%", "%"))


class Tunnel:
    """The command of the unit, run as systemd would run it."""

    def __init__(self, tmp_path: Path) -> None:
        self.socket = tmp_path / "run/dictate-remote" / HOST
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        self._command = command(tmp_path)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command)
        wait_for(self.socket.exists, "the tunnel is up")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)


@pytest.mark.usefixtures("served")
def test_from_the_first_question_to_a_text_and_back(tmp_path: Path) -> None:
    code, lines = said()
    # The unit does not run here, so nothing may change yet.
    assert code == 1
    assert "no systemd runs for this user" in lines[1]
    assert not paths.config_file().exists()
    tunnel = Tunnel(tmp_path)
    try:
        code, lines = said()
        assert code == 0, lines
        measured = rf"{HOST}: scripted, round trip \d+\.\d ms, release to final \+\d+ ms"
        assert re.fullmatch(measured, lines[-1])
        engine = config_file.load(paths.config_file()).engine
        assert (engine.use, engine.fallback) == ("wyoming", "auto")
        assert Path(engine.address) == tunnel.socket
    finally:
        tunnel.stop()
    lines = []
    undo(out=lines.append)
    assert lines == ["done: engine.use is auto again"]
    assert paths.config_file().read_text() == config_file.default_toml()


@pytest.mark.fault("G1")
def test_the_tunnel_dies_and_comes_back(tmp_path: Path, served: Serving) -> None:
    """The text comes from there, from here, and from there again."""
    here = f"scripted:{script(tmp_path / 'here', HERE)}"
    config_file.set_option(paths.config_file(), "engine.use", here)
    said()
    tunnel = Tunnel(tmp_path)

    async def text(link: EngineClient, number: int) -> str:
        utterance = link.begin(number, Hotwords(), "en")
        utterance.feed(loud(1))
        return (await utterance.finish(Whole(loud(1)))).text

    async def main(engine: EngineSettings) -> None:
        assert engine.fallback == here
        link = EngineClient(engine, tmp_path / "e")
        async with asyncio.timeout(120):
            await link.start()
            try:
                await ready(link)
                assert link.info.device.startswith(f"remote: {HOST}, ")
                assert await text(link, 1) == THERE
                await asyncio.to_thread(tunnel.stop)
                assert await text(link, 2) == HERE
                await asyncio.to_thread(tunnel.start)
                assert await text(link, 3) == THERE
                # The remote machine accepts connections but hangs: no dictation is lost.
                assert served.process is not None
                served.process.send_signal(signal.SIGSTOP)
                assert await text(link, 4) == HERE
                served.process.send_signal(signal.SIGCONT)
                assert await text(link, 5) == THERE
            finally:
                await link.stop()

    try:
        assert said()[0] == 0
        asyncio.run(main(config_file.load(paths.config_file()).engine))
    finally:
        tunnel.stop()
    undo(out=lambda _: None)
    assert config_file.load(paths.config_file()).engine.use == here


def test_it_names_what_is_missing_and_changes_nothing(
    tmp_path: Path, far: FarMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, lines = said()
    assert (code, lines) == (
        1,
        [f"failed: no engine is served on {HOST}: run `dictate setup --serve` there"],
    )
    code, lines = said("nobody.invalid")
    assert code == 1
    assert "ssh-copy-id nobody.invalid" in lines[0]
    monkeypatch.setenv("PATH", str(tmp_path))
    # No apt on that PATH, either.
    assert said() == (1, ["failed: ssh is missing: install what Debian calls openssh-client"])
    assert not unit(tmp_path).exists()
    assert not paths.config_file().exists()


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=id", "", "a b", "a;b", "$(id)", "a\nb", "%h", "a/b"]
)
@pytest.mark.fault("S17")
def test_an_invalid_host_never_reaches_ssh(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "run", lambda *_, **__: pytest.fail("it was run"))
    code, lines = said(host)
    assert code == 1
    assert "is not a host" in lines[0]


@pytest.mark.parametrize(
    "path",
    [
        '/x" "-oProxyCommand=touch pwned" "',
        "/x %h",
        "/x:/etc/passwd",
        "x",
        "/",
    ],
)
@pytest.mark.fault("S17")
def test_what_the_far_machine_answers_cannot_reach_the_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "answer").write_text(f"welcome\ndictate: {path}\n", newline="")
    (tmp_path / "ssh").write_text(f"#!/bin/sh\ncat {tmp_path / 'answer'}\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    code, lines = said()
    assert code == 1
    assert "no engine is served" in lines[0]
    assert not unit(tmp_path).exists()


def test_an_address_of_ipv6_makes_a_socket_that_ssh_understands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\necho dictate: /run/user/7/dictate-serve/socket\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said("me@fe80::1")
    *_, forward, host = command(tmp_path)
    here, _, there = forward.partition(":")
    assert here == str(tmp_path / "run/dictate-remote/fe80--1")
    assert (there, host) == ("/run/user/7/dictate-serve/socket", "me@fe80::1")


def test_undo_leaves_an_engine_that_was_chosen_since(tmp_path: Path, served: Serving) -> None:
    said()
    tunnel = Tunnel(tmp_path)
    try:
        assert said()[0] == 0
    finally:
        tunnel.stop()
    config_file.set_option(paths.config_file(), "engine.use", "pocketsphinx")
    lines: list[str] = []
    undo(out=lines.append)
    assert lines == []
    assert config_file.load(paths.config_file()).engine.use == "pocketsphinx"


def test_undo_without_a_tunnel_does_nothing(tmp_path: Path) -> None:
    undo(out=lambda _: pytest.fail("nothing was there"))
    assert not paths.config_file().exists()
