"""These tests press keys for everybody who reads keyboards: in a machine of their own only."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def in_the_machine() -> None:
    if "rdinit=/init repository=" not in Path("/proc/cmdline").read_text():
        pytest.skip("it needs a kernel with input devices: `make vm` boots one and runs this")


@pytest.fixture
def settled() -> None:
    """What an earlier test has plugged in and out is dealt with."""
    subprocess.run(["udevadm", "settle"], check=True)
