"""The settings window as a person has it: what a screen reader is told of it, real clicks and
keys."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from dictate.client.connection import Connection
from dictate.ui.gtk import PYTHON
from tests.lab.accessibility import AccessibilityBus
from tests.lab.xserver import XServer, wait_for

COMMAND: Final = (sys.executable, "-P", "-m", "dictate", "settings")
TITLE: Final = "Dictate settings"
_ROOT: Final = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
_OF_WINDOW: Final = 1
"""The coordinates are those within the window."""


@dataclass(frozen=True)
class Seen:
    """A widget as a screen reader finds it."""

    place: tuple[str, str]
    name: str
    role: str


class SettingsWindow:
    """A window that is open; `x.run("xdotool", ...)` types into it."""

    def __init__(self, x: XServer, accessibility: Connection) -> None:
        self.x = x
        self._bus = accessibility

    def _ask(self, place: Sequence[str], member: str, signature: str = "", *body: Any) -> Any:
        interface, _, name = member.rpartition(".")
        answer = self._bus.call(*place, interface, name, signature, *body, limit_s=10)
        assert not answer.error, f"{member} of {place}: {answer}"
        return answer.body[0]

    def _property(self, place: Sequence[str], interface: str, name: str) -> Any:
        return self._ask(place, "org.freedesktop.DBus.Properties.Get", "ss", interface, name)

    def _below(self, place: Sequence[str]) -> Iterator[Seen]:
        for child in self._ask(place, f"{_ACCESSIBLE}.GetChildren"):
            found = Seen(
                tuple(child),
                self._property(child, _ACCESSIBLE, "Name"),
                self._ask(child, f"{_ACCESSIBLE}.GetRoleName"),
            )
            yield found
            yield from self._below(child)

    def everything(self) -> list[Seen]:
        """All that is on the screen, from the top down."""
        # It starts with the first program that tells of itself.
        root = self._bus.call(*_ROOT, _ACCESSIBLE, "GetChildren", limit_s=10)
        for application in root.body[0] if not root.error else ():
            if "ettings" in self._property(application, _ACCESSIBLE, "Name"):
                return list(self._below(application))
        return []

    def find(self, name: str, role: str = "") -> Seen:
        """The first widget of this name."""
        found: list[Seen] = []
        try:
            wait_for(lambda: self._look(name, role, found), f"{role} {name!r} on the screen", 10)
        except AssertionError as error:
            there = [f"{one.role} {one.name!r}" for one in self.everything() if one.name]
            raise AssertionError(f"{error}; but {', '.join(there)}") from None
        return found[0]

    def _look(self, name: str, role: str = "", found: list[Seen] | None = None) -> bool:
        there = [
            one
            for one in self.everything()
            if re.fullmatch(name, one.name) and re.fullmatch(role or ".*", one.role)
        ]
        if found is not None:
            found[:] = there
        return bool(there)

    def has(self, name: str, role: str = "") -> bool:
        """Whether a widget of this name is on the screen now."""
        return self._look(name, role)

    def text_of(self, name: str, role: str = "") -> str:
        """What stands in a field now; nothing if there is no such field."""
        for one in self.everything():
            if re.fullmatch(name, one.name) and re.fullmatch(role or ".*", one.role):
                text = "org.a11y.atspi.Text"
                return str(self._ask(one.place, f"{text}.GetText", "ii", 0, -1))
        return ""

    def click(self, name: str, role: str = "") -> None:
        """Click in the middle of it."""
        place = self.find(name, role).place
        x, y, width, height = self._ask(
            place, "org.a11y.atspi.Component.GetExtents", "u", _OF_WINDOW
        )
        window = self.x.run("xdotool", "search", "--onlyvisible", "--name", TITLE).split()[-1]
        at = self.x.run("xdotool", "getwindowgeometry", "--shell", window)
        left, top = (int(re.search(rf"^{one}=(-?\d+)", at, re.M)[1]) for one in "XY")  # type: ignore[index]
        self.x.run(
            "xdotool",
            *("mousemove", str(left + x + width // 2), str(top + y + height // 2)),
            *("click", "1"),
        )

    def type(self, text: str) -> None:
        """Type it over what the field has."""
        self.x.run("xdotool", "key", "ctrl+a")
        self.x.run("xdotool", "type", "--delay", "1", text)

    def press(self, *keys: str) -> None:
        """Press these keys, one after the other."""
        self.x.run("xdotool", "key", *keys)


@contextmanager
def settings_window(x: XServer, env: Mapping[str, str], folder: Path) -> Iterator[SettingsWindow]:
    """An open window of the user who has this environment; sockets are in `folder`."""
    need_libadwaita()
    session = env["DBUS_SESSION_BUS_ADDRESS"]
    with ExitStack() as stack:
        accessibility = stack.enter_context(AccessibilityBus(session, folder, x.display))
        here = {"DISPLAY": x.display, "LC_ALL": "C.UTF-8", "GSETTINGS_BACKEND": "memory"}
        process = subprocess.Popen(
            COMMAND, env={**env, **here, **accessibility.env}, stdin=subprocess.DEVNULL
        )
        stack.callback(process.wait, 20)
        stack.callback(process.terminate)
        bus = stack.enter_context(closing(Connection(session)))
        where = bus.call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", limit_s=10)
        reader = stack.enter_context(closing(Connection(where.body[0])))
        window = SettingsWindow(x, reader)
        window.find("Microphone")
        yield window


def need_libadwaita() -> None:
    """Skip the test where the system has none."""
    code = "import gi; gi.require_version('Adw', '1'); from gi.repository import Adw"
    done = subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no libadwaita for {PYTHON}: apt install gir1.2-adw-1")
