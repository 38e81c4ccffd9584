"""KDE's compositor without a screen, on a bus of its own, and applications on it."""

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.lab.more_windows import Qt5
from tests.lab.private_session import (
    DESKTOP_PORTAL,
    PERMISSION_STORE,
    HeadlessDesktop,
    private_session,
    start_portal,
)
from tests.lab.windows import Gtk4Field, GtkField, PasswordField, Window, Xterm
from tests.lab.xserver import end, need, wait_for

KWIN = "org.kde.KWin"
_PORTAL = next(map(str, Path("/usr/lib").glob("*/libexec/xdg-desktop-portal-kde")), "KDE's portal")
_PORTAL_NAME = "org.freedesktop.impl.portal.desktop.kde"
_SCREEN = ("--virtual", "--width", "1280", "--height", "720")
_INPUT_PROGRAM = """[Desktop Entry]
Type=Application
Name=Input of the tests
NoDisplay=true
Exec={program}
X-KDE-Wayland-Interfaces=org_kde_kwin_fake_input
"""
_NAMES = """\
const windows = workspace.windowList || workspace.clientList;
const active = workspace.windowList ? "activeWindow" : "activeClient";
"""
"""What Plasma 6 calls a window is a client in Plasma 5."""
_SETTINGS = {
    # Without a menu KDE 6 knows no .desktop file.
    "menus/applications.menu": "<Menu><Name>Applications</Name><DefaultAppDirs/>"
    "<Include><All/></Include></Menu>\n",
    "kwinrc": "[org.kde.kdecoration2]\nNoPlugin=true\n",
    "kdeglobals": "[KDE]\nAnimationDurationFactor=0\n",
}
_numbers = itertools.count(1)


class Kwin(HeadlessDesktop):
    """`with Kwin(folder) as kwin:` it runs, with Xwayland; programs started by `spawn` find it."""

    needs = ("kwin_wayland", "Xwayland", "gdbus")
    plasma = 6
    """The generation of KDE's desktop, once it runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._input: subprocess.Popen[bytes] | None = None

    def start_all(self) -> None:
        self.more_env = {
            **private_session(self.folder, self.stack, "SESSION"),
            "XDG_CURRENT_DESKTOP": "KDE",
            "KDE_FULL_SESSION": "true",
            "KDE_SESSION_VERSION": "5",
            # Qt 6's own idea of KDE's theme crashes KWin where Plasma's is not installed.
            "QT_QPA_PLATFORMTHEME": "generic",
        }
        for name, lines in _SETTINGS.items():
            file = self.folder / "config" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(lines)
        self._prepare()
        self.start_kwin()

    def _prepare(self) -> None:
        # The installed file has a capability that a container may not grant; a copy has none.
        self._program = self.folder / "kwin_wayland"
        shutil.copyfile(shutil.which("kwin_wayland") or "", self._program)
        self._program.chmod(0o755)
        self._ready = self.folder / "ready"
        self._tells = self.folder / "tells"
        self._tells.write_text(f'#!/bin/sh\necho "$DISPLAY $XAUTHORITY" > {self._ready}\n')
        self._tells.chmod(0o755)
        # KWin grants rights by the path of the program: only this copy gets them.
        self._python = self.folder / "input"
        shutil.copyfile(Path(sys.executable).resolve(), self._python)
        self._python.chmod(0o755)
        applications = self.folder / "data/applications"
        applications.mkdir()
        (applications / "input.desktop").write_text(_INPUT_PROGRAM.format(program=self._python))

    def start_kwin(self) -> None:
        """Start it; also after `kill`, at the same address."""
        self._ready.unlink(missing_ok=True)
        log = (self.folder / "kwin.log").open("wb")
        more = {
            "KWIN_COMPOSE": "O2",
            "KWIN_SCREENSHOT_NO_PERMISSION_CHECKS": "1",
            "QT_LOGGING_RULES": "kwin_scripting.debug=true;js.debug=true",
        }
        options = ("--no-lockscreen", "--xwayland", "--socket", "wayland-0")
        with log:
            self.server = subprocess.Popen(
                [str(self._program), *_SCREEN, *options, str(self._tells)],
                env=self.env | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self._ready.exists() and self._ready.read_text(), "KWin", 30)
        self.display, _, authority = self._ready.read_text().strip().partition(" ")
        here = {"DISPLAY": self.display, "XAUTHORITY": authority, "WAYLAND_DISPLAY": "wayland-0"}
        self.more_env |= here
        wait_for(lambda: self.evaluate("1") == 1, "KWin's scripts")
        self.plasma = 6 if self.evaluate("!!workspace.windowList") else 5
        self._input = self.spawn(
            *(str(self._python), "-m", "tests.lab.kwin_input"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            more_env={"PYTHONHOME": sys.base_prefix, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._expect("ready")

    def kill(self) -> None:
        """SIGKILL it; Xwayland and what is shown end with it."""
        if self._input is not None:
            assert self._input.stdin is not None
            self._input.stdin.close()
            end(self._input)
            self._input = None
        if self.server is not None:
            end(self.server)
            self.server = None

    def start_portal(self) -> None:
        """Start the desktop's portal, as it is installed."""
        start_portal(self, *PERMISSION_STORE, "xdg-desktop-portal")
        if self.plasma == 6:
            self._allow_remote_control()
        self.start_kde_portal()
        start_portal(self, *DESKTOP_PORTAL, "xdg-desktop-portal")

    def _allow_remote_control(self) -> None:
        """As the user does in Plasma 6's question, which needs all of plasma-workspace."""
        name, path = PERMISSION_STORE[1], f"/{PERMISSION_STORE[1].replace('.', '/')}"
        grant = ("kde-authorized", "true", "remote-desktop", "", "['yes']")
        self.run(
            *("gdbus", "call", "--session", "-d", name, "-o", path),
            *("-m", f"{name}.SetPermission", *grant),
        )

    def start_kde_portal(self) -> None:
        """Start KDE's part of it, which ends with KWin."""
        start_portal(self, _PORTAL, _PORTAL_NAME, "xdg-desktop-portal-kde")

    def hand(self, *orders: str) -> None:
        """Input of a user: see `kwin_input.py`."""
        assert self._input is not None
        assert self._input.stdin is not None
        for order in orders:
            self._input.stdin.write(f"{order}\n".encode())
            self._input.stdin.flush()
            self._expect("did")

    def _expect(self, word: str) -> None:
        assert self._input is not None
        assert self._input.stdout is not None
        assert self._input.stdout.readline() == f"{word}\n".encode(), "the input program ended"

    def click(self, x: int, y: int) -> None:
        """Click there."""
        self.hand(f"move {x} {y}", "button 1", "button 0")

    def evaluate(self, expression: str) -> object:
        """The value of an expression in a KWin script."""
        name = f"test-{next(_numbers)}"
        file = self.folder / f"{name}.js"
        file.write_text(f'{_NAMES}print("{name} " + JSON.stringify({expression}));')
        self._scripting("loadScript", str(file), name)
        self._scripting("start")
        mark = f"js: {name} "
        wait_for(lambda: mark in self.log(), f"KWin runs {expression}")
        self._scripting("unloadScript", name)
        return json.loads(self.log().partition(mark)[2].partition("\n")[0])

    def _scripting(self, member: str, *arguments: str) -> None:
        self.run(
            *("gdbus", "call", "--session", "-d", KWIN, "-o", "/Scripting"),
            *("-m", f"org.kde.kwin.Scripting.{member}", *arguments),
        )

    def log(self) -> str:
        """KWin's log since its start."""
        return (self.folder / "kwin.log").read_text(errors="replace")

    def titles(self) -> list[str]:
        """Of all windows."""
        found = self.evaluate("windows().map(w => w.caption)")
        assert isinstance(found, list)
        return found

    def screenshot(self, path: Path) -> Path:
        """The whole screen as a PNG (needs ImageMagick)."""
        need("convert")
        size, pixels = asyncio.run(_capture(self.more_env["DBUS_SESSION_BUS_ADDRESS"]))
        self.run("convert", "-size", size, "-depth", "8", "bgra:-", str(path), data=pixels)
        return path


