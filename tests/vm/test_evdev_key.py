"""The key from a real kernel: its devices come, go, lose events and repeat themselves."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys import KeyUp
from dictate.hotkeys.evdev import EvdevKeySource
from dictate.platform.kernel_input import OWN_KEYBOARD
from tests.lab.kernel import F9, LIMIT_S, C, Keyboard, Reader
from tests.lab.keys import Listening

pytestmark = [pytest.mark.vm, pytest.mark.usefixtures("settled")]

F20 = 190
"""A key that the machine's own keyboard has not."""


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    keyboard = Keyboard()
    yield keyboard
    keyboard.unplug()


def listen(work: Callable[[Listening], Awaitable[None]], key: str = "f9") -> None:
    source = EvdevKeySource(HotkeySettings(key=key))
    assert source.unavailable_reason() is None

    async def main() -> None:
        async with Listening(source) as keys:
            await work(keys)

    asyncio.run(main())


def test_press_and_release_of_the_one_key(keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        for key in (C, F9, C):
            keyboard.press(key)
            keyboard.release(key)
        _, released = await keys.wait_for("KeyDown", "KeyUp", seconds=LIMIT_S)
        assert isinstance(released, KeyUp)
        assert not released.combined

    listen(work)


def test_a_shortcut_with_the_key_is_told_from_a_tap(keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        for key, state in ((F9, 1), (C, 1), (C, 0), (F9, 0)):
            keyboard.event(key, state)
        _, released = await keys.wait_for("KeyDown", "KeyUp", seconds=LIMIT_S)
        assert isinstance(released, KeyUp)
        assert released.combined

    listen(work)


def test_the_kernels_own_repetition_is_no_press(keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        keyboard.press()
        await keys.wait_for("KeyDown", seconds=LIMIT_S)
        # The kernel repeats a key after 250 ms, every 33 ms.
        await asyncio.sleep(1)
        assert keys.heard == []
        keyboard.release()
        await keys.wait_for("KeyUp", seconds=LIMIT_S)

    listen(work)


@pytest.mark.fault("B1", "B5")
def test_plugged_in_later_and_unplugged_while_it_is_held(keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        other = Keyboard(name="another keyboard")
        async with asyncio.timeout(LIMIT_S):
            while not keys.heard:
                other.press()
                other.release()
                await asyncio.sleep(0.1)
        other.press()
        async with asyncio.timeout(LIMIT_S):
            while keys.kinds[-1] != "KeyDown":
                keys.news.clear()
                await keys.news.wait()
        keys.heard.clear()
        await asyncio.to_thread(other.unplug)
        await keys.wait_for("KeyUp", seconds=LIMIT_S)
        keyboard.press()
        keyboard.release()
        await keys.wait_for("KeyDown", "KeyUp", seconds=LIMIT_S)

    listen(work)


def test_the_last_one_that_has_the_key_is_unplugged() -> None:
    keyboard = Keyboard((*range(1, 32), F20))

    async def work(keys: Listening) -> None:
        keyboard.press(F20)
        await keys.wait_for("KeyDown", seconds=LIMIT_S)
        await asyncio.to_thread(keyboard.unplug)
        await keys.wait_for("KeyUp", seconds=LIMIT_S)
        with pytest.raises(Unavailable, match="no keyboard in"):
            await asyncio.wait_for(keys.task, LIMIT_S)

    listen(work, "f20")


def test_what_the_library_says_of_one_that_is_unplugged() -> None:
    """As the stand-in says, too (tests/lab/evdev.py)."""
    keyboard = Keyboard()
    reader = Reader(keyboard.path)
    keyboard.unplug()
    with pytest.raises(SystemError):
        reader.device.active_keys()
    with pytest.raises(OSError, match="No such device"):
        list(reader.device.read())
    reader.close()


@pytest.mark.fault("B5")
@pytest.mark.parametrize("down", [True, False])
def test_more_events_than_the_kernel_keeps(keyboard: Keyboard, *, down: bool) -> None:
    """It says SYN_DROPPED, and is asked what is down."""
    other = Reader(keyboard.path)

    async def work(keys: Listening) -> None:
        if not down:
            keyboard.press()
            await keys.wait_for("KeyDown", seconds=LIMIT_S)
        keyboard.event(F9, int(down))
        for _ in range(2000):  # within this no reader of ours runs
            keyboard.event(C, 1)
            keyboard.event(C, 0)
        await keys.wait_for("KeyDown" if down else "KeyUp", seconds=LIMIT_S)
        if down:
            keyboard.release()
            await keys.wait_for("KeyUp", seconds=LIMIT_S)

    listen(work)
    other.read(1)
    assert other.dropped, "they were more"
    other.close()


def test_our_own_keyboard_is_nobodys(keyboard: Keyboard) -> None:
    before = Keyboard(name=OWN_KEYBOARD)

    async def work(keys: Listening) -> None:
        after = Keyboard(name=OWN_KEYBOARD)
        later = Keyboard(name="another keyboard")  # when it is heard, that one has been looked at
        async with asyncio.timeout(LIMIT_S):
            while not keys.heard:
                later.press(F9)
                later.release(F9)
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        keys.heard.clear()
        for own in (before, after):
            own.press()
            own.release()
        keyboard.press()
        keyboard.release()
        await keys.wait_for("KeyDown", "KeyUp", seconds=LIMIT_S)
        for own in (after, later):
            await asyncio.to_thread(own.unplug)

    listen(work)
    before.unplug()
