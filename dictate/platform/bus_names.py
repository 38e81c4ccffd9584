"""The names of the daemon on the session bus, and where that bus is; nothing else is imported, so
that `dictatectl` starts fast."""

import os
from typing import Final

from dictate.errors import Unavailable
from dictate.translation import _

NAME: Final = "io.github.dictate.Dictate1"
PATH: Final = "/io/github/dictate/Dictate1"
INTERFACE: Final = NAME
HOTWORDS_INTERFACE: Final = f"{INTERFACE}.Hotwords"
PROFILES_INTERFACE: Final = f"{INTERFACE}.Profiles"
ERRORS: Final = f"{INTERFACE}.Error"
"""The part of an error name before the last dot; after it is the name of a class in errors.py."""

HELLO_S: Final = 5.0
"""Seconds that a bus may take to accept a connection."""
ADVICE: Final = _("log in to a desktop, or start with dbus-run-session")
"""What to do where no session bus answers."""


def session_address() -> str:
    """The address of the session bus. Raises Unavailable."""
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    # Services and ssh logins lack the variable; systemd puts the bus of every user here.
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return f"unix:path={runtime}/bus"
    raise Unavailable(
        _(
            "there is no session bus (neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR "
            "is set): {advice}"
        ).format(advice=ADVICE)
    )
