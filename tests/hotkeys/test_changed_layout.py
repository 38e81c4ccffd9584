"""Keyboard layouts that change while Dictate runs, as xmodmap and setxkbmap change them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys.x11 import X11KeySource
from tests.hotkeys.test_x11_key import listeners
from tests.lab.keys import Listening
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop

# Key codes of a usual PC keyboard.
CTRL_L, ALT_L, D, F, Z, Y = 37, 64, 40, 41, 52, 29
CAPS_LOCK, CTRL_R, F9, F10, MENU = 66, 105, 75, 76, 135
SETTLED_S = 0.3
"""Seconds in which the source has seen a change."""

MOVES = [
    pytest.param("ctrl_r", (), CTRL_R, CAPS_LOCK, {CAPS_LOCK: "Control_R", CTRL_R: "F13"}),
    pytest.param("f9", (), F9, MENU, {F9: "F13", MENU: "F9"}),
    pytest.param("f9", (), F9, F10, {F9: "F10", F10: "F9"}),
    pytest.param("ctrl+alt+d", (CTRL_L, ALT_L), D, F, {D: "f", F: "d"}),
]
"""A key, the modifiers that are held with it, its old and its new code, and the change."""


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    with XServer(window_manager=False) as server:
        monkeypatch.setenv("DISPLAY", server.display)
        yield server


def listen(key: str, work: Callable[[Listening], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Listening(X11KeySource(HotkeySettings(key=key))) as keys:
            await work(keys)

    asyncio.run(main())
    wait_for(lambda: not listeners(), "the threads end")


async def press(x: XServer, *codes: int) -> None:
    for code in codes:
        await asyncio.to_thread(x.key, code, down=True)


async def release(x: XServer, *codes: int) -> None:
    for code in reversed(codes):
        await asyncio.to_thread(x.key, code, down=False)


@pytest.mark.parametrize(("key", "held", "old", "new", "change"), MOVES)
def test_the_new_key_works_and_the_old_one_does_not(
    x: XServer, key: str, held: tuple[int, ...], old: int, new: int, change: dict[int, str]
) -> None:
    async def work(keys: Listening) -> None:
        await asyncio.to_thread(x.remap, change)
        await asyncio.sleep(SETTLED_S)
        await press(x, *held, old)
        await asyncio.sleep(SETTLED_S)
        await release(x, *held, old)
        assert keys.heard == []
        await press(x, *held, new)
        await keys.wait_for("KeyDown")
        await release(x, *held, new)
        await keys.wait_for("KeyUp")

    listen(key, work)


@pytest.mark.parametrize(("key", "held", "old", "new", "change"), MOVES)
def test_a_key_that_is_down_is_released_by_the_same_finger(
    x: XServer, key: str, held: tuple[int, ...], old: int, new: int, change: dict[int, str]
) -> None:
    async def work(keys: Listening) -> None:
        await press(x, *held, old)
        await keys.wait_for("KeyDown")
        await asyncio.to_thread(x.remap, change)
        await asyncio.sleep(2 * SETTLED_S)
        assert keys.heard == []
        await press(x, new)  # it is not the key that is held
        await release(x, new)
        await asyncio.sleep(SETTLED_S)
        assert keys.heard == []
        await release(x, *held, old)
        await keys.wait_for("KeyUp")
        await press(x, *held, new)
        await keys.wait_for("KeyDown")
        await release(x, *held, new)
        await keys.wait_for("KeyUp")

    listen(key, work)


@pytest.mark.parametrize(("key", "code"), [("ctrl_r", CTRL_R), ("f9", F9)])
def test_a_key_that_the_new_layout_lacks_ends_with_its_release(
    x: XServer, key: str, code: int
) -> None:
    async def work(keys: Listening) -> None:
        await press(x, code)
        await keys.wait_for("KeyDown")
        await asyncio.to_thread(x.remap, {code: "F13"})
        await asyncio.sleep(2 * SETTLED_S)
        assert keys.heard == []
        await release(x, code)
        await keys.wait_for("KeyUp")
        with pytest.raises(Unavailable, match=f"has no key '{key}'"):
            await asyncio.wait_for(keys.task, 5)

    listen(key, work)


@pytest.mark.parametrize(("key", "code"), [("ctrl_r", CTRL_R), ("f9", F9)])
def test_a_layout_that_changes_in_steps_is_waited_for(x: XServer, key: str, code: int) -> None:
    name = {"ctrl_r": "Control_R", "f9": "F9"}[key]

    async def work(keys: Listening) -> None:
        for _ in range(5):
            await asyncio.to_thread(x.remap, {code: "F13"})
            await asyncio.sleep(0.05)
            await asyncio.to_thread(x.remap, {code: name})
        await asyncio.sleep(2 * SETTLED_S)
        await press(x, code)
        await keys.wait_for("KeyDown")
        await release(x, code)
        await keys.wait_for("KeyUp")

    listen(key, work)


def test_another_layout_moves_a_letter_while_it_is_down(x: XServer) -> None:
    need("setxkbmap")

    async def work(keys: Listening) -> None:
        await press(x, CTRL_L, Z)
        await keys.wait_for("KeyDown")
        await asyncio.to_thread(x.run, "setxkbmap", "de")
        await asyncio.sleep(2 * SETTLED_S)
        assert keys.heard == []
        await release(x, CTRL_L, Z)
        await keys.wait_for("KeyUp")
        await press(x, CTRL_L, Z)  # it is "y" now
        await release(x, CTRL_L, Z)
        await asyncio.sleep(SETTLED_S)
        assert keys.heard == []
        await press(x, CTRL_L, Y)
        await keys.wait_for("KeyDown")
        await release(x, CTRL_L, Y)
        await keys.wait_for("KeyUp")

    listen("ctrl+z", work)
