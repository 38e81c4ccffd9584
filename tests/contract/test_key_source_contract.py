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

from dictate.config import HotkeySettings
from dictate.control import KEY_SOURCES, KeySource
from dictate.errors import Unavailable
from tests.lab.bus import session_bus
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


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Hand, str, str]]]:
    """For each source: who presses, and the variable that leads to its desktop."""
    with ExitStack() as stack:
        x = stack.enter_context(XServer(window_manager=False))
        bus = stack.enter_context(session_bus(tmp_path_factory.mktemp("bus")))
        portal = stack.enter_context(Portal(bus.address))
        yield {
            "x11": (XHand(x), "DISPLAY", x.display),
            "portal": (PortalHand(portal), "DBUS_SESSION_BUS_ADDRESS", bus.address),
        }


@pytest.fixture(params=KEY_SOURCES.table)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def source(
    name: str, hands: dict[str, tuple[Hand, str, str]], monkeypatch: pytest.MonkeyPatch
) -> KeySource:
    _, variable, value = hands[name]
    monkeypatch.setenv(variable, value)
    made = KEY_SOURCES.make(name, HotkeySettings(key="f9"))
    assert made.why_not() is None
    return made


@pytest.fixture
def hand(name: str, hands: dict[str, tuple[Hand, str, str]]) -> Hand:
    return hands[name][0]


def test_it_is_called_what_the_table_calls_it(source: KeySource) -> None:
    assert isinstance(KEY_SOURCES.make(source.name, HotkeySettings()), type(source))


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
    source: KeySource,
    name: str,
    hands: dict[str, tuple[Hand, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(hands[name][1])
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert source.why_not() is not None

    async def main() -> None:
        with pytest.raises(Unavailable):
            async with Listening(source):
                pass

    asyncio.run(main())


def test_a_key_that_nobody_has_is_refused(source: KeySource) -> None:
    wrong = KEY_SOURCES.make(source.name, HotkeySettings(key="ctr_r"))
    assert "did you mean 'ctrl_r'" in (wrong.why_not() or "")

    async def main() -> None:
        with pytest.raises(Unavailable, match="did you mean"):
            async with Listening(wrong):
                pass

    asyncio.run(main())


def test_importing_it_needs_no_desktop(name: str) -> None:
    module = KEY_SOURCES.table[name].partition(":")[0]
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=env, check=True)
