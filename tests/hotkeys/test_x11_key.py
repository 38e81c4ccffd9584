"""The hotkey under a real X server, pressed by xdotool."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys import KeyUp, x11
from dictate.hotkeys.x11 import X11KeySource
from dictate.platform.x11 import raw_key
from tests.lab.keys import Listening
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def shared() -> Iterator[XServer]:
    with XServer(window_manager=False) as server:
        yield server


def listen(work: Callable[[Listening], Awaitable[None]], key: str = "ctrl_r") -> None:
    source = X11KeySource(HotkeySettings(key=key))
    assert source.unavailable_reason() is None

    async def main() -> None:
        async with Listening(source) as keys:
            await work(keys)

    asyncio.run(main())
    wait_for(lambda: not listeners(), "the threads end")


def listeners() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "x11" in thread.name]


async def xdotool(x: XServer, *arguments: str) -> None:
    await asyncio.to_thread(x.run, "xdotool", *arguments)


@pytest.mark.fault("B2")
def test_hold_is_one_press_and_one_release_whatever_repeats(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        started = time.monotonic()
        await xdotool(x, "keydown", "F9")
        await keys.wait_for("KeyDown")
        await asyncio.sleep(1.2)  # auto-repeat begins after 0.66 s
        assert keys.heard == []
        await xdotool(x, "keyup", "F9")
        [released] = await keys.wait_for("KeyUp")
        assert started + 1.2 < released.at < time.monotonic()

    listen(work, "f9")


@pytest.mark.parametrize(
    ("key", "pressed"),
    [
        ("ctrl_r", "Control_R"), ("pause", "Pause"), ("scroll_lock", "Scroll_Lock"), ("f1", "F1"),
        ("f12", "F12"), ("z", "z"), (";", "semicolon"), ("alt_gr", "Alt_R"),
    ],
)  # fmt: skip
def test_every_kind_of_key(x: XServer, key: str, pressed: str) -> None:
    async def work(keys: Listening) -> None:
        await xdotool(x, "key", "q")
        await xdotool(x, "keydown", pressed, "sleep", "0.05", "keyup", pressed)
        await keys.wait_for("KeyDown", "KeyUp")
        await xdotool(x, "key", "Tab")
        await asyncio.sleep(0.1)
        assert keys.heard == []

    listen(work, key)


def test_a_shortcut_with_the_key_is_told_from_a_tap(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        for other, combined in (("c", True), (None, False)):
            between = ("key", other) if other else ("sleep", "0.02")
            await xdotool(x, "keydown", "Control_R", *between, "keyup", "Control_R")
            _, released = await keys.wait_for("KeyDown", "KeyUp")
            assert isinstance(released, KeyUp)
            assert released.combined is combined

    listen(work, "ctrl_r")


def test_alt_gr_where_the_layout_has_one(x: XServer) -> None:
    need("setxkbmap")

    async def work(keys: Listening) -> None:
        await xdotool(
            x, "keydown", "ISO_Level3_Shift", "sleep", "0.05", "keyup", "ISO_Level3_Shift"
        )
        await keys.wait_for("KeyDown", "KeyUp")

    x.run("setxkbmap", "de")
    try:
        listen(work, "alt_gr")
    finally:
        x.run("setxkbmap", "us")


def test_a_layout_switched_while_listening(x: XServer) -> None:
    need("setxkbmap")

    async def work(keys: Listening) -> None:
        await asyncio.to_thread(x.run, "setxkbmap", "fr")
        await asyncio.sleep(0.2)
        await xdotool(x, "keydown", "F9", "sleep", "0.05", "keyup", "F9")
        await keys.wait_for("KeyDown", "KeyUp")

    try:
        listen(work, "f9")
    finally:
        x.run("setxkbmap", "us")


def test_shift_pressed_meanwhile_does_not_hide_the_release(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        await xdotool(x, "keydown", "z")
        await keys.wait_for("KeyDown")
        await xdotool(x, "keydown", "shift", "keyup", "z", "keyup", "shift")
        await keys.wait_for("KeyUp")

    listen(work, "z")


def test_a_synthetic_release_of_a_key_that_is_held_does_not_count(x: XServer) -> None:
    """Whoever types while the user holds the key lets go of modifiers, and presses them again."""
    from Xlib import X
    from Xlib.display import Display

    def blink() -> None:
        display = Display(x.display)
        code = display.keysym_to_keycode(0xFFE4)  # Control_R
        display.grab_server()
        display.xtest_fake_input(X.KeyRelease, code)
        display.xtest_fake_input(X.KeyPress, code)
        display.ungrab_server()
        display.sync()
        display.close()

    async def work(keys: Listening) -> None:
        await xdotool(x, "keydown", "Control_R")
        await keys.wait_for("KeyDown")
        for _ in range(5):
            await asyncio.to_thread(blink)
        await asyncio.sleep(0.5)
        assert keys.heard == []
        await xdotool(x, "keyup", "Control_R")
        await keys.wait_for("KeyUp")

    listen(work)


@pytest.mark.fault("B1")
def test_a_lost_release_is_found(x: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def presses(event: object) -> tuple[bool, int] | None:
        key = raw_key(event)
        return key if key and key[0] else None

    monkeypatch.setattr(x11, "raw_key", presses)

    async def work(keys: Listening) -> None:
        await xdotool(x, "keydown", "Control_R")
        await keys.wait_for("KeyDown")
        await xdotool(x, "keyup", "Control_R")
        await keys.wait_for("KeyUp", seconds=2)

    listen(work)


def test_the_key_is_heard_while_another_program_has_the_keyboard(x: XServer) -> None:
    """An open menu, for example."""

    async def work(keys: Listening) -> None:
        with x.grabbed():
            await xdotool(x, "keydown", "Control_R")
            await keys.wait_for("KeyDown")
            await xdotool(x, "keyup", "Control_R")
            await keys.wait_for("KeyUp")

    listen(work)


@pytest.mark.fault("B4")
def test_the_server_dies_while_the_key_is_down_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with XServer(window_manager=False) as x:
        monkeypatch.setenv("DISPLAY", x.display)
        source = X11KeySource(HotkeySettings(key="f9"))

        async def main() -> None:
            async with Listening(source) as keys:
                await xdotool(x, "keydown", "F9")
                await keys.wait_for("KeyDown")
                await asyncio.to_thread(x.kill)
                with pytest.raises(Unavailable, match="X server"):
                    await asyncio.wait_for(keys.task, 2)
                await keys.wait_for("KeyUp")
            with pytest.raises(Unavailable):
                async with Listening(source):
                    pass
            await asyncio.to_thread(x.start, x.display)
            async with Listening(source) as keys:
                await xdotool(x, "keydown", "F9", "sleep", "0.05", "keyup", "F9")
                await keys.wait_for("KeyDown", "KeyUp")

        asyncio.run(main())
    wait_for(lambda: not listeners(), "the threads end")


def test_why_not(x: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = X11KeySource(HotkeySettings(key="ctr_r")).unavailable_reason()
    assert reason is not None
    assert "did you mean ctrl_r" in reason
    assert "scroll_lock" in (X11KeySource(HotkeySettings(key="windows")).unavailable_reason() or "")
    assert "'strg'" in (X11KeySource(HotkeySettings(key="strg+d")).unavailable_reason() or "")
    with monkeypatch.context() as wayland:
        wayland.setenv("WAYLAND_DISPLAY", "wayland-1")
        assert "Wayland" in (X11KeySource(HotkeySettings()).unavailable_reason() or "")
    monkeypatch.setenv("DISPLAY", ":65000")
    assert ":65000" in (X11KeySource(HotkeySettings()).unavailable_reason() or "")
    monkeypatch.delenv("DISPLAY")
    assert "DISPLAY" in (X11KeySource(HotkeySettings()).unavailable_reason() or "")


def test_a_key_that_the_layout_lacks(x: XServer) -> None:
    async def main() -> None:
        with pytest.raises(Unavailable, match="has no key"):
            async with Listening(X11KeySource(HotkeySettings(key="♥"))):
                pass
        with pytest.raises(Unavailable, match="no key is called"):
            async with Listening(X11KeySource(HotkeySettings(key="hyper"))):
                pass

    asyncio.run(main())


def test_idle_costs_nothing(x: XServer) -> None:
    async def work(keys: Listening) -> None:
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.05  # a loop that polls would burn far more

    listen(work)
