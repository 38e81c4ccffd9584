"""The key from the kernel: unplugged, plugged in, lost events, and what nobody may read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from evdev import InputDevice, ecodes

from dictate.config.schema import HotkeySettings
from dictate.errors import Unavailable
from dictate.hotkeys import KEY_SOURCES, KeyUp
from dictate.hotkeys.evdev import EvdevKeySource
from dictate.hotkeys.hotkey import Press
from dictate.hotkeys.listener import KeyListener
from dictate.platform.kernel_input import OWN_KEYBOARD
from tests.lab.evdev import RIGHT_CTRL, C, EvdevSource, Keyboard
from tests.lab.keys import Listening


@pytest.fixture
def keyboard(tmp_path: Path) -> Keyboard:
    return Keyboard(tmp_path / "event3")


def listen(folder: Path, work: Callable[[Listening], Awaitable[None]], key: str = "f9") -> None:
    source = EvdevSource(HotkeySettings(key=key), folder)
    assert source.unavailable_reason() is None

    async def main() -> None:
        async with Listening(source) as keys:
            await work(keys)

    asyncio.run(main())


@pytest.mark.fault("B2")
def test_repetition_is_no_press(tmp_path: Path, keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        keyboard.repeat()  # it went down before anybody listened
        await asyncio.sleep(0.1)
        assert keys.heard == []
        keyboard.press()
        await keys.wait_for("KeyDown")
        for _ in range(5):
            keyboard.repeat()
        await asyncio.sleep(0.4)  # the kernel is asked meanwhile
        assert keys.heard == []
        keyboard.release()
        await keys.wait_for("KeyUp")

    listen(tmp_path, work)


@pytest.mark.parametrize(
    ("key", "code"), [("mouse_back", ecodes.BTN_SIDE), ("mouse_forward", ecodes.BTN_EXTRA)]
)
def test_a_button_of_a_mouse(tmp_path: Path, key: str, code: int) -> None:
    reason = EvdevSource(HotkeySettings(key=key), tmp_path).unavailable_reason()
    assert reason == f"no mouse in {tmp_path} has the key {key}"
    mouse = Keyboard(tmp_path / "event4", (ecodes.BTN_LEFT, ecodes.BTN_SIDE, ecodes.BTN_EXTRA))

    async def work(keys: Listening) -> None:
        mouse.press(code)
        await keys.wait_for("KeyDown")
        mouse.release(code)
        await keys.wait_for("KeyUp")

    listen(tmp_path, work, key)


def test_a_shortcut_with_the_key_is_told_from_a_tap(tmp_path: Path, keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        for other in (C, None):
            keyboard.press(RIGHT_CTRL)
            if other:
                keyboard.press(other)
                keyboard.release(other)
            keyboard.release(RIGHT_CTRL)
            _, released = await keys.wait_for("KeyDown", "KeyUp")
            assert isinstance(released, KeyUp)
            assert released.combined is bool(other)

    listen(tmp_path, work, "ctrl_r")


@pytest.mark.fault("B1")
def test_a_lost_release_is_found(tmp_path: Path, keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        keyboard.press()
        await keys.wait_for("KeyDown")
        keyboard.down.clear()
        await keys.wait_for("KeyUp", seconds=2)

    listen(tmp_path, work)


@pytest.mark.fault("S3")
def test_what_else_is_typed_is_neither_told_nor_logged_nor_kept(
    tmp_path: Path, keyboard: Keyboard, caplog: pytest.LogCaptureFixture
) -> None:
    """A program that may read a keyboard could read passwords: "auto" never takes this source."""
    caplog.set_level(0)

    async def work(keys: Listening) -> None:
        for _ in range(50):
            keyboard.press(C)
            keyboard.release(C)
        await asyncio.sleep(0.1)
        assert keys.heard == []
        keyboard.press()
        await keys.wait_for("KeyDown")
        keyboard.release()
        await keys.wait_for("KeyUp")
        assert keys.heard == []

    listen(tmp_path, work)
    assert not [record for record in caplog.records if record.name.startswith("dictate")]
    assert "evdev" not in KEY_SOURCES.auto


@pytest.mark.fault("B5")
@pytest.mark.parametrize("down", [True, False])
def test_where_events_were_dropped_the_kernel_knows(
    tmp_path: Path, keyboard: Keyboard, *, down: bool
) -> None:
    async def work(keys: Listening) -> None:
        if not down:
            keyboard.press()
            await keys.wait_for("KeyDown")
        keyboard.event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)
        # What still comes of before is of no use: here it says the contrary.
        keyboard.event(ecodes.EV_KEY, ecodes.KEY_F9, 0 if down else 1)
        keyboard.down = {ecodes.KEY_F9} if down else set()
        keyboard.event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)
        await keys.wait_for("KeyDown" if down else "KeyUp", seconds=0.2)

    listen(tmp_path, work)


@pytest.mark.fault("B1", "B5")
def test_a_second_keyboard_is_plugged_in_and_the_first_goes(
    tmp_path: Path, keyboard: Keyboard
) -> None:
    async def work(keys: Listening) -> None:
        Keyboard(tmp_path / "event4", keys=(C,))  # a mouse, so to speak
        other = Keyboard(tmp_path / "event7")
        async with asyncio.timeout(5):
            while not keys.heard:
                other.press()
                other.release()
                await asyncio.sleep(0.05)
        keys.heard.clear()
        await asyncio.sleep(0.1)
        keys.heard.clear()
        keyboard.press()
        await keys.wait_for("KeyDown")
        keyboard.unplug()
        await keys.wait_for("KeyUp")
        other.press()
        await keys.wait_for("KeyDown")
        other.unplug()
        await keys.wait_for("KeyUp")
        with pytest.raises(Unavailable, match="no keyboard in"):
            await asyncio.wait_for(keys.task, 5)

    listen(tmp_path, work)


@pytest.mark.fault("B5")
def test_the_kernel_is_asked_of_one_that_was_unplugged_just_now(
    tmp_path: Path, keyboard: Keyboard
) -> None:
    other = Keyboard(tmp_path / "event4")

    async def work(keys: Listening) -> None:
        keyboard.press()
        await keys.wait_for("KeyDown")
        keyboard.gone = True  # and nothing has come yet that would wake the reader
        await keys.wait_for("KeyUp", seconds=20)
        other.press()
        await keys.wait_for("KeyDown", seconds=20)

    listen(tmp_path, work)


@pytest.mark.fault("B5")
def test_one_that_is_gone_costs_no_processor(tmp_path: Path, keyboard: Keyboard) -> None:
    Keyboard(tmp_path / "event4")

    async def work(keys: Listening) -> None:
        keyboard.press()
        await keys.wait_for("KeyDown")
        keyboard.unplug()
        await keys.wait_for("KeyUp")
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.05

    listen(tmp_path, work)


@pytest.mark.fault("B7")
def test_after_a_sleep_another_keyboard_may_have_the_name_of_one_that_is_gone(
    tmp_path: Path, keyboard: Keyboard
) -> None:
    """Both happened before anything could be read."""
    Keyboard(tmp_path / "event4")

    async def work(keys: Listening) -> None:
        keyboard.gone = True
        keyboard.path.unlink()
        again = Keyboard(keyboard.path)
        async with asyncio.timeout(5):
            while not keys.heard:
                again.press()
                again.release()
                await asyncio.sleep(0.02)

    listen(tmp_path, work)


@pytest.mark.fault("B7")
def test_keyboards_that_come_after_a_sleep_are_looked_for_at_once(
    tmp_path: Path, keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without that, it would take as long as the back-off has become."""
    presses: list[Press] = []
    states: list[str] = []
    settings = HotkeySettings(use="evdev", key="f9")
    listener = KeyListener(settings, presses.append, states.append, lambda _: True)
    monkeypatch.setattr(listener, "_choose", lambda: EvdevSource(settings, tmp_path))
    monkeypatch.setattr(listener._backoff, "first_s", 60.0)
    monkeypatch.setattr(listener._backoff, "longest_s", 60.0)

    async def until(state: str) -> None:
        while not states or not states[-1].startswith(state):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def main() -> None:
        running = asyncio.create_task(listener.run())
        async with asyncio.timeout(5):
            await until("f9")
            keyboard.unplug()
            await until("none: ")
            again = Keyboard(keyboard.path)
            listener.look_again()
            await until("f9")
            again.press()
            while not presses:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(main())