async def _capture(address: str) -> tuple[str, bytes]:
    """Size as 1280x720, and four bytes for each pixel."""
    interface = "org.kde.KWin.ScreenShot2"
    bus = await MessageBus(bus_address=address, negotiate_unix_fd=True).connect()
    reading, writing = os.pipe()
    pixels = bytearray()

    def read() -> None:
        with os.fdopen(reading, "rb") as pipe:
            pixels.extend(pipe.read())

    reader = threading.Thread(target=read)
    reader.start()
    reply = await bus.call(
        Message(
            KWIN,
            f"/{interface.replace('.', '/')}",
            interface,
            "CaptureActiveScreen",
            signature="a{sv}h",
            body=[{}, 0],
            unix_fds=[writing],
        )
    )
    os.close(writing)
    await asyncio.to_thread(reader.join)
    assert reply is not None
    assert reply.message_type is MessageType.METHOD_RETURN, reply.body
    bus.disconnect()
    said = {name: value.value for name, value in reply.body[0].items()}
    return f"{said['width']}x{said['height']}", bytes(pixels)


class _OnKwin(Window):
    x: Kwin

    def xid(self) -> str:
        return str(self.x.evaluate(f"windows().filter({self._is_it()}).length") or "")

    def focus(self) -> None:
        found = f"windows().find({self._is_it()})"
        self.x.evaluate(f"(workspace[active] = {found}) && 1")
        active = f"[workspace[active]].filter(w => w).filter({self._is_it()}).length"
        wait_for(lambda: self.x.evaluate(active) == 1, f"{self.title} has the focus")

    def _is_it(self) -> str:
        # Konsole adds its own name.
        return f'w => (w.caption + " ").startsWith("{self.title} ")'


class Gtk3OnKwin(_OnKwin, GtkField):
    """A GTK 3 text view."""


class Gtk4OnKwin(_OnKwin, Gtk4Field):
    """A GTK 4 text view."""


class Qt5OnKwin(_OnKwin, Qt5):
    """A Qt 5 text field."""


class PasswordOnKwin(_OnKwin, PasswordField):
    """A GTK 3 entry for a password."""


class XtermOnKwin(_OnKwin, Xterm):
    """A terminal on Xwayland."""


class Konsole(_OnKwin):
    """KDE's terminal in raw mode: what arrives is what was written."""

    kind = "konsole"
    longest = 8000

    def launch(self) -> subprocess.Popen[bytes]:
        if shutil.which("konsole") is None:
            pytest.skip("konsole is missing: apt install konsole")
        reader = f"stty raw -echo; exec tee '{self.file}'"
        title = ("-p", f"tabtitle={self.title}")
        return self.x.spawn("konsole", "--separate", *title, "-e", "sh", "-c", reader)
