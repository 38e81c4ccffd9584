"""The list at the end of a run names what was not run, and why."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest
def test_a(): pytest.skip("xvfb is missing: apt install xvfb")
def test_b(): pytest.skip("xvfb is missing: apt install xvfb")
def test_c(): pass
"""


def run(folder: Path, *arguments: str) -> str:
    (folder / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.report", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_what_was_skipped_is_listed_with_the_reason(tmp_path: Path) -> None:
    assert "   2 in test_it.py: xvfb is missing: apt install xvfb" in run(tmp_path)


def test_what_was_deselected_is_listed(tmp_path: Path) -> None:
    said = run(tmp_path, "-k", "test_c")
    assert "2 in test_it.py: deselected on the command line" in said
