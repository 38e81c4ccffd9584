"""A sway without a screen, run by an ordinary user, and applications with a text field in it.

sway refuses to run as root; where the tests do, it becomes `ACCOUNT`, in a folder of its own.
"""

import json
import os
import pwd
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from dictate.outputs.wayland.keys import KEYMAP
from dictate.outputs.wayland.protocols import KEYBOARD, KEYBOARD_MANAGER
from tests.lab.wayland_client import WaylandClient
from tests.lab.windows import GTK_FIELD, PYTHON, Window
from tests.lab.xserver import XServer, end, wait_for

ACCOUNT = "daemon"
"""Ordinary for the kernel, and there on every Linux."""
_PACKAGES = {"sway": "sway", "foot": "foot", "wl-copy": "wl-clipboard"}

_CONFIG = """
xwayland disable
output HEADLESS-1 resolution 1280x720
default_border none
focus_on_window_activation none
"""

_BLANK = """
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
title, path = sys.argv[1:]
open(path, "w").close()
window = Gtk.Window(title=title); window.add(Gtk.Label(label="no text field here"))
window.show_all()
Gtk.main()
"""


def need(*programs: str) -> None:
    """Skip the test if one of these programs is missing, and say how to get it."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing: apt install {_PACKAGES.get(program, program)}")


class Sway:
    """`with Sway() as sway:` it runs, and `sway.env` leads there.

    `config` is added to its configuration; commands in it find `environment`.
    """

    def __init__(self, config: str = "", environment: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dictate-sway-"))
        self.display = str(self.folder / "wayland-1")
        self.control = self.folder / "control"
        """The socket of its own protocol."""
        self._config = self.folder / "config"
        self._config.write_text(_CONFIG + config)
        self._environment = environment or {}
        self.more_env: dict[str, str] = {}
        """Further environment variables of the programs in it."""
        self._children: list[subprocess.Popen[bytes]] = []
        self.process: subprocess.Popen[bytes] | None = None
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(ACCOUNT)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._config.chmod(0o644)
            self._prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            self._prefix += ["--clear-groups", "--inh-caps=-all"]

    @property
    def env(self) -> dict[str, str]:
        """For the applications."""
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY",)}
        here = {"WAYLAND_DISPLAY": self.display, "XDG_RUNTIME_DIR": str(self.folder)}
        here |= {"GDK_BACKEND": "wayland", "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1"}
        return env | here | self.more_env

    def __enter__(self) -> Self:
        need("sway", *(["setpriv"] if self._prefix else []))
        try:
            self.start()
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
        for child in reversed(self._children):
            end(child)
        self.kill()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start it; also after `kill`, at the same address."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "SWAYSOCK": str(self.control),
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
            **self._environment,
        }
        with (self.folder / "sway.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._prefix, "sway", "-c", str(self._config)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(self._answers, f"sway starts: {self.log()}")

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            end(self.process)
            self.process = None
            self.control.unlink(missing_ok=True)

    def log(self) -> str:
        return (self.folder / "sway.log").read_text(errors="replace")

    def spawn(
        self, *command: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a program that is ended with sway."""
        child = subprocess.Popen(
            command, env=self.env, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL
        )
        self._children.append(child)
        return child

    def run(self, *command: str, data: bytes | None = None) -> bytes:
        """The output of a command in this session. The command must succeed."""
        return subprocess.run(
            command, env=self.env, input=data, capture_output=True, timeout=10, check=True
        ).stdout

    def order(self, command: str) -> None:
        """A command as in sway's configuration."""
        answer = self._ask(0, command)
        assert all(each["success"] for each in answer), f"{command}: {answer}"

    def windows(self) -> list[dict[str, Any]]:
        """All windows, as sway describes them."""
        found, rest = [], [self._ask(4)]
        while rest:
            node = rest.pop()
            rest += node["nodes"] + node["floating_nodes"]
            if node.get("pid"):
                found.append(node)
        return found

    def devices(self) -> list[str]:
        """The names of the keyboards and pointers that it reads."""
        return [str(device["name"]) for device in self._ask(100)]

    @contextmanager
    def keyboard(self) -> Iterator["Keyboard"]:
        """The user's keyboard: without one the seat gives no window the focus."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WAYLAND_DISPLAY", self.display)
            keyboard = Keyboard()
        yield keyboard
        keyboard.close()

    def screenshot(self, path: Path) -> None:
        """The whole screen as a PNG (needs grim)."""
        self.run("grim", str(path))

    def _answers(self) -> bool:
        try:
            return bool(self._ask(7)) and Path(self.display).exists()
        except OSError:
            return False

    def _ask(self, kind: int, payload: str = "") -> Any:
        """A message of sway's own protocol, and its answer."""
        data = payload.encode()
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(self.control))
            control.sendall(b"i3-ipc" + struct.pack("=II", len(data), kind) + data)
            answer = control.makefile("rb")
            size, _ = struct.unpack("=6xII", answer.read(14))
            return json.loads(answer.read(size))


