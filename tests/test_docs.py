"""What is written down is still so: paths, commands, targets."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dictate.cli import parser

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
OURS = r"(?:config|systemd|docs|bench|dictate|tests|scripts)"

EXAMPLES = {"code.py", "dictate/engines/parrot.py"}
"""Names that stand in a text as something to say."""


def named_paths(page: Path) -> set[str]:
    """Every path of ours that a page names: in backticks, or as the target of a link."""
    text = page.read_text()
    in_code = re.findall(rf"`({OURS}/[\w./-]*)`", text)
    at_top = re.findall(r"`([\w-]+\.(?:toml|md|py))`", text)
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    return {*in_code, *at_top, *links} - EXAMPLES


def is_there(page: Path, name: str) -> bool:
    """Beside the page, at the top, in the package or in a stage."""
    homes = [page.parent, ROOT, ROOT / "config", ROOT / "dictate", *ROOT.glob("dictate/*/")]
    return any((home / name).exists() for home in homes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    gone = sorted(name for name in named_paths(page) if not is_there(page, name))
    assert gone == []


def test_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("see `dictate/outputs/telepathy.py`, [this](gone.md) and `dictate/cli.py`")
    gone = sorted(name for name in named_paths(page) if not is_there(page, name))
    assert gone == ["dictate/outputs/telepathy.py", "gone.md"]


def test_the_readme_fits_on_a_screen_and_names_the_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 75
    for words in ("make run", "make test", "Right Ctrl", "dictatectl", "hotwords.toml"):
        assert words in readme


def test_dictate_has_the_commands_that_the_readme_shows() -> None:
    known = parser().format_help()
    for command in re.findall(r"^ +dictate (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert f" {command} " in known


def test_help_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is missing: apt install make")
    makefile = (ROOT / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make (\w+) +\S", said, re.MULTILINE)
    assert listed == phony[0].split()
    assert set(listed) >= {"help", "run", "test", "lint", "fix", "docs", "bench", "clean"}


def test_the_build_machine_runs_what_the_readme_says() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert "exec make test </dev/null" in lines
    assert "\n    make test " in (ROOT / "README.md").read_text()
