"""The recipes for other distributions, as far as their own tools can read them on Debian.

Run by `make packages` only.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.packages

PACKAGING = Path(__file__).parents[2] / "packaging"


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("rpm", "rpmspec -P dictate.spec"),
        ("rpmlint", "rpmlint dictate.spec"),
        ("nix-bin", "nix-instantiate --parse flake.nix package.nix"),
    ],
)
def test_a_recipe_is_read_by_its_own_tool(package: str, command: str) -> None:
    words = command.split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is missing: apt install {package}")
    subprocess.run(words, cwd=PACKAGING, check=True)


def test_makepkg_reads_the_recipe_for_arch(tmp_path: Path) -> None:
    if shutil.which("makepkg") is None:
        pytest.skip("makepkg is missing: apt install makepkg")
    for name in ("PKGBUILD", "dictate.install"):
        shutil.copy(PACKAGING / name, tmp_path)
    # It refuses to run as root.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    tmp_path.chmod(0o777)
    command = ["runuser", "-u", "nobody", "--", "makepkg", "--printsrcinfo"]
    said = subprocess.check_output(command, cwd=tmp_path, text=True)
    assert "pkgname = dictate\n" in said
