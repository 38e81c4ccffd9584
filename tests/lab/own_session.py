"""What a desktop of the tests' own stands on: buses, folders and portals that nobody else uses."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.bus import session_bus
from tests.lab.daemon import REPOSITORY
from tests.lab.xserver import XServer

KEEPER = "/usr/libexec/xdg-permission-store", "org.freedesktop.impl.portal.PermissionStore"
FRONT = "/usr/libexec/xdg-desktop-portal", "org.freedesktop.portal.Desktop"


def own_session(folder: Path, stack: ExitStack, *buses: str) -> dict[str, str]:
    """The environment of what runs in it. `buses` are "SESSION" and "SYSTEM"."""
    env = {"HOME": str(folder), "PYTHONPATH": str(REPOSITORY)}
    for name in buses:
        place = folder / f"{name.lower()}-bus"
        place.mkdir()
        env[f"DBUS_{name}_BUS_ADDRESS"] = stack.enter_context(session_bus(place)).address
    homes = {"XDG_RUNTIME_DIR": folder / "run"}
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        homes[f"XDG_{name}_HOME"] = folder / name.lower()
    for home in homes.values():
        home.mkdir(mode=0o700)
    shared = {
        "XDG_SESSION_TYPE": "wayland",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "GSK_RENDERER": "cairo",
        "NO_AT_BRIDGE": "1",
        "LC_ALL": "C.UTF-8",
    }
    return env | {name: str(home) for name, home in homes.items()} | shared


def start_portal(desk: XServer, program: str, known_as: str, package: str) -> None:
    """Start one of the services of the desktop's portal; it answers when this returns."""
    if not Path(program).exists():
        pytest.skip(f"{program} is missing: apt install {package}")
    desk.spawn(program)
    desk.run("gdbus", "wait", "--session", "--timeout", "20", known_as, timeout=30)
