"""A locked screen gets nothing, nor does any other program that has taken the keyboard."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib.display import Display

from dictate.config.schema import HotkeySettings, OutputSettings
from dictate.errors import FocusMoved, NotDelivered
from dictate.hotkeys.x11 import X11KeySource
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.guard import LOCKED
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.x11.output import X11Output
from dictate.outputs.x11.paste import GRABBED
from tests.lab.bus import session_bus
from tests.lab.keys import Listening
from tests.lab.outputs import working
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.secrets import focus_on, held
from tests.lab.sway import Gtk3, Sway
from tests.lab.windows import Xterm
from tests.lab.xserver import XServer, end, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def x(server: XServer, monkeypatch: pytest.MonkeyPatch) -> XServer:
    need("xclip")
    monkeypatch.setenv("DISPLAY", server.display)
    return server


def with_output(work: Callable[[X11Output], Awaitable[None]]) -> None:
    working(X11Output(OutputSettings(paste_timeout_ms=20_000)), work)


@pytest.mark.fault("C9")
def test_a_locked_screen_gets_nothing(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_bus(tmp_path) as bus, RemoteDesktopPortal(bus.address) as desktop:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)

        async def work(output: X11Output) -> None:
            window = await asyncio.to_thread(Xterm, x, tmp_path)
            focus = await focus_on(output, window)
            assert await output.write("one ", focus) is Receipt.DELIVERED
            await asyncio.to_thread(desktop.order, "lock")
            await held(output, focus, LOCKED)
            await asyncio.to_thread(desktop.order, "unlock")
            assert await output.write("two", focus) is Receipt.DELIVERED
            await asyncio.to_thread(window.wait_text, "one two")
            await asyncio.to_thread(window.close)

        with_output(work)


@contextmanager
def taken(x: XServer, locker: str) -> Iterator[None]:
    """The keyboard is, until the end of the block."""
    display = Display(x.display)
    unseen = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)

    def is_taken() -> bool:
        grab = unseen.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        return bool(grab == X.AlreadyGrabbed)

    child = other = None
    if locker:
        child = x.spawn(locker, "-n")
    else:
        other = Display(x.display)
        seen = other.screen().root.create_window(
            *(0, 0, 9, 9, 0, X.CopyFromParent), override_redirect=True
        )
        seen.map()
        assert seen.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == 0
    try:
        wait_for(is_taken, "the keyboard is taken", 20)
        yield
    finally:
        if child is not None:
            end(child)
        if other is not None:
            other.close()
        wait_for(lambda: not is_taken(), "the keyboard is free", 20)
        display.close()


@pytest.mark.parametrize("locker", ["i3lock", ""], ids=["i3lock", "a question for a password"])
@pytest.mark.fault("C9")
def test_who_has_taken_the_keyboard_gets_nothing(x: XServer, tmp_path: Path, locker: str) -> None:
    if locker:
        need(locker)

    async def work(output: X11Output) -> None:
        window = await asyncio.to_thread(Xterm, x, tmp_path)
        focus = await focus_on(output, window)
        assert await output.write("one ", focus) is Receipt.DELIVERED
        with taken(x, locker):
            await held(output, focus, GRABBED)
            with pytest.raises(NotDelivered, match="taken the keyboard"):
                await output.undo("one ", focus)
        assert await output.write("two", await focus_on(output, window)) is Receipt.DELIVERED
        await asyncio.to_thread(window.wait_text, "one two")
        assert await asyncio.to_thread(x.keys_down) == set()
        await asyncio.to_thread(window.close)

    with_output(work)


def test_the_key_of_the_next_dictation_is_no_such_thing(x: XServer, tmp_path: Path) -> None:
    """It is grabbed while it is held."""

    async def work(output: X11Output) -> None:
        window = await asyncio.to_thread(Xterm, x, tmp_path)
        focus = await focus_on(output, window)
        async with Listening(X11KeySource(HotkeySettings(key="ctrl+F9"))) as keys:
            await asyncio.to_thread(x.run, "xdotool", "keydown", "ctrl", "keydown", "F9")
            try:
                await keys.wait_for("KeyDown", seconds=20)
                for text in ("one ", "two"):
                    assert await output.write(text, focus) is Receipt.DELIVERED
            finally:
                await asyncio.to_thread(x.run, "xdotool", "keyup", "F9", "keyup", "ctrl")
        await asyncio.to_thread(window.wait_text, "one two")
        await asyncio.to_thread(window.close)

    with_output(work)


def test_a_desktop_that_does_not_say_is_not_locked(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_bus(tmp_path) as bus, RemoteDesktopPortal(bus.address) as desktop:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)

        async def work(output: X11Output) -> None:
            window = await asyncio.to_thread(Xterm, x, tmp_path)
            focus = await focus_on(output, window)
            assert desktop.process is not None
            desktop.process.send_signal(signal.SIGSTOP)
            assert await output.write("text", focus) is Receipt.DELIVERED
            await asyncio.to_thread(window.wait_text, "text")
            await asyncio.to_thread(window.close)

        with_output(work)


@pytest.mark.parametrize("kind", [VirtualKeyboardOutput, InputMethodOutput])
@pytest.mark.fault("C9")
def test_swaylock_has_the_focus_and_gets_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[VirtualKeyboardOutput | InputMethodOutput],
) -> None:
    need("swaylock", "wl-copy")

    async def focused(output: Output) -> Focus:
        """What has the focus, once it stays there."""
        seen = [await output.focus()]
        async with asyncio.timeout(30):
            while seen[-1] is None or seen[-5:] != 5 * seen[-1:]:
                await asyncio.sleep(0.04)
                seen.append(await output.focus())
        return seen[-1]

    async def nothing_has_it(output: Output) -> None:
        async with asyncio.timeout(30):
            while await output.focus() is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.04)

    async def work(output: Output) -> None:
        await asyncio.to_thread(window.focus)
        focus = await focused(output)
        await output.write("one ", focus)
        locker = sway.spawn("swaylock", "-c", "112233")
        await nothing_has_it(output)
        with pytest.raises(FocusMoved, match="no window has the focus"):
            await output.write("lost?", focus)
        with pytest.raises(NotDelivered):
            await output.write("lost?", None)
        # Unlock. Newer sways keep the screen locked when the locker is killed.
        locker.send_signal(signal.SIGUSR1)
        await asyncio.to_thread(locker.wait, 20)
        await asyncio.to_thread(window.focus)  # sway 1.7 does not always give it back
        await output.write("two", await focused(output))
        await asyncio.to_thread(window.wait_text, "one two")

    with Sway() as sway, sway.keyboard():
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
        window = Gtk3(sway, tmp_path)
        working(kind(OutputSettings(paste_timeout_ms=20_000)), work)
