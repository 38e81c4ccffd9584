"""Commands that act on the focused window. Typed in a terminal, that is the terminal itself."""

import math
import os
import sys
import time
from typing import Final

from dictate.translation import _

SWITCH_S: Final = 3
"""Seconds in which a user switches from the terminal to the window."""


def typed_in_terminal() -> bool:
    """Whether a user typed this command in a terminal window. A shortcut may have a terminal, too:
    the console in which the desktop was started."""
    try:
        window = os.ttyname(sys.stdin.fileno()).startswith("/dev/pts/")
        return window and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):  # stdin is no terminal, or is closed
        return False


def count_down(seconds: float) -> None:
    """Wait, and show for how long on a terminal."""
    shown = seconds > 0 and sys.stderr.isatty()
    if shown:
        sys.stderr.write(_("switch to the window:"))
    while seconds > 0:
        if shown:
            sys.stderr.write(f" {math.ceil(seconds)}")
            sys.stderr.flush()
        time.sleep(min(1.0, seconds))
        seconds -= 1
    if shown:
        sys.stderr.write("\n")
