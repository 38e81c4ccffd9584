"""`dictate setup` without systemd for this user; test_systemd.py tests it with systemd."""

import re
import stat
import sys
from pathlib import Path

import pytest

from dictate.install import removal, service
from dictate.install.removal import Deletes
from dictate.platform.resources import shipped

UNIT = "config/systemd/user/dictate.service"
ACTIVATION = "data/dbus-1/services/io.github.dictate.Dictate1.service"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, in which the package is installed below a folder with an awkward name."""
    programs = tmp_path / "50% of my $programs/bin"
    programs.mkdir(parents=True)
    for name in ("dictate", "dictatectl"):
        (programs / name).write_text("#!/bin/sh\necho microphone: none here\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    defaults = tmp_path / "defaults"
    defaults.mkdir()
    for name in ("config.toml", "hotwords.toml"):
        (defaults / name).write_text(f"# {name}\n")

    def fake(name: str) -> Path:
        return defaults / Path(name).name if name.startswith("config/") else shipped(name)

    monkeypatch.setattr(service, "shipped", fake)
    monkeypatch.setattr(removal, "shipped", fake)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def tree(home: Path) -> dict[str, str]:
    """Every file of the user's four homes, with its text."""
    return {
        str(path.relative_to(home)): path.read_text()
        for folder in ("config", "state", "cache", "data")
        for path in sorted((home / folder).rglob("*"))
        if path.is_file()
    }


def test_install_says_each_step_in_one_line(home: Path) -> None:
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert list(tree(home)) == [
        "config/dictate/config.toml",
        "config/dictate/hotwords.toml",
        UNIT,
        ACTIVATION,
    ]
    assert [line.split(":")[0] for line in said] == ["done"] * 4 + ["skipped", "microphone"]
    assert "no systemd runs for this user" in said[4]
    assert all("\n" not in line for line in said)


def test_install_again_changes_nothing(home: Path) -> None:
    service.install(out=lambda _: None)
    before = tree(home)
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert tree(home) == before
    assert [line.split(":")[0] for line in said[:4]] == ["unchanged"] * 4


def test_what_the_user_wrote_is_never_overwritten(home: Path) -> None:
    mine = home / "config/dictate/config.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    unit = home / UNIT
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert mine.read_text() == "mine\n"
    assert "/bin/true" in unit.read_text()
    assert any("skipped" in line and "not written by dictate setup" in line for line in said)


def test_an_older_unit_of_ours_is_renewed(home: Path) -> None:
    unit = home / UNIT
    unit.parent.mkdir(parents=True)
    unit.write_text("# Written by `dictate setup`\n[Service]\n")
    assert service.install(out=lambda _: None) == 0
    assert "WatchdogSec" in unit.read_text()


def test_files_are_for_the_user_alone(home: Path) -> None:
    service.install(out=lambda _: None)
    for name in ("config/dictate", "state/dictate", "cache/dictate"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o700
    for path in (home / "config/dictate").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_paths_are_quoted_for_systemd_and_for_the_bus(home: Path) -> None:
    service.install(out=lambda _: None)
    executable = f'"{home}/50%% of my $programs/bin/dictate" run'
    assert f"\nExecStart={executable}\n" in (home / UNIT).read_text()
    executable = executable.replace("%%", "%")
    assert f"\nExec={executable}\n" in (home / ACTIVATION).read_text()
    for name in (UNIT, ACTIVATION):
        assert not re.search("@[A-Z]+@", (home / name).read_text())


def test_remove_deletes_exactly_what_install_wrote(home: Path) -> None:
    stranger = home / "config/systemd/user/other.service"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("[Service]\n")
    before = tree(home)
    service.install(out=lambda _: None)
    said: list[str] = []
    assert removal.remove(Deletes(), sure=True, out=said.append) == 0
    assert tree(home) == before
    assert not (home / "config/dictate").exists()
    assert sum(line.startswith("done: removed") for line in said) == 4
    assert removal.remove(Deletes(), sure=True, out=lambda _: None) == 0


def test_remove_leaves_what_the_user_changed_and_says_where(home: Path) -> None:
    service.install(out=lambda _: None)
    hotwords = home / "config/dictate/hotwords.toml"
    hotwords.write_text("mine\n")
    said: list[str] = []
    assert removal.remove(Deletes(), sure=True, out=said.append) == 0
    assert list(tree(home)) == ["config/dictate/hotwords.toml"]
    assert f"left: {hotwords}, because you changed it" in said


def test_only_purge_deletes_the_dictations(home: Path) -> None:
    service.install(out=lambda _: None)
    journal = home / "state/dictate/journal.sqlite"
    journal.write_text("what was said")
    said: list[str] = []
    removal.remove(Deletes(), sure=True, out=said.append)
    assert journal.exists()
    assert any(str(journal.parent) in line and "--purge" in line for line in said)
    assert removal.remove(Deletes(recordings=True), sure=True, out=said.append) == 0
    assert not journal.parent.exists()


def test_only_purge_deletes_the_models_and_both_name_them(home: Path) -> None:
    service.install(out=lambda _: None)
    folder = home / "data/dictate/models"
    folder.mkdir(parents=True)
    with (folder / "nemotron.nemo").open("wb") as model:
        model.truncate(2_473_041_920)
    (folder / "nemotron.json").write_text("{}")
    (folder / "nemotron-3.5.ea30d66d.part").write_bytes(bytes(1_500_000))
    names = [
        f"{folder}/nemotron-3.5.ea30d66d.part (1.5 MB)",
        f"{folder}/nemotron.nemo (2,473.0 MB)",
    ]
    said: list[str] = []
    assert removal.remove(Deletes(), sure=True, out=said.append) == 0
    assert (folder / "nemotron.nemo").exists()
    how = "`dictate setup --remove --purge` deletes it, too"
    assert [line for line in said if "nemotron" in line] == [f"left: {it}; {how}" for it in names]
    said.clear()
    assert removal.remove(Deletes(recordings=True), sure=True, out=said.append) == 0
    assert [line for line in said if "nemotron" in line] == [f"done: removed {it}" for it in names]
    assert not (home / "data/dictate").exists()


def test_a_home_that_cannot_be_written_is_one_clear_line(home: Path) -> None:
    (home / "config/systemd").write_text("a file where a folder must be")
    said: list[str] = []
    assert service.install(out=said.append) == 1
    assert said[-1].startswith("failed: ")
    assert str(home / "config/systemd") in said[-1]


def test_without_an_installed_command_it_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(home / "python"))
    said: list[str] = []
    assert service.install(out=said.append) == 1
    assert "install the package" in said[-1]
    assert not (home / UNIT).exists()
