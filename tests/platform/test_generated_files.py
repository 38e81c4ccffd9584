"""The programs that setup runs, and what it says where they cannot."""

import sys
from pathlib import Path

from dictate.platform.generated_files import run


def test_a_program_that_is_not_installed_is_named() -> None:
    done = run("no-such-program", "--reload")
    assert (done.returncode, done.stderr) == (127, "no-such-program is not installed")


def test_a_program_that_hangs_is_ended() -> None:
    done = run(sys.executable, "-c", "import time; time.sleep(60)", timeout=0.2)
    assert (done.returncode, done.stderr) == (127, "it did not end within 0.2 s")


def test_a_program_that_cannot_be_executed_says_why(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    done = run(str(tmp_path / "text"))
    assert (done.returncode, done.stderr) == (127, "Permission denied")
