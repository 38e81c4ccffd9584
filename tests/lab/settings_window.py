"""The settings window as a person has it: what a screen reader is told of it, real clicks and
keys."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
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
_GET: Final = "org.freedesktop.DBus.Properties.Get"
_CACHE: Final = "/org/a11y/atspi/cache"
_OF_WINDOW: Final = 1
"""The coordinates are those within the window."""


@dataclass(frozen=True)
class Seen:
    """A widget as a screen reader finds it."""

    place: tuple[str, str]
    name: str


class Gone(LookupError):
    """A widget that is there no more."""


class SettingsWindow:
    """A window that is open; `x.run("xdotool", ...)` types into it."""

    def __init__(self, x: XServer, accessibility: Connection) -> None:
        self.x = x
        self._bus = accessibility

    def _ask(self, place: Sequence[str], member: str, signature: str = "", *body: Any) -> Any:
        interface, _, name = member.rpartition(".")
        answer = self._bus.call(*place, interface, name, signature, *body, limit_s=10)
        if answer.error:
            raise Gone(f"{member} of {place}: {answer}")
        return answer.body[0]

    def everything(self) -> list[Seen]:
        """All that is on the page, from the top down; also what must be scrolled to."""
        try:
            (application,) = self._ask(_ROOT, f"{_ACCESSIBLE}.GetChildren")
            places = list(self._below(application))
            # All names at once, of the widgets that were asked for before.
            items = self._ask((application[0], _CACHE), "org.a11y.atspi.Cache.GetItems")
        except (Gone, ValueError):  # it is about to start, or changes
            return []
        names = {item[0][1]: item[6] for item in items}
        return [Seen((bus, path), names.get(path, "")) for bus, path in places]

    def _below(self, place: Sequence[str]) -> Iterator[tuple[str, str]]:
        for bus, path in self._ask(place, f"{_ACCESSIBLE}.GetChildren"):
            yield bus, path
            yield from self._below((bus, path))

    def _all(self, name: str, role: str = "") -> Iterator[Seen]:
        for one in self.everything():
            if re.fullmatch(name, one.name, re.DOTALL):
                with suppress(Gone):
                    if not role or self._ask(one.place, f"{_ACCESSIBLE}.GetRoleName") == role:
                        yield one

    def find(self, name: str, role: str = "") -> Seen:
        """The first widget of this name."""
        found: list[Seen] = []

        def look() -> bool:
            found.extend(self._all(name, role))
            return bool(found)

        try:
            wait_for(look, f"{role} {name!r}", 30)
        except AssertionError as error:
            there = [one.name for one in self.everything() if one.name]
            raise AssertionError(f"{error}; there are {there}") from None
        return found[0]

    def has(self, name: str, role: str = "") -> bool:
        """Whether there is a widget of this name now."""
        return any(self._all(name, role))

    def text_of(self, name: str, role: str = "") -> str:
        """What stands in a field now; nothing if there is no such field."""
        for one in self._all(name, role):
            with suppress(Gone):
                text = "org.a11y.atspi.Text"
                many = self._ask(one.place, _GET, "ss", text, "CharacterCount")
                return str(self._ask(one.place, f"{text}.GetText", "ii", 0, many))
        return ""

    def click(self, name: str, role: str = "") -> None:
        """Click in the middle of it, once it stands still."""
        before = None
        while (at := self._middle(self.find(name, role))) != before:
            before = at
            time.sleep(0.05)
        self.x.run("xdotool", "mousemove", *map(str, at), "click", "1")

    def size(self, name: str, role: str = "") -> tuple[int, int]:
        """Width and height of a widget, in pixels."""
        return self._extents(self.find(name, role))[2:]

    def resize(self, width: int, height: int) -> None:
        """Make the window so large."""
        self.x.run("xdotool", "windowsize", "--sync", self._window(), str(width), str(height))

    def _window(self) -> str:
        return self.x.run("xdotool", "search", "--onlyvisible", "--name", TITLE).split()[-1]

    def _extents(self, seen: Seen) -> tuple[int, int, int, int]:
        x, y, width, height = self._ask(
            seen.place, "org.a11y.atspi.Component.GetExtents", "u", _OF_WINDOW
        )
        return x, y, width, height

    def _middle(self, seen: Seen) -> tuple[int, int]:
        x, y, width, height = self._extents(seen)
        said = self.x.run("xdotool", "getwindowgeometry", "--shell", self._window())
        of_window = {one: int(number) for one, number in re.findall(r"^(\w+)=(-?\d+)$", said, re.M)}
        in_window = (x + width // 2, y + height // 2)
        assert 0 < in_window[0] < of_window["WIDTH"], f"{seen.name} is outside of the window"
        assert 0 < in_window[1] < of_window["HEIGHT"], f"{seen.name} must be scrolled to"
        return of_window["X"] + in_window[0], of_window["Y"] + in_window[1]

    def type(self, text: str) -> None:
        """Type it over what the field has."""
        self.x.run("xdotool", "key", "ctrl+a")
        self.x.run("xdotool", "type", "--delay", "1", text)

    def search(self, words: str) -> None:
        """Search the options for these words."""
        self.press("ctrl+f")
        self.type(words)
        self.find(f"Search: {words}")

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
