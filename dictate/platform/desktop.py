"""The desktop may come after the service: where it is, the service manager knows by then."""

import json
import os
import subprocess

NAMES = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE")
"""What a desktop tells the service manager when it starts, and what backends look at."""


def names() -> list[str]:
    """What the desktop calls itself, in small letters."""
    return os.environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")


def adopt() -> bool:
    """Take these variables from the user's service manager into our environment.

    Whether one of them changed: then it is worth asking every `unavailable_reason` again. Does
    nothing unless the service manager runs us: a daemon started in a terminal belongs to that
    terminal's desktop. Blocks for some milliseconds.
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
    news = {name: known[name] for name in NAMES if known.get(name, "") != ""}
    changed = any(os.environ.get(name) != value for name, value in news.items())
    os.environ.update(news)
    return changed
