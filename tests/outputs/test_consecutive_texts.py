"""Two texts one after the other in real windows: a space is between their words, unless the user
typed or clicked something in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Output
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.x11.output import X11Output
from tests.lab.ibus import IBusDaemon
from tests.lab.ibus_output import MINE
from tests.lab.ibus_output import focus_on as focus_on_ibus
from tests.lab.ibus_output import with_output as with_ibus
from tests.lab.more_windows import Chromium, Firefox, Qt6
from tests.lab.outputs import working
from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.lab.windows import Gtk4Field, GtkField, TkField, Window, Xterm
from tests.lab.writing import Writing
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

FIRST, SECOND = "One two.", "Three four."
TOGETHER = "One two. Three four."
HAND_S = 0.7
"""Seconds between a key of the user and the next text, as if the user moved the hand."""


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


def in_each(*kinds: type[Window]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("window", kinds, indirect=True, ids=lambda kind: kind.kind)


@pytest.fixture
def window(
    request: pytest.FixtureRequest, x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    monkeypatch.setenv("DISPLAY", x.display)
    opened = getattr(request, "param", GtkField)(x, tmp_path)
    yield opened
    opened.close()


def on_x11(window: Window, work: Callable[[Writing], Awaitable[None]]) -> None:
    async def main(output: X11Output) -> None:
        await asyncio.to_thread(window.focus)
        await work(Writing(output))

    working(X11Output(OutputSettings(paste_timeout_ms=5000)), main)


@in_each(GtkField, Gtk4Field, TkField, Xterm, Qt6, Chromium, Firefox)
def test_their_words_do_not_touch(window: Window) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await asyncio.to_thread(window.wait_text, FIRST)
        await write(SECOND)
        # Chromium asks for the text more than once: the output is still needed.
        await asyncio.to_thread(window.wait_text, TOGETHER)

    on_x11(window, work)


@pytest.mark.parametrize(
    ("by_user", "text"),
    [
        (("key", "x"), "One two.xThree four."),
        (("key", "Return"), "One two.\nThree four."),
        (("key", "space"), "One two. Three four."),
        (("key", "x", "BackSpace"), "One two.Three four."),
        (("key", "Home"), "Three four.One two."),
        (("key", "ctrl+Home"), "Three four.One two."),
        (("click", "1"), None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_a_key_or_a_click_in_between_leaves_the_space_to_the_user(
    x: XServer, window: Window, by_user: tuple[str, ...], text: str | None
) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await asyncio.to_thread(window.wait_text, FIRST)
        xid = await asyncio.to_thread(window.xid)
        await asyncio.to_thread(x.run, "xdotool", "mousemove", "--window", xid, "200", "100")
        await asyncio.to_thread(x.run, "xdotool", *by_user)
        await asyncio.sleep(HAND_S)
        await write(SECOND)

    on_x11(window, work)
    window.wait_text(text or FIRST + SECOND)


@pytest.mark.parametrize("hotkey", ["F9", "Control_R", "Pause", "ctrl+alt+space"])
def test_the_hotkey_is_no_key_of_the_text(x: XServer, window: Window, hotkey: str) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        # Twice, as in mode "double_tap".
        await asyncio.to_thread(x.run, "xdotool", "key", hotkey)
        await asyncio.sleep(HAND_S)
        await asyncio.to_thread(x.run, "xdotool", "key", hotkey)
        await write(SECOND)

    on_x11(window, work)
    window.wait_text(TOGETHER)


@pytest.mark.parametrize("hotkey", ["F9", "Control_R"])
def test_a_key_typed_right_before_or_behind_the_hotkey_counts(
    x: XServer, window: Window, hotkey: str
) -> None:
    """Hold the key, speak, let go. The times are those of quick fingers."""

    async def hold(meanwhile: float) -> list[float]:
        times = []
        for act in ("keydown", "keyup"):
            await asyncio.to_thread(x.run, "xdotool", act, hotkey)
            times.append(time.monotonic())
            await asyncio.sleep(meanwhile)
        return times

    async def work(output: X11Output) -> None:
        await asyncio.to_thread(window.focus)
        write = Writing(output)
        focus = await output.focus()
        await write(FIRST)
        await asyncio.to_thread(x.run, "xdotool", "key", "Return")
        await asyncio.sleep(0.15)
        assert not await output.follows(FIRST, await hold(0.6)), "typed before"
        await output.write(FIRST, focus)
        asked_at = await hold(0.2)
        await asyncio.to_thread(x.run, "xdotool", "key", "BackSpace")
        await asyncio.sleep(0.3)
        assert not await output.follows(FIRST, asked_at), "typed behind"
        await output.write(FIRST, focus)
        assert await output.follows(FIRST, await hold(0.2)), "only the hotkey"

    working(X11Output(OutputSettings(paste_timeout_ms=5000)), work)


def test_the_wheel_and_the_pointer_move_no_cursor(x: XServer, window: Window) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        at = ("mousemove", "--window", await asyncio.to_thread(window.xid), "100", "50")
        await asyncio.to_thread(x.run, "xdotool", *at, "click", "5")
        await asyncio.sleep(HAND_S)
        await write(SECOND)

    on_x11(window, work)
    window.wait_text(TOGETHER)


def test_another_window_in_between(x: XServer, window: Window, tmp_path: Path) -> None:
    other = TkField(x, tmp_path)

    async def work(write: Writing) -> None:
        for each in (window, other, window):
            await asyncio.to_thread(each.focus)
            await write(FIRST)

    on_x11(window, work)
    window.wait_text(FIRST * 2)
    other.wait_text(FIRST)
    other.close()


def test_a_new_window_where_a_closed_one_was(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server gives the number of a closed window to the next one."""
    monkeypatch.setenv("DISPLAY", x.display)
    opened = [TkField(x, tmp_path)]

    async def work(output: X11Output) -> None:
        write = Writing(output)
        await asyncio.to_thread(opened[0].focus)
        focus = await output.focus()
        await write(FIRST)
        await asyncio.to_thread(opened[0].wait_text, FIRST)
        await asyncio.to_thread(opened[0].close)
        opened[0] = await asyncio.to_thread(TkField, x, tmp_path)
        await asyncio.to_thread(opened[0].focus)
        assert await output.focus() == focus, "it has the same number"
        with pytest.raises(NotDelivered, match="was closed"):
            await output.undo(FIRST, focus)
        await write(SECOND)

    working(X11Output(OutputSettings(paste_timeout_ms=5000)), work)
    opened[0].wait_text(SECOND)
    opened[0].close()


