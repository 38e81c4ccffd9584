"""What every source of key presses promises, asked of each of them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys import KEY_SOURCES, KeySource
from tests.lab.bus import session_bus
from tests.lab.evdev import EvdevSource, Keyboard
from tests.lab.keys import Listening
from tests.lab.portal import Portal
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop


class Hand(Protocol):
    """Presses the key, where the source listens."""

    def press(self) -> None: ...

    def release(self) -> None: ...


@dataclass
class XHand:
    x: XServer

    def press(self) -> None:
        self.x.run("xdotool", "keydown", "F9")

    def release(self) -> None:
        self.x.run("xdotool", "keyup", "F9")


@dataclass
class PortalHand:
    portal: Portal

    def press(self) -> None:
        self.portal.tell("press")

    def release(self) -> None:
        self.portal.tell("release")


@dataclass
class Desktop:
    """Where one source listens."""

    hand: Hand
    variable: str
    """What leads to it."""
    value: str

    def make(self, name: str, key: str = "f9") -> KeySource:
        """The source; one that reads devices finds those of the test's folder."""
        settings = HotkeySettings(key=key)
        if name == "evdev":
            return EvdevSource(settings, Path(os.environ.get(self.variable, "/nowhere")))
        return KEY_SOURCES.make(name, settings)


@pytest.fixture(scope="module")
def desktops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desktop]]:
    with ExitStack() as stack:
        x = stack.enter_context(XServer(window_manager=False))
        bus = stack.enter_context(session_bus(tmp_path_factory.mktemp("bus")))
        portal = stack.enter_context(Portal(bus.address))
        devices = tmp_path_factory.mktemp("devices")
        yield {
            "x11": Desktop(XHand(x), "DISPLAY", x.display),
            "portal": Desktop(PortalHand(portal), "DBUS_SESSION_BUS_ADDRESS", bus.address),
            "evdev": Desktop(Keyboard(devices / "event0"), "DEVICES", str(devices)),
        }


@pytest.fixture(params=KEY_SOURCES.table)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desktop(name: str, desktops: dict[str, Desktop], monkeypatch: pytest.MonkeyPatch) -> Desktop:
    monkeypatch.setenv(desktops[name].variable, desktops[name].value)
    return desktops[name]


@pytest.fixture
def source(name: str, desktop: Desktop) -> KeySource:
    made = desktop.make(name)
    assert made.unavailable_reason() is None
    return made


@pytest.fixture
def hand(desktop: Desktop) -> Hand:
    return desktop.hand


def test_it_is_called_what_the_table_calls_it(source: KeySource) -> None:
    assert isinstance(source, KEY_SOURCES.load(source.name))


def test_press_and_release(source: KeySource, hand: Hand) -> None:
    async def main() -> None:
        async with Listening(source) as keys:
            for _ in range(3):
                await asyncio.to_thread(hand.press)
                await asyncio.sleep(0.05)
                await asyncio.to_thread(hand.release)
                down, up = await keys.wait_for("KeyDown", "KeyUp")
                assert down.at < up.at

    asyncio.run(main())


def test_it_can_be_cancelled_and_started_again(source: KeySource, hand: Hand) -> None:
    async def main() -> None:
        for _ in range(3):
            async with Listening(source):
                pass
        async with Listening(source) as keys:
            await asyncio.to_thread(hand.press)
            await keys.wait_for("KeyDown")
            await asyncio.to_thread(hand.release)
            await keys.wait_for("KeyUp")

    asyncio.run(main())


def test_without_a_desktop_it_says_why_not(
    name: str, desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(desktop.variable)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    source = desktop.make(name)
    assert source.unavailable_reason() is not None

    async def main() -> None:
        with pytest.raises(Unavailable):
            async with Listening(source):
                pass

    asyncio.run(main())


def test_a_key_that_nobody_has_is_refused(name: str, desktop: Desktop) -> None:
    wrong = desktop.make(name, "ctr_r")
    assert "did you mean ctrl_r" in (wrong.unavailable_reason() or "")

    async def main() -> None:
        with pytest.raises(Unavailable, match="did you mean"):
            async with Listening(wrong):
                pass

    asyncio.run(main())


def test_importing_it_needs_no_desktop(name: str) -> None:
    module = KEY_SOURCES.table[name].partition(":")[0]
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=env, check=True)
