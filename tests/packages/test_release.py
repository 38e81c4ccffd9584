"""What is released, and the Debian package installed, used and removed in a clean Debian.

Run by `make packages` only: it downloads some 700 MB, and takes some 16 minutes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.debian_root import CERTIFICATES, OWN, DebianRoot, debian_root

pytestmark = [pytest.mark.packages, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
INSIDE = "/tmp/dictate.deb"
USER = "ana"
APPSTREAM = """
appstreamcli validate --no-net /usr/share/metainfo/io.github.dictate.metainfo.xml |
    grep -E '^ *[EW]: |not exist|No such' | grep -v url-homepage-missing || true
"""
"""What it says against us, but for the home page that Dictate does not have."""
BESIDE = ["dbus", "man-db", "bash-completion", "fish", "desktop-file-utils", "appstream"]
"""What an ordinary desktop has, or reads what we bring."""


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


def made_in(suite: str, released: Path, folder: Path) -> Path:
    """The Debian package of another release, made there of the released wheel and source."""
    commit_time = subprocess.check_output(["git", "log", "-1", "--format=%ct"], cwd=ROOT, text=True)
    (wheel,) = released.glob("*.whl")
    (source,) = released.glob("*.tar.gz")
    (folder / "root").mkdir()
    with debian_root(folder / "root", suite, index=True) as root:
        root.run("apt-get", "-q", "update")
        tools = ("python3-venv", "python3-dev", "gcc", "g++", "libc6-dev", "linux-libc-dev")
        root.run("apt-get", "-qy", "--no-install-recommends", "install", *tools, timeout=900)
        root.copy_in(CERTIFICATES, str(CERTIFICATES))
        root.copy_in(wheel, f"/dist/{wheel.name}")
        root.copy_in(source, "/source.tar.gz")
        make = f"""
        mkdir /source && tar -xf /source.tar.gz -C /source --strip-components=1
        SOURCE_DATE_EPOCH={commit_time.strip()} /source/scripts/deb /dist && ls /dist/*.deb
        """
        made = root.run("sh", "-ec", make, timeout=1500).stdout.split()[-1]
        root.copy_out(made, folder / Path(made).name)
    return folder / Path(made).name


@pytest.fixture(scope="module", params=dict.fromkeys((OWN, "trixie", "noble")))
def debian(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, released: Path
) -> Iterator[DebianRoot]:
    """A Debian in which an ordinary user finds the package installed."""
    folder = tmp_path_factory.mktemp("debian")
    if request.param == OWN:
        (deb,) = released.glob("*.deb")
    else:
        deb = made_in(request.param, released, tmp_path_factory.mktemp("made"))
    with debian_root(folder, request.param) as root:
        root.run("apt-get", "-q", "update")
        root.run("apt-get", "-qy", "--no-install-recommends", "install", *BESIDE)
        root.run("useradd", "--create-home", USER)
        root.copy_in(deb, INSIDE)
        root.run("apt-get", "-qy", "--no-install-recommends", "install", INSIDE, timeout=900)
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


def test_the_manual_and_the_menu_are_found(debian: DebianRoot) -> None:
    for name in ("dictate", "dictatectl"):
        assert name in debian.run("man", name, user=USER).stdout
    debian.run("desktop-file-validate", "/usr/share/applications/io.github.dictate.desktop")
    assert debian.run("sh", "-c", APPSTREAM).stdout == ""


def test_shells_complete_both_commands(debian: DebianRoot) -> None:
    bash = """
    . /usr/share/bash-completion/bash_completion
    for name in dictate dictatectl; do
        _completion_loader $name || true; complete -p $name
    done
    """
    assert "_shtab_dictate dictate" in debian.run("bash", "-c", bash, user=USER).stdout
    fish = "complete -C 'dictate mod'; complete -C 'dictatectl engine pocket'"
    offered = debian.run("fish", "-c", fish, user=USER).stdout
    assert offered.startswith("models\t")
    assert "\npocketsphinx" in offered


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
