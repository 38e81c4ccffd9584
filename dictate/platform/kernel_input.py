"""What the output that presses keys through the kernel has in common with the listener that reads
keyboards there."""

import sys
from importlib.util import find_spec
from pathlib import Path

OWN_KEYBOARD = "Dictate"
"""The name of our own keyboard: nobody of ours listens to it."""


def evdev_unavailable_reason() -> str | None:
    """Why the package that knows the kernel's devices is not there, or None."""
    if find_spec("evdev") is None:
        return 'the package evdev is missing: pip install "dictate[evdev]"'
    return None


def how_to_allow() -> str:
    """The command that lets us press keys in the kernel."""
    return f"sudo {Path(sys.executable).with_name('dictate')} setup --uinput"
