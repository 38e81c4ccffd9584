"""The list at the end of a run: what was not run, and why, and what failed at the first try."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest
def test_a(): pytest.skip("xvfb is missing: apt install xvfb")
def test_b(): pytest.skip("xvfb is missing: apt install xvfb")
def test_c(): pass
"""


FAILS_ONCE = """
from pathlib import Path
def test_a():
    print("what it had printed")
    already = Path("already").exists()
    Path("already").touch()
    assert already, "the bus was gone"
"""


def run(folder: Path, *arguments: str, tests: str = TESTS) -> str:
    (folder / "test_it.py").write_text(tests)
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


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "beside others"])
def test_what_failed_at_the_first_try_is_shown(tmp_path: Path, workers: tuple[str, ...]) -> None:
    said = run(tmp_path, "--reruns=1", *workers, tests=FAILS_ONCE)
    shown = said.partition("failed, and was tried again")[2]
    assert "test_it.py::test_a" in shown
    assert "AssertionError: the bus was gone" in shown
    assert "what it had printed" in shown


def test_what_fails_twice_fails(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run(tmp_path, "--reruns=1", tests="def test_a(): assert False")
