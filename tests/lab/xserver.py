"""A private X server without a screen, with a window manager, on a display of its own."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import pytest
from Xlib import XK, X
from Xlib.display import Display

_NEEDED = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "xclip": "xclip",
    "xterm": "xterm",
    "ibus-daemon": "ibus",
    "kwin_wayland": "kwin-wayland",
    "Xwayland": "xwayland",
    "gdbus": "libglib2.0-bin",
    "convert": "imagemagick",
}


def need(*programs: str) -> None:
    """Skip the test if one of these programs is missing, and say how to get it."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    for program in programs:
        if not any((Path(folder) / program).exists() for folder in folders):
            pytest.skip(f"{program} is missing: apt install {_NEEDED.get(program, program)}")


def _displays() -> Iterator[str]:
    """Displays of this worker of pytest-xdist alone: a number that is free because a test has
    killed its server must not be taken by the test of another worker."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 100 * (1 + worker)
    return (f":{number}" for number in range(first, first + 100))


class XServer:
    """`with XServer() as x:` Xvfb and openbox run, and `x.display` is their DISPLAY.

    Commands on it get `x.env`; the test's own process is left alone. `without` names an extension
    that the server starts without; `size` is that of the screen, in pixels.
    """

    def __init__(
        self, *, window_manager: bool = True, without: str = "", size: str = "1024x768"
    ) -> None:
        self.window_manager = window_manager
        self.without = without
        self.size = size
        self.display = ""
        self.more_env: dict[str, str] = {}
        """Further environment variables of the programs on it."""
        self.server: subprocess.Popen[bytes] | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def env(self) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY",)}
        here = {"DISPLAY": self.display, "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1"}
        return env | here | self.more_env

    def __enter__(self) -> "XServer":
        need("Xvfb", "xdotool", *(["openbox"] if self.window_manager else []))
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def start(self, display: str | None = None) -> None:
        """Start the server, on a free display or on that one (":7"), then the window manager."""
        if not any(self._serves(one) for one in ([display] if display else _displays())):
            raise RuntimeError("Xvfb did not start")
        if self.window_manager:
            self.spawn("openbox", "--sm-disable")
            wait_for(
                lambda: "window id" in self.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"),
                "openbox",
            )

    def _serves(self, display: str) -> bool:
        """Start the server there; whether it runs, which it does not where another one does."""
        reading, writing = os.pipe()
        arguments = ["Xvfb", display, "-displayfd", str(writing)]
        arguments += ["-screen", "0", f"{self.size}x24", "-nolisten", "tcp", "-noreset"]
        if self.without:
            arguments += ["-extension", self.without]
        self.server = subprocess.Popen(
            arguments, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            end(self.server)
            self.server = None
            return False
        self.display = f":{number}"
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in reversed(self._children):
            end(child)
        self._children.clear()
        self.kill()

    def kill(self) -> None:
        """SIGKILL the server."""
        if self.server is not None:
            end(self.server)
            self.server = None
            number = self.display.lstrip(":")
            for left in (f"/tmp/.X{number}-lock", f"/tmp/.X11-unix/X{number}"):
                Path(left).unlink(missing_ok=True)

    def spawn(
        self,
        *command: str,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
        more_env: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[bytes]:
        """Start a program that is ended with the server."""
        child = subprocess.Popen(
            command,
            env={**self.env, **more_env},
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )
        self._children.append(child)
        return child

    def run(self, *command: str, data: bytes | None = None, timeout: float = 10) -> str:
        """The output of a command on this display. The command must succeed."""
        done = subprocess.run(
            command, env=self.env, input=data, capture_output=True, timeout=timeout, check=True
        )
        return done.stdout.decode()

    def key(self, code: int, *, down: bool) -> None:
        """Press or release the key with this code, whatever the layout calls it."""
        with self._connected() as display:
            display.xtest_fake_input(X.KeyPress if down else X.KeyRelease, code)
            display.sync()

    def remap(self, codes: Mapping[int, str]) -> None:
        """What `xmodmap -e "keycode 66 = Control_R"` does, one step for each code."""
        with self._connected() as display:
            for code, name in codes.items():
                display.change_keyboard_mapping(code, [[XK.string_to_keysym(name)]])
                display.sync()

    @contextmanager
    def grabbed(self) -> Iterator[None]:
        """Another program has the keyboard."""
        with self._connected() as display:
            root = display.screen().root
            root.grab_keyboard(X.NONE, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
            yield

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        display = Display(self.display)
        try:
            yield display
        finally:
            display.close()

    def keys_down(self) -> set[int]:
        """The keycodes that the server considers pressed."""
        with self._connected() as display:
            keymap = display.query_keymap()
        return {
            8 * at + bit for at, byte in enumerate(keymap) for bit in range(8) if byte >> bit & 1
        }

    def screenshot(self, path: Path) -> Path:
        """The whole screen as a PNG (needs ImageMagick)."""
        need("import")
        self.run("import", "-window", "root", str(path))
        return path


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Poll until `condition()` is true; fail with `what` after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except subprocess.CalledProcessError:
            pass
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def end(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL a child, stopped or not, and reap it."""
    child.kill()
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