def copy(desk: Sway | XServer, data: bytes, kind: str = "", selection: str = "clipboard") -> None:
    """Put it into the clipboard, as of this kind (text by default)."""
    words = ["--type", kind] if kind else []
    words += ["--primary"] if selection == "primary" else []
    # It stays in the background to give it, and must not hold a pipe of ours.
    owner = desk.spawn("wl-copy", *words, stdin=subprocess.PIPE)
    assert owner.stdin is not None
    owner.stdin.write(data)
    owner.stdin.close()
    assert owner.wait(10) == 0


def paste(desk: Sway | XServer, kind: str = "", selection: str = "clipboard") -> bytes | None:
    """What is in the clipboard; None if nothing is, or nothing of this kind."""
    words = ["--type", kind] if kind else []
    words += ["--primary"] if selection == "primary" else []
    done = subprocess.run(
        ["wl-paste", "--no-newline", *words],
        env=desk.env, capture_output=True, timeout=10, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else None


_MASKS = {42: 1, 29: 4, 56: 8, 125: 64}


class Keyboard:
    """The user's keyboard, in the test's own thread. Keys are numbered as the kernel does."""

    SHIFT, CTRL, ALT, SUPER, CAPS_LOCK, B, F9, LEFT = 42, 29, 56, 125, 58, 48, 67, 105
    _LOCK_MASK = 2

    def __init__(self) -> None:
        self._connection = WaylandClient()
        manager = self._connection.bind(KEYBOARD_MANAGER)
        self._keyboard = manager.send("create_virtual_keyboard", self._connection.seat, KEYBOARD)
        keymap = os.memfd_create("keymap")
        os.write(keymap, KEYMAP)
        self._keyboard.send("keymap", 1, keymap, len(KEYMAP))
        self._held = self._locked = 0
        self._connection.round_trip()

    def down(self, key: int) -> None:
        self._key(key, 1)

    def up(self, key: int) -> None:
        self._key(key, 0)

    def tap(self, key: int) -> None:
        self.down(key)
        self.up(key)

    def close(self) -> None:
        self._connection.close()

    def _key(self, key: int, state: int) -> None:
        self._keyboard.send("key", int(time.monotonic() * 1000) & 0xFFFFFFFF, key, state)
        if key == self.CAPS_LOCK and state:
            self._locked ^= self._LOCK_MASK
        mask = _MASKS.get(key, 0)
        self._held = self._held | mask if state else self._held & ~mask
        self._keyboard.send("modifiers", self._held, 0, self._locked, 0)
        self._connection.round_trip()


class SwayWindow(Window):
    """One running application in sway."""

    x: Sway  # type: ignore[assignment]

    def __init__(self, sway: Sway, folder: Path) -> None:
        super().__init__(sway, folder)  # type: ignore[arg-type]

    def xid(self) -> str:
        """Its number in sway; empty while it has no window."""
        return next((str(w["id"]) for w in self.x.windows() if w["name"] == self.title), "")

    def focus(self) -> None:
        self.x.order(f'[title="^{self.title}$"] focus')
        wait_for(
            lambda: any(w["name"] == self.title and w["focused"] for w in self.x.windows()),
            f"{self.title} has the focus",
        )


class Foot(SwayWindow):
    """A terminal in raw mode: what arrives is what was written."""

    kind = "foot"

    def launch(self) -> subprocess.Popen[bytes]:
        need("foot")
        reader = f"stty raw -echo; exec tee '{self.file}'"
        return self.x.spawn("foot", "-T", self.title, "sh", "-c", reader)


class Gtk3(SwayWindow):
    """A GTK 3 text view, which also says what is shown as preedit."""

    kind = "gtk3"
    version = "3.0"
    secret = ""

    def launch(self) -> subprocess.Popen[bytes]:
        done = subprocess.run(
            [PYTHON, "-c", f"import gi; gi.require_version('Gtk', '{self.version}')"],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no GTK for {PYTHON}: apt install python3-gi gir1.2-gtk-{self.version}")
        arguments = (self.version, self.secret, self.title, str(self.file))
        return self.x.spawn(PYTHON, "-c", GTK_FIELD, *arguments)

    def preedit(self) -> str:
        """What is shown at the cursor and is no part of the text."""
        file = self.file.with_name(f"{self.file.name}.preedit")
        return file.read_text() if file.exists() else ""


class Gtk4(Gtk3):
    """The same with GTK 4."""

    kind = "gtk4"
    version = "4.0"


class Password(Gtk3):
    """A GTK 3 entry that hides what is typed."""

    kind = "password"
    secret = "yes"


class Blank(SwayWindow):
    """A GTK 3 window that takes no text."""

    kind = "blank"

    def launch(self) -> subprocess.Popen[bytes]:
        return self.x.spawn(PYTHON, "-c", _BLANK, self.title, str(self.file))


def only(*kinds: type[SwayWindow]) -> pytest.MarkDecorator:
    """A test in these windows of the fixture `window`, and not in all of them: that takes time."""
    return pytest.mark.parametrize("window", kinds, indirect=True, ids=lambda kind: kind.kind)
