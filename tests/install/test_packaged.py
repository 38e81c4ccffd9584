"""The service's unit that a package of the system brings, and a setup that only enables it."""

import sys
from pathlib import Path

import pytest

from dictate.install import packaged, removal, service

UNIT, ACTIVATION = "dictate.service", "io.github.dictate.Dictate1.service"


@pytest.fixture
def dictate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of a package that has installed its unit, too."""
    programs = tmp_path / "usr/lib/dictate/bin"
    programs.mkdir(parents=True)
    for name in ("dictate", "dictatectl"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python3"))
    monkeypatch.setattr(packaged, "UNITS", tmp_path / "units")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    packaged.UNITS.mkdir()
    (packaged.UNITS / UNIT).write_text(packaged.text(UNIT, str(programs / "dictate")))
    return programs / "dictate"


def users_units() -> list[str]:
    return sorted(path.name for path in service.locations().units.rglob("*"))


def test_every_place_in_the_templates_is_filled() -> None:
    for name in (UNIT, ACTIVATION):
        text = packaged.text(name, "/usr/lib/dictate/bin/dictate")
        assert text.startswith("# Comes with the package")
        assert "dictate setup" not in text.partition("[")[0]
        assert "/usr/lib/dictate/bin/dictate run" in text
        assert "@" not in text.replace("@system-service", "")


@pytest.mark.usefixtures("dictate")
def test_setup_writes_no_unit_of_its_own(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.delenv(f"XDG_{name}_HOME")
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert users_units() == []
    assert not service.locations().application.exists()
    assert f"unchanged: {packaged.UNITS / UNIT}, which came with the package" in said
    assert (homes / ".config/dictate/config.toml").exists()


@pytest.mark.usefixtures("dictate")
def test_folders_that_xdg_variables_move_may_be_written() -> None:
    places = service.locations()
    assert service.install(out=lambda _line: None) == 0
    assert f"ReadWritePaths={places.config} " in places.moved_folders.read_text()
    assert removal.remove(removal.Deletes(), sure=False, out=lambda _line: None) == 0
    assert users_units() == []


def test_the_unit_of_another_installation_is_not_taken(dictate: Path) -> None:
    (packaged.UNITS / UNIT).write_text(packaged.text(UNIT, "/opt/other/dictate"))
    assert service.install(out=lambda _line: None) == 0
    assert f"ExecStart={dictate} run" in service.locations().unit.read_text()
