"""`dictate setup --uinput`: the permission to press keys through the kernel, granted, explained and
revoked. `make vm` tests what udev makes of the rule."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.cli import main
from dictate.install import uinput
from dictate.platform.generated_files import MARKER


@pytest.fixture
def rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "rules.d" / "60-dictate-uinput.rules"
    monkeypatch.setattr(uinput, "RULE", path)
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that were run, all of which succeed."""
    asked: list[str] = []

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        asked.append(" ".join(command))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(uinput, "run", run)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return asked


def said(what: Callable[..., int], status: int) -> list[str]:
    lines: list[str] = []
    assert what(out=lines.append) == status
    return lines


@pytest.mark.fault("S4")
def test_root_allows_it_and_disallows_it(rule: Path, asked: list[str]) -> None:
    assert said(uinput.allow, 0) == [f"done: wrote {rule}", "done: it is in effect now"]
    assert rule.read_text().startswith(MARKER)
    (line,) = [line for line in rule.read_text().splitlines() if not line.startswith("#")]
    assert 'TAG+="uaccess"' in line
    assert not any(word in line for word in ("MODE", "GROUP", "OWNER")), "for nobody else"
    now = ["udevadm control --reload", "modprobe uinput", "udevadm trigger --settle /dev/uinput"]
    assert asked == now
    assert said(uinput.allow, 0)[0] == f"unchanged: {rule}"
    assert said(uinput.disallow, 0) == [f"done: removed {rule}", "done: it is in effect now"]
    assert asked == now * 3
    assert said(uinput.disallow, 0) == [f"unchanged: there is no {rule}"]


def test_without_root_it_says_what_to_do(rule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    lines = said(uinput.allow, 1)
    assert lines[0].startswith("to do: only root can do this; run sudo /")
    assert lines[0].endswith("/dictate setup --uinput")
    assert [line.strip() for line in lines[2:]] == uinput.TEXT.splitlines()
    assert not rule.exists()
    rule.parent.mkdir()
    rule.write_text(uinput.TEXT)
    (left,) = said(uinput.disallow, 1)
    assert left.startswith(f"left: {rule}")
    assert rule.exists()


def test_a_rule_that_the_user_wrote_is_left_alone(rule: Path, asked: list[str]) -> None:
    rule.parent.mkdir()
    rule.write_text("# mine\n")
    assert said(uinput.allow, 0)[0].startswith(f"skipped: {rule} was not written by dictate setup")
    assert said(uinput.disallow, 0)[0].startswith(f"left: {rule}")
    assert rule.read_text() == "# mine\n"


def test_a_system_that_refuses(rule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "no such module\nmore")

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(uinput, "run", refuse)
    last = said(uinput.allow, 1)[-1]
    assert last == "failed: udevadm control --reload: no such module; reboot to apply it"


def test_removing_everything_names_the_rule_that_is_left(
    rule: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule.parent.mkdir()
    rule.write_text(uinput.TEXT)
    with pytest.raises(SystemExit, match="0"):
        main(["setup", "--remove"])
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"left: {rule}")
    assert rule.exists()
