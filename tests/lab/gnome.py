"""A GNOME Shell without a screen, on buses of its own, and applications on it."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest

from dictate.install import service
from tests.lab.accessibility import AccessibleChromium
from tests.lab.more_windows import Chromium, ChromiumInSway, Firefox, FootVim, Qt6
from tests.lab.private_session import (
    DESKTOP_PORTAL,
    PERMISSION_STORE,
    HeadlessDesktop,
    private_session,
    start_portal,
)
from tests.lab.windows import (
    Gtk4Field,
    Gtk4PasswordField,
    GtkField,
    PasswordField,
    Window,
)
from tests.lab.xserver import end, need, wait_for

_MONITOR = ("--virtual-monitor", "1024x768")
_PORTAL = (
    "/usr/libexec/xdg-desktop-portal-gnome",
    "org.freedesktop.impl.portal.desktop.gnome",
)
_SHORTCUTS = (
    "/usr/libexec/gnome-control-center-global-shortcuts-provider",
    "org.gnome.Settings.GlobalShortcutsProvider",
)
WINDOWS = "global.get_window_actors().map(a => a.meta_window)"
"""The windows, in a script of the shell."""
_POINTER = """
const Clutter = imports.gi.Clutter;
const pointer = global.testPointer ??= Clutter.get_default_backend().get_default_seat()
    .create_virtual_device(Clutter.InputDeviceType.POINTER_DEVICE);
