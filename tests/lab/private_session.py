"""The base of a private desktop: its own buses, folders and portals."""

import os
from abc import abstractmethod
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import pytest

from tests.lab.bus import session_bus
from tests.lab.daemon import REPOSITORY
from tests.lab.xserver import XServer, need

PERMISSION_STORE = (
    "/usr/libexec/xdg-permission-store",
    "org.freedesktop.impl.portal.PermissionStore",
)
DESKTOP_PORTAL = "/usr/libexec/xdg-desktop-portal", "org.freedesktop.portal.Desktop"


def private_session(folder: Path, stack: ExitStack, *buses: str) -> dict[str, str]:
    """Start these buses ("SESSION", "SYSTEM") and make the folders; the environment of programs in
    the session."""
    env = {"HOME": str(folder), "PYTHONPATH": str(REPOSITORY)}
    for name in buses:
        bus_folder = folder / f"{name.lower()}-bus"
        bus_folder.mkdir()
        env[f"DBUS_{name}_BUS_ADDRESS"] = stack.enter_context(session_bus(bus_folder)).address
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


class HeadlessDesktop(XServer):
    """`with Desktop(folder) as desktop:` it runs; programs started by `spawn` find it."""

    needs: ClassVar[tuple[str, ...]]
    """The programs without which its tests are skipped."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.stack = ExitStack()

    @property
    def env(self) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "IBUS_ADDRESS")}
        return env | self.more_env

    def __enter__(self) -> Self:
        need(*self.needs)
        try:
            self.start_all()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    @abstractmethod
    def start_all(self) -> None:
        """Start all of it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self.stack.close()


def start_portal(desk: XServer, program: str, known_as: str, package: str) -> None:
    """Start one of the services of the desktop's portal; it answers when this returns."""
    if not Path(program).exists():
        pytest.skip(f"{program} is missing: apt install {package}")
    desk.spawn(program)
    desk.run("gdbus", "wait", "--session", "--timeout", "20", known_as, timeout=30)
