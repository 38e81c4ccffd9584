"""What every source of key presses promises, asked of each of them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dictate.config import HotkeySettings
from dictate.control import KEY_SOURCES, KeySource
from dictate.errors import Unavailable
from tests.lab.keys import Listening
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer(window_manager=False) as server:
        yield server


@pytest.fixture(params=KEY_SOURCES.table)
def source(
    request: pytest.FixtureRequest, x: XServer, monkeypatch: pytest.MonkeyPatch
) -> KeySource:
    monkeypatch.setenv("DISPLAY", x.display)
    made = KEY_SOURCES.make(request.param, HotkeySettings(key="f9"))
    reason = made.why_not()
    if reason is not None:
        pytest.skip(f"{made.name}: {reason}")
    return made


def test_it_is_called_what_the_table_calls_it(source: KeySource) -> None:
    assert isinstance(KEY_SOURCES.make(source.name, HotkeySettings()), type(source))


def test_press_and_release(source: KeySource, x: XServer) -> None:
    async def main() -> None:
        async with Listening(source) as keys:
            for _ in range(3):
                await asyncio.to_thread(
                    x.run, "xdotool", "keydown", "F9", "sleep", "0.05", "keyup", "F9"
                )
                down, up = await keys.wait_for("KeyDown", "KeyUp")
                assert down.at < up.at

    asyncio.run(main())


def test_it_can_be_cancelled_and_started_again(source: KeySource, x: XServer) -> None:
    async def main() -> None:
        for _ in range(3):
            async with Listening(source):
                pass
        async with Listening(source) as keys:
            await asyncio.to_thread(x.run, "xdotool", "keydown", "F9")
            await keys.wait_for("KeyDown")
            await asyncio.to_thread(x.run, "xdotool", "keyup", "F9")
            await keys.wait_for("KeyUp")

    asyncio.run(main())


def test_without_a_desktop_it_says_why_not(
    source: KeySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    assert source.why_not() is not None

    async def main() -> None:
        with pytest.raises(Unavailable):
            async with Listening(source):
                pass

    asyncio.run(main())


@pytest.mark.parametrize("name", KEY_SOURCES.table)
def test_importing_it_needs_no_desktop(name: str) -> None:
    module = KEY_SOURCES.table[name].partition(":")[0]
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=env, check=True)
