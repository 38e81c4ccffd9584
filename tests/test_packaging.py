"""The wheel carries what the program needs beside its code, and finds it again."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = ("dictate", "dictatectl")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-input"]
    done = subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_carries_what_is_not_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"dictate/share/{path.relative_to(ROOT)}"
        for folder in ("config", "packaging/desktop", "systemd")
        for path in (ROOT / folder).iterdir()
    }
    assert {"dictate/share/config/hotwords.toml", "dictate/share/systemd/dictate.service"} <= names
    assert expected <= names
    samples = {str(path.relative_to(ROOT)) for path in (ROOT / "dictate").rglob("*.wav")}
    assert samples <= names


def test_it_carries_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if not name.startswith("dictate")] == []
    assert [name for name in names if name.endswith("ruff.toml")] == []


@pytest.mark.fault("S18")
def test_an_installed_program_finds_it(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "from dictate.platform.resources import shipped; print(shipped('systemd/dictate.service'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == tmp_path / "site/dictate/share/systemd/dictate.service"


def test_the_commands_are_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        declared = archive.read(name).decode()
    assert "dictate = dictate.cli:main" in declared
    assert "dictatectl = dictate.ctl.main:main" in declared


def test_it_carries_what_the_system_looks_for(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shared = {name.partition("/data/share/")[2] for name in names if ".data/data/share/" in name}
    assert shared == {
        "applications/io.github.dictate.desktop",
        *(f"bash-completion/completions/{name}" for name in COMMANDS),
        *(f"fish/vendor_completions.d/{name}.fish" for name in COMMANDS),
        "icons/hicolor/scalable/apps/io.github.dictate.svg",
        "icons/hicolor/symbolic/apps/io.github.dictate-symbolic.svg",
        *(f"man/man1/{name}.1" for name in COMMANDS),
        "metainfo/io.github.dictate.metainfo.xml",
        *(f"zsh/site-functions/_{name}" for name in COMMANDS),
    }


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="each Python writes the usage in its own way"
)
def test_the_manual_pages_are_up_to_date(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}  # without the engines of the tests
    command = [sys.executable, str(ROOT / "scripts/manual.py"), str(tmp_path)]
    subprocess.run(command, check=True, env=env)
    for page in (ROOT / "man").iterdir():
        assert (tmp_path / page.name).read_text() == page.read_text(), "run `make docs`"
