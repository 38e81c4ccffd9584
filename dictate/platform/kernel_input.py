"""Shared by the output that presses keys through the kernel and the hotkey source that reads
keyboards there."""

import sys
from importlib.util import find_spec
from pathlib import Path

from dictate.installation import install_command
from dictate.translation import _

OWN_KEYBOARD = "Dictate"
"""The name of our own keyboard, which our hotkey source ignores."""


def evdev_unavailable_reason() -> str | None:
    """Why the package for the devices of the kernel is missing, or None."""
    if find_spec("evdev") is None:
        command = install_command("evdev")
        return _("the package evdev is missing: {command}").format(command=command)
    return None


def how_to_allow() -> str:
    """The command that permits us to press keys through the kernel."""
    # untranslated: a command
    return f"sudo {Path(sys.executable).with_name('dictate')} setup --uinput"