def test_undo_takes_the_space_and_the_next_text_brings_it_again(window: Window) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await write("Three floor.")
        await asyncio.to_thread(window.wait_text, "One two. Three floor.")
        await write.undo()
        await asyncio.to_thread(window.wait_text, FIRST)
        await write(SECOND)

    on_x11(window, work)
    window.wait_text(TOGETHER)


def test_a_key_after_an_undo_counts_too(x: XServer, window: Window) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await write(SECOND)
        await asyncio.to_thread(window.wait_text, TOGETHER)
        await write.undo()
        await asyncio.to_thread(window.wait_text, FIRST)
        await asyncio.to_thread(x.run, "xdotool", "key", "x")
        await asyncio.sleep(HAND_S)
        await write(SECOND)

    on_x11(window, work)
    window.wait_text("One two.xThree four.")


def test_a_long_dictation_begun_in_time_continues_the_text(window: Window) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await write(SECOND, pressed_at=time.monotonic() + 50)

    on_x11(window, work)
    window.wait_text(TOGETHER)


# On sway


@pytest.fixture
def in_sway(
    request: pytest.FixtureRequest,
    sway: Sway,
    seat: Keyboard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SwayWindow]:
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    opened = request.param(sway, tmp_path)
    yield opened
    opened.close()


def in_each_on_sway(*kinds: type[SwayWindow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("in_sway", kinds, indirect=True, ids=lambda kind: kind.kind)


def on_sway(
    make: type[Output], window: SwayWindow, work: Callable[[Writing], Awaitable[None]]
) -> None:
    async def main(output: Output) -> None:
        await asyncio.to_thread(window.focus)
        await asyncio.sleep(HAND_S)
        await work(Writing(output))

    working(make(OutputSettings(paste_timeout_ms=5000)), main)


@in_each_on_sway(Foot, Gtk3, Gtk4)
@pytest.mark.parametrize("make", [InputMethodOutput, VirtualKeyboardOutput])
def test_their_words_do_not_touch_on_sway(make: type[Output], in_sway: SwayWindow) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await write(SECOND)

    on_sway(make, in_sway, work)
    in_sway.wait_text(TOGETHER)


@in_each_on_sway(Gtk3, Gtk4)
def test_what_the_application_reports_counts(in_sway: SwayWindow, seat: Keyboard) -> None:
    async def work(write: Writing) -> None:
        await write(FIRST)
        await asyncio.to_thread(in_sway.wait_text, FIRST)
        seat.tap(Keyboard.B)
        await asyncio.to_thread(in_sway.wait_text, f"{FIRST}b")
        await asyncio.sleep(HAND_S)
        await write(SECOND)

    on_sway(InputMethodOutput, in_sway, work)
    in_sway.wait_text("One two.b Three four.")


# IBus


@pytest.mark.parametrize("kind", ["gtk3", "gtk4"])
def test_their_words_do_not_touch_through_ibus(
    ibus: IBusDaemon, ibus_windows: dict[str, Window], kind: str
) -> None:
    window = ibus_windows[kind]
    window.forget()
    ibus.use(MINE)

    async def work(output: Output) -> None:
        await focus_on_ibus(output, window)  # type: ignore[arg-type]
        write = Writing(output)
        await write(FIRST)
        await write(SECOND)

    with_ibus(work)
    window.wait_text(TOGETHER)
