"""What the supervisors of our GTK windows share.

Each window is a process of its own in the system's Python. GTK comes with the system; no package
index has it for every machine.
"""

import re
from pathlib import Path
from typing import Final

from dictate.installation import system_command

PYTHON: Final = "/usr/bin/python3"
"""The system's Python."""
START_S: Final = 15.0
"""Seconds to start: GTK with all its libraries, from a cold disk."""
_STARTER: Final = Path(__file__).with_name("start_window.py")
_APT: Final = re.compile(r"apt install ((?: ?[\w.+-]+)+)")


def command(window: Path, *arguments: str, python: str = "") -> tuple[str, ...]:
    """What starts this window, in the system's Python or in another one."""
    return (python or PYTHON, "-I", str(_STARTER), str(window), *arguments)


def with_command(reason: str) -> str:
    """A window's reason why it cannot be shown, with the command for this system."""
    return _APT.sub(lambda found: system_command(*found[1].split()), reason)