"""


class Gnome(HeadlessDesktop):
    """`with Gnome(folder) as gnome:` the shell runs; programs started by `spawn` find it."""

    needs = ("gnome-shell", "ibus-daemon", "gdbus")
    settings: ClassVar[str] = "memory"
    """Where GSettings keeps them; "keyfile" shares them with other programs."""

    @property
    def version(self) -> int:
        """Of GNOME Shell: 43, 48."""
        return int(self.run("gnome-shell", "--version").split()[-1].partition(".")[0])

    def start_all(self) -> None:
        self.more_env = {
            **private_session(self.folder, self.stack, "SESSION", "SYSTEM"),
            "XDG_CURRENT_DESKTOP": "GNOME",
            "GSETTINGS_BACKEND": self.settings,
            "QT_IM_MODULE": "ibus",  # as gnome-session sets it
        }
        self._beside("login1")
        self.start_shell()

    def start_shell(self) -> None:
        """Start the shell and add a keyboard."""
        with (self.folder / "gnome-shell.log").open("ab") as log:
            self.server = subprocess.Popen(
                ["gnome-shell", "--headless", "--wayland", "--unsafe-mode", *_MONITOR],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        # Hidden any earlier, GNOME 48's overview never ends its first animation.
        hidden = "Main.layoutManager._startingUp || (Main.overview.hide(), Main.overview.visible)"
        try:
            wait_for(lambda: self.evaluate(hidden) is False, "GNOME Shell", 90)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.log()[-2000:]}") from None
        self.more_env["WAYLAND_DISPLAY"] = "wayland-0"
        self._beside("keyboard")
        wait_for(lambda: self.engine(), "IBus has an engine", 60)

    def _beside(self, what: str) -> None:
        child = self.spawn(
            *(sys.executable, "-m", "tests.lab.gnome_side", what), stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n", f"{what} does not start"

    def start_portal(self) -> None:
        """Start the desktop's portal, as it is installed."""
        for program, known_as in (PERMISSION_STORE, _PORTAL, DESKTOP_PORTAL):
            start_portal(self, program, known_as, "xdg-desktop-portal-gnome")

    def start_shortcuts(self) -> None:
        """Start what asks the user for keys, which comes with GNOME's settings, and be known to
        the portal. Skips before GNOME 48."""
        if not Path(_SHORTCUTS[0]).exists():
            pytest.skip("GNOME asks for keys since 48: apt install gnome-control-center")
        file = self.folder / "data/applications" / service.DESKTOP_FILE
        file.parent.mkdir()
        file.write_text(service.application_text())
        start_portal(self, *_SHORTCUTS, "gnome-control-center")

    def point(self, x: int, y: int) -> None:
        """Move the pointer there."""
        # GNOME 48 knows what is below the pointer once that has moved again.
        for at in (x - 2, x):
            self.evaluate(f"{_POINTER} pointer.notify_absolute_motion(0, {at}, {y}); 1")
            time.sleep(0.1)

    def click(self, x: int, y: int) -> None:
        """Click there, once the pointer has come to rest."""
        self.point(x, y)
        for state in ("PRESSED", "RELEASED"):
            time.sleep(0.2)
            self.evaluate(f"{_POINTER} pointer.notify_button(0, 1, Clutter.ButtonState.{state}); 1")

    def evaluate(self, script: str) -> object:
        """The result of a script in the shell."""
        said = self.run(
            *("gdbus", "call", "--session", "-d", "org.gnome.Shell", "-o", "/org/gnome/Shell"),
            *("-m", "org.gnome.Shell.Eval", script),
        ).strip()
        if not said.startswith("(true, '"):
            raise subprocess.CalledProcessError(1, script, said)
        value = said.removeprefix("(true, '").removesuffix("')")
        return json.loads(value) if value else None

    def log(self) -> str:
        """What the shell has written since its first start."""
        return (self.folder / "gnome-shell.log").read_text(errors="replace")

    def engine(self) -> str:
        """The input method that is on; "" if there is none."""
        done = subprocess.run(
            ["ibus", "engine"], env=self.env, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def kill(self) -> None:
        """SIGKILL the shell, and the daemon of input methods that it has started."""
        if self.server is not None:
            end(self.server)
            self.server = None


class _OnGnome(Window):
    x: Gnome

    def xid(self) -> str:
        return str(self.x.evaluate(f"{WINDOWS}.filter({self._is_it()}).length") or "")

    def focus(self) -> None:
        found = f"{WINDOWS}.find({self._is_it()})"
        self.x.evaluate(f"{found}.activate(global.get_current_time()); 1")
        active = f"[global.display.focus_window].filter(w => w).filter({self._is_it()}).length"
        wait_for(lambda: self.x.evaluate(active) == 1, f"{self.title} has the focus")

    def _is_it(self) -> str:
        # Firefox adds its own name.
        return f"w => (w.title + ' ').startsWith('{self.title} ')"


class Gtk3OnGnome(_OnGnome, GtkField):
    """A GTK 3 text view."""


class Gtk4OnGnome(_OnGnome, Gtk4Field):
    """A GTK 4 text view."""


class PasswordOnGnome(_OnGnome, PasswordField):
    """A GTK 3 entry for a password."""


class Gtk4PasswordOnGnome(_OnGnome, Gtk4PasswordField):
    """The same with GTK 4."""


class Foot(_OnGnome):
    """A terminal in raw mode: what arrives is what was written."""

    kind = "foot"

    def launch(self) -> subprocess.Popen[bytes]:
        need("foot")
        reader = f"stty raw -echo; exec tee '{self.file}'"
        return self.x.spawn(
            *("foot", "-T", self.title, "-o", "locked-title=yes"), "sh", "-c", reader
        )


class VimOnGnome(_OnGnome, FootVim):
    """vim in a terminal, in insert mode."""


class Qt6OnGnome(_OnGnome, Qt6):
    """A Qt 6 text field, which talks to IBus itself."""


class ChromiumOnGnome(_OnGnome, Chromium):
    """A textarea in Chromium."""

    flags: ClassVar[tuple[str, ...]] = ChromiumInSway.flags


class AccessibleChromiumOnGnome(ChromiumOnGnome, AccessibleChromium):
    """A Chromium that tells of its pages, as where accessibility is switched on."""

    flags = ChromiumOnGnome.flags + AccessibleChromium.flags


class FirefoxOnGnome(_OnGnome, Firefox):
    """The same in Firefox."""

    xid = _OnGnome.xid
