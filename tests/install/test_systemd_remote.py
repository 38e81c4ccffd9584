"""The units for a remote engine: systemd accepts them, and both ends run under a real manager."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.platform.resources import shipped
from tests.lab.scripted import script
from tests.lab.ssh import HOST, far_machine
from tests.lab.user_systemd import ACCOUNT, ROOT, UserSystemd, user_systemd

SOCKET, SERVICE, REMOTE = "dictate-serve.socket", "dictate-serve.service", "dictate-remote.service"
LINE = "heard over there"


@pytest.mark.parametrize("name", [SERVICE, REMOTE, SOCKET])
def test_systemd_accepts_the_unit(tmp_path: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing: apt install systemd")
    values = {"DICTATE": "/bin/true", "SSH": "/bin/true", "HOST": HOST, "BEFORE": "auto"}
    for one in (SERVICE, REMOTE, SOCKET):
        text = shipped(f"systemd/{one}").read_text()
        for key in ("CONFIG", "STATE", "CACHE"):
            text = text.replace(f"@{key}@", str(tmp_path))
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        (tmp_path / one).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "--user", "--recursive-errors=no", "verify", tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "info"},
    )
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if name in line] == []


@pytest.fixture(scope="module")
def manager() -> Iterator[UserSystemd]:
    """A user manager with the real `dictate`, for both ends."""
    with user_systemd({"PYTHONPATH": str(ROOT)}) as manager:
        programs = manager.home / "programs"
        programs.mkdir()
        program = programs / "dictate"
        program.write_text(f"#!{sys.executable}\nfrom dictate.cli import main\nmain()\n")
        program.chmod(0o755)
        yield manager


def dictate(manager: UserSystemd, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = [f"PATH={path}:{manager.environment['PATH']}"] if path else []
    return manager.run("env", *environment, manager.home / "programs/dictate", *words, timeout=90)


def test_served_at_one_end_and_used_at_the_other(manager: UserSystemd, tmp_path: Path) -> None:
    """The first client starts the engine; the tunnel comes back after it dies."""
    cache = manager.home / ".cache/dictate"  # the script's engine keeps its place beside it
    config = manager.home / ".config/dictate/config.toml"
    for folder in (cache, config.parent):
        folder.mkdir(parents=True)
    says = script(cache / "script", LINE)
    config.write_text(f'[engine]\nuse = "scripted:{says}"\n')
    for path in manager.home.rglob("*"):
        shutil.chown(path, ACCOUNT)

    done = dictate(manager, "setup", "--serve")
    assert done.returncode == 0, done.stdout + done.stderr
    assert manager.show(SOCKET, "ActiveState") == "active"
    assert manager.show(SERVICE, "ActiveState") == "inactive"

    runtime = Path(manager.environment["XDG_RUNTIME_DIR"])
    with far_machine(manager.folder / "ssh", runtime) as far:
        for path in (manager.folder / "ssh").rglob("*"):
            shutil.chown(path, ACCOUNT)
        done = dictate(manager, "setup", "--remote", HOST, path=str(far.tools))
        assert done.returncode == 0, done.stdout + done.stderr + manager.log[-3000:]
        assert f"{HOST}: scripted, round trip " in done.stdout
        assert manager.show(SERVICE, "ActiveState") == "active"
        assert manager.show(REMOTE, "UnitFileState") == "enabled"
        text = config.read_text()
        assert 'use = "wyoming"' in text
        assert f'fallback = "scripted:{says}"' in text

        manager.systemctl("kill", "--signal=KILL", REMOTE)
        manager.wait(REMOTE, "NRestarts", "1")
        manager.wait(REMOTE, "ActiveState", "active")
        again = dictate(manager, "setup", "--remote", HOST, path=str(far.tools))
        assert again.returncode == 0, again.stdout
        assert "unchanged" in again.stdout

        manager.systemctl("stop", SERVICE)
        manager.wait(SERVICE, "ActiveState", "inactive")
        assert manager.show(SERVICE, "Result") == "success"

        done = dictate(manager, "setup", "--remove")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "engine.use is scripted:" in done.stdout
        for unit in (SOCKET, SERVICE, REMOTE):
            assert manager.show(unit, "LoadState") == "not-found"
            assert manager.show(unit, "ActiveState") != "active"
        assert f'use = "scripted:{says}"' in config.read_text()
        assert "wyoming" not in [line.strip() for line in config.read_text().splitlines()]
