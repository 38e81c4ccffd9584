"""The rule that `dictate setup --uinput` writes, as udev takes it."""

import subprocess
import sys

import pytest

from dictate.install.uinput import RULE

pytestmark = [pytest.mark.vm, pytest.mark.usefixtures("settled")]


def setup(*words: str) -> str:
    command = [sys.executable, "-m", "dictate", "setup", "--uinput", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def tags() -> str:
    command = ["udevadm", "info", "--query=property", "--property=CURRENT_TAGS", "/dev/uinput"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.fault("S4")
def test_udev_marks_the_device_for_who_sits_here() -> None:
    assert "uaccess" not in tags()
    assert setup().splitlines() == [f"done: wrote {RULE}", "done: it is in effect now"]
    assert "uaccess" in tags()
    assert setup("--remove").splitlines() == [f"done: removed {RULE}", "done: it is in effect now"]
    assert "uaccess" not in tags()
