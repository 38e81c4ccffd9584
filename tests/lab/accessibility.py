"""An accessibility bus on a session bus of the test's own, and windows with two text fields, one of
them for a password."""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from tests.lab.more_windows import Chromium, ChromiumInSway, Qt6
from tests.lab.sway import SwayWindow
from tests.lab.windows import PYTHON, Window, _need_module
from tests.lab.xserver import wait_for

_GTK = """
import os, sys, gi
version, first, title, path = sys.argv[1:]
gi.require_version("Gtk", version)
from gi.repository import GLib, Gtk
if version == "4.0": Gtk.init()
window = Gtk.Window(title=title)
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
plain = Gtk.Entry()
secret = Gtk.PasswordEntry() if version == "4.0" else Gtk.Entry(visibility=False)
for entry in (plain, secret):
    if version == "4.0": box.append(entry)
    else: box.add(entry)
def save(_=None):
    for entry, file in ((plain, path), (secret, path + ".secret")):
        with open(file + "~", "wb") as new:
            new.write(entry.get_text().encode())
        os.replace(file + "~", file)
plain.connect("changed", save)
secret.connect("changed", save)
if version == "4.0": window.set_child(box)
else: window.add(box); window.show_all()
{"plain": plain, "secret": secret}[first].grab_focus()
window.present(); save()
GLib.MainLoop().run()
"""

_QT = """
import os, sys
from PyQt6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
first, title, path = sys.argv[1:]
if "WAYLAND_DISPLAY" in os.environ: os.environ["QT_QPA_PLATFORM"] = "wayland"
app = QApplication(sys.argv)
window = QWidget(); window.setWindowTitle(title); layout = QVBoxLayout(window)
plain, secret = QLineEdit(), QLineEdit(echoMode=QLineEdit.EchoMode.Password)
layout.addWidget(plain); layout.addWidget(secret)
def save(_=None):
    for entry, file in ((plain, path), (secret, path + ".secret")):
        with open(file + "~", "wb") as new:
            new.write(entry.text().encode())
        os.replace(file + "~", file)
plain.textChanged.connect(save); secret.textChanged.connect(save)
window.show(); {"plain": plain, "secret": secret}[first].setFocus(); save()
app.exec()
"""

_LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")


class AccessibilityBus:
    """Runs until the end of the block; as `env` says, applications find it."""

    def __init__(self, session: str, folder: Path, display: str = "") -> None:
        """`session` is the address of the session bus."""
        self.env = {"DBUS_SESSION_BUS_ADDRESS": session, "NO_AT_BRIDGE": "0"}
        self._session = session
        # It keeps in memory what it would keep of the user's settings.
        here = {"XDG_RUNTIME_DIR": str(folder), "DISPLAY": display, "GSETTINGS_BACKEND": "memory"}
        self._env = {**os.environ, **self.env, **here}
        self.launcher: subprocess.Popen[bytes] | None = None
        self._bus = -1

    def __enter__(self) -> Self:
        found = next((each for each in _LAUNCHERS if Path(each).exists()), None)
        if found is None:
            pytest.skip("at-spi-bus-launcher is missing: apt install at-spi2-core")
        self.launcher = subprocess.Popen(
            [found],
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: self.pid("bus"), "the accessibility bus", 20)
            self._bus = os.pidfd_open(self.pid("bus"))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.launcher is not None
        for number in (signal.SIGCONT, signal.SIGTERM):
            self.launcher.send_signal(number)
        self.launcher.wait(20)
        if self._bus >= 0:
            with suppress(ProcessLookupError):  # a launcher that was killed left it behind
                signal.pidfd_send_signal(self._bus, signal.SIGKILL)
            os.close(self._bus)

    def pid(self, who: str) -> int:
        """The process of the "registry", the "bus" or the "launcher"; 0 if there is none."""
        if who == "launcher":
            assert self.launcher is not None
            return self.launcher.pid
        return asyncio.run(self._pid(who))

    async def _pid(self, who: str) -> int:
        session = await MessageBus(bus_address=self._session).connect()
        launcher = ("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
        said = await session.call(Message(*launcher))
        session.disconnect()
        if said is None or not said.body or said.signature != "s" or not said.body[0]:
            return 0
        if not str(said.body[0]).startswith("unix:"):
            return 0
        bus = await MessageBus(bus_address=said.body[0]).connect()
        name = {"registry": "org.a11y.atspi.Registry", "bus": "org.freedesktop.DBus"}[who]
        dbus = "org.freedesktop.DBus"
        question = Message(
            *(dbus, "/org/freedesktop/DBus", dbus, "GetConnectionUnixProcessID"),
            signature="s",
            body=[name],
        )
        answer = await bus.call(question)
        bus.disconnect()
        return int(answer.body[0]) if answer and answer.signature == "u" else 0

    def enabled(self) -> bool:
        """Whether the bus reports to applications that accessibility is needed."""
        return asyncio.run(self._enabled())

    async def _enabled(self) -> bool:
        session = await MessageBus(bus_address=self._session).connect()
        properties = "org.freedesktop.DBus.Properties"
        question = Message(
            *("org.a11y.Bus", "/org/a11y/bus", properties, "Get"),
            signature="ss",
            body=["org.a11y.Status", "IsEnabled"],
        )
        answer = await session.call(question)
        session.disconnect()
        assert answer is not None
        return bool(answer.body[0].value)


class AccessibleQt6(Qt6):
    """A Qt 6 text field that tells of itself."""

    def launch(self) -> subprocess.Popen[bytes]:
        self.x.more_env = {**self.x.more_env, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
        return super().launch()


class AccessibleChromium(Chromium):
    """A textarea in a Chromium that tells of its pages."""

    flags: ClassVar[tuple[str, ...]] = ("--force-renderer-accessibility",)

    def launch(self) -> subprocess.Popen[bytes]:
        self.x.more_env = {**self.x.more_env, "ACCESSIBILITY_ENABLED": "1"}
        return super().launch()


class AccessibleQt6InSway(SwayWindow, AccessibleQt6):
    """The same in sway; needs qt6-wayland."""


class AccessibleChromiumInSway(SwayWindow, AccessibleChromium):
    """The same in sway."""

    flags = ChromiumInSway.flags + AccessibleChromium.flags


class TwoFields(Window):
    """`text()` is what stands in the plain one, `secret()` in the one for a password."""

    first: ClassVar[str] = "plain"
    """Which has the focus when the window comes."""

    def secret(self) -> str:
        return self.file.with_name(f"{self.file.name}.secret").read_text()


class Gtk3Fields(TwoFields):
    """With GTK 3."""

    kind = "gtk3"
    version = "3.0"

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module("gi", f"python3-gi gir1.2-gtk-{self.version}")
        arguments = (self.version, self.first, self.title, str(self.file))
        return self.x.spawn(PYTHON, "-c", _GTK, *arguments)


class Gtk4Fields(Gtk3Fields):
    """With GTK 4."""

    kind = "gtk4"
    version = "4.0"


class QtFields(TwoFields):
    """With Qt 6."""

    kind = "qt6"

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module("PyQt6.QtWidgets", "python3-pyqt6")
        always = ("env", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1")
        return self.x.spawn(*always, PYTHON, "-c", _QT, self.first, self.title, str(self.file))


class SwayFields(SwayWindow, TwoFields):
    """The same in sway."""


class Gtk3FieldsInSway(SwayFields, Gtk3Fields):
    """With GTK 3."""


class Gtk4FieldsInSway(SwayFields, Gtk4Fields):
    """With GTK 4."""


class QtFieldsInSway(SwayFields, QtFields):
    """With Qt 6; needs qt6-wayland."""