def test_our_own_keyboard_is_nobodys(tmp_path: Path, keyboard: Keyboard) -> None:
    """Neither that which is there, nor one that comes."""
    before = Keyboard(tmp_path / "event1", name=OWN_KEYBOARD)

    async def work(keys: Listening) -> None:
        after = Keyboard(tmp_path / "event9", name=OWN_KEYBOARD)
        # What was plugged in after it is listened to: it has been looked at by then.
        later = Keyboard(tmp_path / "event10")
        async with asyncio.timeout(20):
            while not keys.heard:
                later.press()
                later.release()
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)
        keys.heard.clear()
        for own in (before, after):
            own.press()
            own.release()
        keyboard.press()
        keyboard.release()
        await keys.wait_for("KeyDown", "KeyUp")

    listen(tmp_path, work)


def test_nothing_stays_open(tmp_path: Path, keyboard: Keyboard) -> None:
    async def work(keys: Listening) -> None:
        keyboard.press()
        await keys.wait_for("KeyDown")

    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = opened()
    listen(tmp_path, work)
    assert opened() == before


def test_on_two_keyboards_at_once_it_is_one_key(tmp_path: Path, keyboard: Keyboard) -> None:
    other = Keyboard(tmp_path / "event4")

    async def work(keys: Listening) -> None:
        for press in (keyboard.press, other.press, keyboard.release, other.release):
            press()
            await asyncio.sleep(0.05)
        await keys.wait_for("KeyDown", "KeyUp")

    listen(tmp_path, work)


def test_who_may_not_read_is_told_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "event0").touch()

    def refuse(_: Path) -> InputDevice[str]:
        raise PermissionError

    source = EvdevSource(HotkeySettings(key="f9"), tmp_path)
    monkeypatch.setattr(source, "open", refuse)
    assert "usermod -aG input" in (source.unavailable_reason() or "")
    (tmp_path / "event0").unlink()
    assert "no keyboard in" in (source.unavailable_reason() or "")


def test_what_is_no_input_device_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "event0").touch()
    source = EvdevKeySource(HotkeySettings(key="f9"))
    source.folder = tmp_path  # type: ignore[misc]
    assert "no keyboard in" in (source.unavailable_reason() or "")


@pytest.mark.parametrize("key", ["ctrl+f9", "x"])
def test_it_hears_one_key_with_a_name(tmp_path: Path, key: str) -> None:
    assert "one named key" in (
        EvdevSource(HotkeySettings(key=key), tmp_path).unavailable_reason() or ""
    )


def test_every_name_is_one_of_the_kernels() -> None:
    from dictate.hotkeys.chord import KEYS, Chord
    from dictate.hotkeys.evdev import _code

    assert len({_code(Chord(key)) for key in KEYS}) == len(KEYS)
