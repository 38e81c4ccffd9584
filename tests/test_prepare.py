"""What scripts/prepare asks apt for, on machines whose archives differ."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTS = sorted(ROOT.glob("scripts/packages-*.txt"))
PROGRAMS = {
    "apt-get": """
        case " $* " in
        *" -s "*) for word; do grep -qx -- "$word" conflicting && exit 100; done; exit 0 ;;
        *) echo "$*" >>asked ;;
        esac
    """,
    "apt-cache": """
        grep -qx -- "$2" archive || exit 0
        printf '%s:\\n  Candidate: 1.0\\n     500 http://archive\\n' "$2"
    """,
    "dpkg-query": """
        grep -qx -- "$3" installed && printf installed
    """,
    "id": "cat id",
}
"""Programs that answer from files: an archive, what is installed, what conflicts, and the user."""


class Machine:
    """A machine with these packages in its archive."""

    def __init__(self, folder: Path, archive: Sequence[str]) -> None:
        self.folder = folder
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts/prepare", folder / "scripts")
        self.program(".venv/bin/python", 'echo "$*" >>python')
        for name, script in PROGRAMS.items():
            self.program(f"bin/{name}", script)
        for name, lines in {
            "archive": ("apt", *archive),
            "installed": (),
            "conflicting": (),
        }.items():
            self.put(name, *lines)
        self.put("id", "0")
        self.put("asked")

    def program(self, name: str, script: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def put(self, name: str, *lines: str) -> None:
        """Write a file of a line each."""
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines))

    def prepare(self, *packages: str, purpose: str = "run") -> str:
        """Run it for a list of these lines; what it prints."""
        for name in {"run", "test", "gnome", "kde", purpose}:
            self.put(f"scripts/packages-{name}.txt", "# a comment")
        self.put(f"scripts/packages-{purpose}.txt", "# a comment", *packages)
        done = subprocess.run(
            ["sh", "scripts/prepare", purpose],
            cwd=self.folder,
            env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "TMPDIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def ran(self) -> list[str]:
        """How the environment's Python was started."""
        return (self.folder / "python").read_text().splitlines()

    def asked(self) -> list[str]:
        """The packages that apt was to install."""
        asked = (self.folder / "asked").read_text().splitlines()
        return [line.partition("--no-install-recommends ")[2] for line in asked if "--no-" in line]


def test_the_first_name_that_the_release_has_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["old", "sox"])
    machine.prepare("new|old", "sox")
    assert machine.asked() == ["old sox"]


def test_any_name_that_is_installed_will_do(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["new", "old"])
    machine.put("installed", "old")
    machine.prepare("new|old")
    assert machine.asked() == []


def test_what_the_release_lacks_is_left_out_and_said(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["sox"])
    printed = machine.prepare("new|old", "sox")
    assert "Leaving out new|old: this release has no package of that name." in printed
    assert machine.asked() == ["sox"]


def test_nothing_of_the_users_is_removed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["pulseaudio", "sox"])
    machine.put("conflicting", "pulseaudio")
    printed = machine.prepare("pulseaudio", "sox")
    assert "Leaving out pulseaudio: apt cannot install it here without removing" in printed
    assert machine.asked() == ["sox"]


def test_an_ordinary_user_is_told_the_command(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["old", "sox"])
    machine.put("id", "1000")
    printed = machine.prepare("new|old", "gone", "sox")
    assert "    sudo apt-get install -y old sox" in printed
    assert machine.asked() == []


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_has_a_package_a_line(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert line.startswith("#") or all(
            name and name.replace("-", "").replace(".", "").replace("+", "").isalnum()
            for name in line.split("|")
        )


def test_a_machine_that_never_loaded_its_lists_gets_the_first_names(tmp_path: Path) -> None:
    machine = Machine(tmp_path, [])
    machine.put("archive")
    machine.put("id", "1000")
    assert "    sudo apt-get install -y new sox" in machine.prepare("new|old", "sox")


def test_pip_is_not_to_complain_of_packages_that_have_a_setup_py_only(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["sox"])
    machine.prepare("sox")
    (installed,) = [line for line in machine.ran() if " install " in line]
    assert "--use-pep517" in installed
    assert installed.endswith("-e .[onnx]")
    assert not [line for line in machine.ran() if "uninstall" in line]


def test_where_the_engine_onnx_cannot_be_installed_the_rest_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["sox"])
    machine.program(".venv/bin/python", 'echo "$*" >>python; case "$*" in *onnx*) exit 1 ;; esac')
    assert "Going on without the engine onnx" in machine.prepare("sox")
    with_it, without_it = [line for line in machine.ran() if " install " in line]
    assert with_it.endswith("-e .[onnx]")
    assert without_it.endswith("-e .")


def test_a_checkout_that_was_installed_by_its_old_name_is_no_longer(tmp_path: Path) -> None:
    """Otherwise both names own the commands, and the old one is a stranger's on the index."""
    machine = Machine(tmp_path, ["sox"])
    info = tmp_path / ".venv/lib/python3.11/site-packages/dictate-0.1.0.dist-info"
    info.mkdir(parents=True)
    url = '{{"dir_info": {{"editable": true}}, "url": "file://{}"}}'
    (info / "direct_url.json").write_text(url.format("/somewhere/else"))
    machine.prepare("sox")
    assert not [line for line in machine.ran() if "uninstall" in line]
    (info / "direct_url.json").write_text(url.format(tmp_path))
    machine.prepare("sox")
    (removed,) = [line for line in machine.ran() if "uninstall" in line]
    assert removed.endswith("uninstall -y dictate")


def test_the_root_of_the_desktops_gets_no_torch(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["sox"])
    machine.prepare("sox", purpose="desktops")
    assert machine.asked() == ["sox"]
    assert not [line for line in machine.ran() if "torch" in line]
    assert machine.ran()[-1].endswith("-e .[onnx] --group dev")


@pytest.mark.parametrize(
    ("purpose", "groups"),
    [("test", ["dev"]), ("peers", ["dev", "bench"]), ("packages", ["dev", "release"])],
)
def test_only_the_tests_with_peers_want_models(
    tmp_path: Path, purpose: str, groups: list[str]
) -> None:
    machine = Machine(tmp_path, ["sox"])
    machine.prepare("sox", purpose=purpose)
    assert machine.asked() == ["sox"]
    last = machine.ran()[-1]
    assert "-e .[" in last
    assert re.findall(r"--group (\w+)", last) == groups
