"""Keys that no other program shall hear: alone, or together with modifiers, on a real X server."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys.x11 import X11KeySource
from tests.hotkeys.test_x11_key import listeners
from tests.lab.keys import Listening
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture
def window(x: XServer, tmp_path: Path) -> Iterator[GtkField]:
    """A text field with the focus: what arrives there, an application hears."""
    field = GtkField(x, tmp_path)
    yield field
    field.close()


def listen(work: Callable[[Listening], Awaitable[None]], key: str, cancel_key: str = "") -> None:
    source = X11KeySource(HotkeySettings(key=key, cancel_key=cancel_key))
    assert source.unavailable_reason() is None

    async def main() -> None:
        async with Listening(source) as keys:
            await work(keys)

    asyncio.run(main())
    wait_for(lambda: not listeners(), "the threads end")


async def xdotool(x: XServer, *arguments: str) -> None:
    await asyncio.to_thread(x.run, "xdotool", *arguments)


@pytest.mark.fault("B2")
@pytest.mark.parametrize(
    ("key", "pressed"),
    [
        ("ctrl+alt+space", ("ctrl", "alt", "space")),
        ("super+y", ("Super_L", "y")),
        ("shift+f5", ("shift", "F5")),
        ("x", ("x",)),
    ],
)
def test_no_application_hears_it_however_long_it_is_held(
    x: XServer, window: GtkField, key: str, pressed: tuple[str, ...]
) -> None:
    async def work(keys: Listening) -> None:
        for name in pressed:
            await xdotool(x, "keydown", name)
        await keys.wait_for("KeyDown")
        await asyncio.sleep(1.0)  # auto-repeat begins after 0.66 s
        # Who lets go of the modifiers first goes on pressing a letter, which repeats itself.
        for name in pressed[:-1]:
            await xdotool(x, "keyup", name)
        await asyncio.sleep(0.3)
        assert keys.heard == []
        await xdotool(x, "keyup", pressed[-1])
        await keys.wait_for("KeyUp")
        await xdotool(x, "key", "q")
        await asyncio.to_thread(window.wait_text, "q")

    listen(work, key)


def test_the_locks_do_not_matter_and_other_modifiers_do(x: XServer, window: GtkField) -> None:
    async def work(keys: Listening) -> None:
        for lock in ("Caps_Lock", "Num_Lock"):
            await xdotool(x, "key", lock)
            await xdotool(x, "key", "ctrl+alt+space")
            await keys.wait_for("KeyDown", "KeyUp")
            await xdotool(x, "key", lock)
        for other in ("space", "shift+space", "ctrl+space"):
            await xdotool(x, "key", other)
        await asyncio.to_thread(wait_for, lambda: window.text() == "  ", "the window has them")
        assert keys.heard == []

    listen(work, "ctrl+alt+space")


def test_what_is_pasted_while_it_is_held_arrives(x: XServer, window: GtkField) -> None:
    """The next dictation is being said when the text of the last one is written."""

    async def work(keys: Listening) -> None:
        await xdotool(x, "keydown", "F9")
        await keys.wait_for("KeyDown")
        await asyncio.sleep(0.1)
        await xdotool(x, "type", "ab")
        await asyncio.to_thread(window.wait_text, "ab")
        await xdotool(x, "keyup", "F9")
        await keys.wait_for("KeyUp")

    listen(work, "f9")


def test_a_tap_is_a_press_and_a_release(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        for _ in range(20):
            await xdotool(x, "key", "--delay", "0", "super+y")
            down, up = await keys.wait_for("KeyDown", "KeyUp")
            assert down.at < up.at < down.at + 0.2

    listen(work, "super+y")


def test_a_key_that_somebody_else_has_is_told_by_its_name(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        for key in ("ctrl+alt+space", "alt+space"):  # ours, and the window manager's
            taken = X11KeySource(HotkeySettings(key=key))
            with pytest.raises(Unavailable, match=rf"{re.escape(key)} is taken by another program"):
                async with Listening(taken):
                    pass
        async with Listening(X11KeySource(HotkeySettings(key="ctrl+shift+space"))):
            pass

    listen(work, "ctrl+alt+space")


def test_the_key_that_cancels_is_heard_while_the_hotkey_is_down(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        await xdotool(x, "keydown", "ctrl", "keydown", "shift", "key", "Escape")
        await keys.wait_for("KeyDown", "KeyUp")
        await xdotool(x, "keyup", "ctrl", "keyup", "shift", "key", "Escape")
        await keys.wait_for("KeyDown", "KeyUp")

    listen(work, "escape", "escape")


def test_another_key_of_ours_is_heard_while_one_is_down(x: XServer, window: GtkField) -> None:
    """The server itself would let it go to the window."""

    async def work(keys: Listening) -> None:
        cancel = X11KeySource(HotkeySettings(key="c", cancel_key="c"))
        async with Listening(cancel) as others:
            await xdotool(x, "keydown", "ctrl", "keydown", "F9")
            await keys.wait_for("KeyDown")
            await xdotool(x, "key", "c")
            await others.wait_for("KeyDown", "KeyUp")
            await xdotool(x, "key", "q")
            await xdotool(x, "keyup", "F9", "keyup", "ctrl")
            await keys.wait_for("KeyUp")
        await xdotool(x, "key", "c")
        await asyncio.to_thread(window.wait_text, "c")

    listen(work, "ctrl+f9")


def test_it_is_everybodys_again_afterwards(x: XServer, window: GtkField) -> None:
    async def work(keys: Listening) -> None:
        await xdotool(x, "key", "x")
        await keys.wait_for("KeyDown", "KeyUp")

    listen(work, "x")
    x.run("xdotool", "key", "x")
    window.wait_text("x")


def test_another_layout_has_it_elsewhere(x: XServer) -> None:
    need("setxkbmap")

    async def work(keys: Listening) -> None:
        await asyncio.to_thread(x.run, "setxkbmap", "fr")
        await asyncio.sleep(0.3)
        await xdotool(x, "key", "ctrl+a")  # where q was
        await keys.wait_for("KeyDown", "KeyUp")
        await asyncio.to_thread(x.run, "setxkbmap", "us")
        await asyncio.sleep(0.3)
        await xdotool(x, "key", "ctrl+a")
        await keys.wait_for("KeyDown", "KeyUp")

    try:
        listen(work, "ctrl+a")
    finally:
        x.run("setxkbmap", "us")


@pytest.mark.fault("B4")
def test_the_server_dies_while_it_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    with XServer(window_manager=False) as x:
        monkeypatch.setenv("DISPLAY", x.display)

        async def main() -> None:
            async with Listening(X11KeySource(HotkeySettings(key="ctrl+f9"))) as keys:
                await xdotool(x, "keydown", "ctrl", "keydown", "F9")
                await keys.wait_for("KeyDown")
                await asyncio.to_thread(x.kill)
                with pytest.raises(Unavailable, match="X server"):
                    await asyncio.wait_for(keys.task, 2)
                await keys.wait_for("KeyUp")

        asyncio.run(main())


def test_idle_costs_nothing_and_holding_little(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.1
        await xdotool(x, "keydown", "ctrl", "keydown", "F9")
        await keys.wait_for("KeyDown")
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.2
        await xdotool(x, "keyup", "F9", "keyup", "ctrl")
        await keys.wait_for("KeyUp")

    listen(work, "ctrl+f9")
