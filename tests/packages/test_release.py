"""What is released, and the Debian package installed, used and removed in a clean Debian.

Run by `make packages` only: it downloads some 300 MB, and takes some 10 minutes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.debian_root import DebianRoot, debian_root

pytestmark = [pytest.mark.packages, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
INSIDE = "/tmp/dictate.deb"
USER = "ana"


def release(folder: Path) -> Path:
    """What `scripts/release` makes of the last commit, in a checkout of its own."""
    subprocess.run(["git", "clone", "-q", ROOT, folder / "checkout"], check=True)
    (folder / "checkout/.venv").symlink_to(ROOT / ".venv")
    (folder / "checkout/.git/info/exclude").write_text(".venv\n")
    subprocess.run(["scripts/release", folder / "dist"], check=True, cwd=folder / "checkout")
    return folder / "dist"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def deb(released: Path) -> Path:
    (found,) = released.glob("*.deb")
    return found


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory, deb: Path) -> Iterator[DebianRoot]:
    """A Debian in which an ordinary user finds the package installed."""
    with debian_root(tmp_path_factory.mktemp("debian")) as root:
        root.run("apt-get", "-q", "update")
        root.run("apt-get", "-qy", "--no-install-recommends", "install", "dbus", "man-db")
        root.run("useradd", "--create-home", USER)
        root.copy_in(deb, INSIDE)
        root.run("apt-get", "-qy", "--no-install-recommends", "install", INSIDE)
        yield root


def test_a_release_has_all_its_parts(released: Path) -> None:
    names = sorted(path.suffix for path in released.iterdir())
    assert names == ["", ".deb", ".gz", ".json", ".whl"]
    subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=released, check=True)


def test_two_releases_of_one_commit_are_equal(released: Path, tmp_path: Path) -> None:
    again = release(tmp_path) / "SHA256SUMS"
    assert again.read_text() == (released / "SHA256SUMS").read_text()


def test_changes_that_are_in_no_commit_are_not_released(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", ROOT, checkout], check=True)
    (checkout / "new").touch()
    refused = subprocess.run(
        ["scripts/release"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "in no commit" in refused.stderr


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
@pytest.mark.parametrize("tool", ["tool", "tool run pipx"])
def test_uv_and_pipx_install_it(released: Path, tmp_path: Path, tool: str, kind: str) -> None:
    (package,) = released.glob(f"*.{kind}")
    bin_folder = tmp_path / "bin"
    env = {
        **os.environ,
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(bin_folder),
        "PIPX_MAN_DIR": str(tmp_path / "man"),
        "UV_TOOL_DIR": str(tmp_path / "uv"),
        "UV_TOOL_BIN_DIR": str(bin_folder),
    }
    del env["PYTHONPATH"]  # our engines for tests
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, *tool.split(), "install", package], env=env, check=True)
    done = subprocess.run(
        ["dbus-run-session", "--", bin_folder / "dictate", "run", "--demo"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "moved to friday afternoon" in done.stdout


def test_a_sample_is_dictated(debian: DebianRoot) -> None:
    said = debian.run("dbus-run-session", "--", "dictate", "run", "--demo", user=USER).stdout
    assert "moved to friday afternoon" in said


def test_dictatectl_finds_the_last_text(debian: DebianRoot) -> None:
    script = """
    sound=$(find /opt/dictate -name 1-friday.wav)
    dictate run --microphone "wav:$sound" --output stdout --hotkey none >/dev/null 2>&1 &
    for _ in $(seq 300); do dictatectl last 2>&1 | grep friday && break; sleep 0.1; done
    kill $!
    """
    said = debian.run("dbus-run-session", "--", "sh", "-c", script, user=USER).stdout
    assert "moved to friday afternoon" in said


def test_the_manual_and_the_completions_are_found(debian: DebianRoot) -> None:
    assert "dictatectl" in debian.run("man", "dictate").stdout
    for folder in ("bash-completion/completions", "fish/vendor_completions.d"):
        assert "dictatectl" in debian.run("sh", "-c", f"cat /usr/share/{folder}/dictatectl*").stdout


def test_setup_enables_the_unit_of_the_package_and_writes_none(debian: DebianRoot) -> None:
    said = debian.run("dictate", "setup", user=USER).stdout
    assert "unchanged: /usr/lib/systemd/user/dictate.service, which came with the package" in said
    home = debian.run("find", f"/home/{USER}", user=USER).stdout
    assert f"/home/{USER}/.config/dictate/config.toml" in home
    assert ".service" not in home


def test_nothing_of_it_stays_when_it_is_removed(debian: DebianRoot) -> None:
    debian.run("/opt/dictate/bin/python", "-m", "pip", "--version")
    debian.run("touch", "/opt/dictate/lib/what-pip-put-there-for-an-engine")
    debian.run("apt-get", "-qy", "purge", "dictate")
    find = "find /etc /opt /usr /var/lib -name '*dictate*' 2>/dev/null; true"
    assert debian.run("sh", "-c", find).stdout.split() == []
