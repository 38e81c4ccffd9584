"""Opens the settings window beside the daemon, not in it."""

import logging
import os
import shutil
from typing import Final

from dictate.errors import Unavailable
from dictate.platform.child_process import ChildProcess, python_module
from dictate.translation import _

log = logging.getLogger(__name__)

DESKTOP: Final = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP")
"""What leads to the desktop, and systemd may not know."""


async def open_settings() -> None:
    """Returns when the window is closed, or is a service of its own. Raises Unavailable with why
    there is none."""
    process = ChildProcess("the settings window", _command(), log, answers=False)
    try:
        await process.start()
    except OSError as error:
        raise Unavailable(
            _("the settings window cannot be started: {error}").format(error=error.strerror)
        ) from error
    how = await process.ended()
    if process.exit_status:
        why = process.last_words.removeprefix("dictate: ")
        raise Unavailable(why or _("the settings window ended ({how})").format(how=how))


def _command() -> tuple[str, ...]:
    window = python_module("dictate", "settings")
    if "INVOCATION_ID" not in os.environ or shutil.which("systemd-run") is None:
        return window
    # Else the window would be in our sandbox, and end with us.
    given = [f"--setenv={name}={os.environ[name]}" for name in DESKTOP if name in os.environ]
    return ("systemd-run", "--user", "--quiet", "--collect", *given, *window)
