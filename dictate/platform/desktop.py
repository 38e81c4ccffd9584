"""Finds the desktop that started after the service: the service manager knows its variables."""

import json
import os
import subprocess

NAMES = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
    "SWAYSOCK",
    "HYPRLAND_INSTANCE_SIGNATURE",
)
"""Variables that a desktop sets in the service manager when it starts; backends read them."""


def names() -> list[str]:
    """The names of the desktop, in small letters."""
    return os.environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")


def adopt() -> bool:
    """Copy these variables from the user's service manager into our environment.

    Returns whether one of them changed: then each `unavailable_reason` may have changed, too. It
    does nothing unless the service manager started us: a daemon in a terminal belongs to the
    desktop of that terminal. It blocks for some milliseconds.
    """
    if "NOTIFY_SOCKET" not in os.environ:
        return False
    manager = "org.freedesktop.systemd1"
    question = ["get-property", manager, f"/{manager.replace('.', '/')}", f"{manager}.Manager"]
    try:
        done = subprocess.run(
            ["busctl", "--user", "--json=short", *question, "Environment"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=5,
        )
        known = dict(line.partition("=")[::2] for line in json.loads(done.stdout)["data"])
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    found = {name: known[name] for name in NAMES if known.get(name, "") != ""}
    changed = any(os.environ.get(name) != value for name, value in found.items())
    os.environ.update(found)
    return changed
