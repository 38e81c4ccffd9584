"""A mouse button that no application hears while it is the hotkey, on a real X server."""

import asyncio
import re
from pathlib import Path

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys.x11 import X11KeySource
from tests.hotkeys.test_x11_grab import listen, xdotool
from tests.lab.keys import Listening
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


def test_no_application_hears_it_until_it_is_everybodys_again(x: XServer, tmp_path: Path) -> None:
    need("xev")
    log = tmp_path / "xev.log"
    x.spawn("sh", "-c", f"exec xev -event button -geometry 800x600+0+0 > '{log}'")
    wait_for(lambda: x.run("xdotool", "search", "--name", "Event Tester"), "xev has a window")
    x.run("xdotool", "mousemove", "200", "200")

    def buttons() -> list[tuple[str, str]]:
        return re.findall(r"(ButtonPress|ButtonRelease)(?:.|\n)*?button (\d+)", log.read_text())

    def heard(*wanted: tuple[str, str]) -> None:
        wait_for(lambda: buttons()[-len(wanted) :] == list(wanted), f"{wanted} in {buttons()}")

    async def work(keys: Listening) -> None:
        await xdotool(x, "click", "9", "click", "1")  # other buttons
        await asyncio.to_thread(heard, ("ButtonPress", "1"), ("ButtonRelease", "1"))
        await xdotool(x, "keydown", "shift", "click", "8", "keyup", "shift")  # another chord
        await asyncio.to_thread(heard, ("ButtonPress", "8"), ("ButtonRelease", "8"))
        before = buttons()
        for lock in ("", "Caps_Lock", "Num_Lock"):
            if lock:
                await xdotool(x, "key", lock)
            await xdotool(x, "mousedown", "8")
            await keys.wait_for("KeyDown")
            await asyncio.sleep(0.2)
            assert keys.heard == []
            await xdotool(x, "click", "1")  # nothing else can be clicked meanwhile
            await xdotool(x, "mouseup", "8")
            await keys.wait_for("KeyUp")
            if lock:
                await xdotool(x, "key", lock)
        await xdotool(x, "click", "2")
        await asyncio.to_thread(heard, ("ButtonPress", "2"), ("ButtonRelease", "2"))
        assert buttons()[: len(before) + 2] == [*before, *buttons()[-2:]]
        with pytest.raises(Unavailable, match="mouse_back is taken by another program"):
            async with Listening(X11KeySource(HotkeySettings(key="mouse_back"))):
                pass

    listen(work, "mouse_back")
    x.run("xdotool", "click", "8")
    heard(("ButtonPress", "8"), ("ButtonRelease", "8"))


def test_what_is_typed_while_it_is_held_arrives_and_a_key_can_cancel(
    x: XServer, tmp_path: Path
) -> None:
    window = GtkField(x, tmp_path)

    async def work(keys: Listening) -> None:
        cancel = X11KeySource(HotkeySettings(key="escape", cancel_key="escape"))
        async with Listening(cancel) as others:
            await xdotool(x, "keydown", "ctrl", "mousedown", "9", "keyup", "ctrl")
            await keys.wait_for("KeyDown")
            await xdotool(x, "type", "ab")
            await asyncio.to_thread(window.wait_text, "ab")
            await xdotool(x, "key", "Escape")
            await others.wait_for("KeyDown", "KeyUp")
            await xdotool(x, "mouseup", "9")
            await keys.wait_for("KeyUp")
            await xdotool(x, "click", "9")  # without ctrl
        assert keys.heard == []

    listen(work, "ctrl+mouse_forward")
    window.close()


@pytest.mark.fault("B4")
def test_the_server_dies_while_it_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    with XServer(window_manager=False) as x:
        monkeypatch.setenv("DISPLAY", x.display)

        async def main() -> None:
            async with Listening(X11KeySource(HotkeySettings(key="mouse_back"))) as keys:
                await xdotool(x, "mousedown", "8")
                await keys.wait_for("KeyDown")
                await asyncio.to_thread(x.kill)
                with pytest.raises(Unavailable, match="X server"):
                    await asyncio.wait_for(keys.task, 20)
                await keys.wait_for("KeyUp")

        asyncio.run(main())
