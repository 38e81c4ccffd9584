"""One holder at a time, also between processes; a closed file lets go."""

import subprocess
import sys
from pathlib import Path

import pytest

from dictate.platform.locks import locked

CODE = """
import sys, time
from pathlib import Path
from dictate.platform.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", CODE, str(folder), str(seconds)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.fault("F4", "S16")
def test_another_holder_is_an_error_and_its_death_frees(tmp_path: Path) -> None:
    with holder(tmp_path, 60) as other:
        with pytest.raises(BlockingIOError), locked(tmp_path):
            pass
        other.kill()
    with locked(tmp_path):
        pass


def test_it_can_wait(tmp_path: Path) -> None:
    with holder(tmp_path, 0.2) as other, locked(tmp_path, wait=True):
        assert other.wait(5) == 0
