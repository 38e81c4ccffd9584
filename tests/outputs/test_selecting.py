"""Selecting the last text, and taking back what keys alone cannot, in real applications."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DictateError, NotDelivered
from dictate.outputs import Output
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.x11.output import X11Output
from tests.contract.test_output_contract import settled
from tests.lab.accessibility import (
    AccessibilityBus,
    AccessibleChromium,
    AccessibleQt6,
    Gtk4FieldsInSway,
    QtFieldsInSway,
)
from tests.lab.at_cursor import LIMIT_S
from tests.lab.bus import session_bus
from tests.lab.outputs import working
from tests.lab.secrets import listening
from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.lab.windows import Gtk4Field, GtkField, Window, Xterm
from tests.lab.writing import Writing
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

TWO_LINES = "Gr\u00fc\u00dfe an\nalle \u2013 \u05e9\u05dc\u05d5\u05dd"
Work = Callable[[Writing, Window], Awaitable[None]]


@pytest.fixture
def x(accessible_x: XServer) -> XServer:
    return accessible_x


async def readable(output: Output) -> None:
    """Wait until the application says what stands around the cursor."""
    async with asyncio.timeout(LIMIT_S):
        while await output.surrounding(await output.focus()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def said(output: Output, before: str, selected: str) -> None:
    """Wait until the application says that this stands there."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            now = await output.selection(await output.focus())
            if now is not None and (now.before, now.selected) == (before, selected):
                return
            await asyncio.sleep(0.02)


def in_window(x: XServer, folder: Path, kind: type[Window], work: Work) -> Window:
    """Do it with the x11 output, while a window of this kind has the focus and can be read."""
    opened: list[Window] = []

    async def main(output: X11Output) -> None:
        await listening(output)
        opened.append(await asyncio.to_thread(kind, x, folder))
        await asyncio.to_thread(opened[0].focus)
        await readable(output)
        await work(Writing(output), opened[0])

    working(X11Output(OutputSettings(paste_timeout_ms=20_000)), main)
    return opened[0]


@pytest.mark.parametrize(
    "kind", [GtkField, Gtk4Field, AccessibleQt6, AccessibleChromium], ids=lambda kind: kind.kind
)
def test_on_x11_two_lines_are_selected_and_replaced(
    x: XServer, tmp_path: Path, kind: type[Window]
) -> None:
    async def work(writing: Writing, _: Window) -> None:
        await writing("Before it.")
        # The next one is fitted to what the application says, which may be late.
        await said(writing.output, "Before it.", "")
        await writing(TWO_LINES)
        await said(writing.output, f"Before it. {TWO_LINES}", "")
        await writing.select()
        await said(writing.output, "Before it. ", TWO_LINES)
        await press(x, "b")

    window = in_window(x, tmp_path, kind, work)
    window.wait_text("Before it. b")
    assert not x.keys_down()
    window.close()


@pytest.mark.parametrize(
    "kind", [GtkField, Gtk4Field, AccessibleQt6, AccessibleChromium], ids=lambda kind: kind.kind
)
def test_on_x11_line_ends_are_taken_back_and_what_was_before_them_too(
    x: XServer, tmp_path: Path, kind: type[Window]
) -> None:
    async def work(writing: Writing, _: Window) -> None:
        stands = ("One.", f"One. {TWO_LINES}", f"One. {TWO_LINES} Three.")
        for text, now in zip(("One.", TWO_LINES, "Three."), stands, strict=True):
            await writing(text)
            await said(writing.output, now, "")
        await writing.undo()
        await writing.undo()
        await said(writing.output, "One.", "")
        await writing.undo()

    window = in_window(x, tmp_path, kind, work)
    window.wait_text("")
    assert not x.keys_down()
    window.close()


@pytest.mark.parametrize("kind", [GtkField, Gtk4Field], ids=lambda kind: kind.kind)
def test_on_x11_texts_that_the_user_has_deleted_are_in_nobodys_way(
    x: XServer, tmp_path: Path, kind: type[Window]
) -> None:
    async def work(writing: Writing, _: Window) -> None:
        for text in ("Mine", "One.", "Two\n  indented."):
            await writing(text)
        await said(writing.output, "Mine One. Two\n  indented.", "")
        with pytest.raises(NotDelivered, match="indented, which some editors delete"):
            await writing.undo()
        await press(x, *["BackSpace"] * 10)
        await said(writing.output, "Mine One. Two\n ", "")
        await asyncio.sleep(1.1)  # before that it may not show it yet
        with pytest.raises(NotDelivered, match="right before the cursor"):
            await writing.undo()
        await press(x, *["BackSpace"] * 6)
        await said(writing.output, "Mine One.", "")
        await writing.undo()
        await said(writing.output, "Mine", "")
        await press(x, "a")
        with pytest.raises(NotDelivered, match="right before the cursor"):
            await writing.undo()

    window = in_window(x, tmp_path, kind, work)
    window.wait_text("Minea")
    window.close()


async def press(x: XServer, *keys: str) -> None:
    await asyncio.to_thread(x.run, "xdotool", "key", "--clearmodifiers", *keys)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("typed", "right before the cursor"),
        ("moved", "right before the cursor"),
        ("other", "focus"),
        ("gone", "focus"),
        ("hung", "typed or clicked|not answer"),
    ],
)
def test_on_x11_nothing_else_is_selected_or_taken_back(
    x: XServer, tmp_path: Path, what: str, why: str
) -> None:
    async def work(writing: Writing, window: Window) -> None:
        await writing("Before it.")
        await writing(TWO_LINES)
        await said(writing.output, f"Before it. {TWO_LINES}", "")
        match what:
            case "typed" | "hung":
                await press(x, "a")
                await said(writing.output, f"Before it. {TWO_LINES}a", "")
            case "moved":
                await press(x, "Home")
                first_line, line_end, _ = TWO_LINES.partition("\n")
                await said(writing.output, f"Before it. {first_line}{line_end}", "")
            case "other":
                other.append(await asyncio.to_thread(Xterm, x, tmp_path))
                await asyncio.to_thread(other[0].focus)
            case "gone":
                await asyncio.to_thread(window.close)
        if what == "hung":
            window.hang()
        for act in (writing.select, writing.undo):
            with pytest.raises(DictateError, match=why):
                await act()

    other: list[Window] = []
    window = in_window(x, tmp_path, GtkField, work)
    if what == "hung":
        window.wake()
    if what != "gone":
        window.wait_text(f"Before it. {TWO_LINES}{'a' * (what in ('typed', 'hung'))}")
        window.close()
    for opened in other:
        assert opened.text() == ""
        opened.close()


# In sway.

BACKSPACE, A, ENTER, LEFT = 14, 30, 28, 105
Outputs = type[InputMethodOutput] | type[VirtualKeyboardOutput]


@pytest.fixture
def in_sway(sway: Sway, seat: Keyboard, monkeypatch: pytest.MonkeyPatch) -> Sway:
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    monkeypatch.setenv("SWAYSOCK", str(sway.control))  # which application keeps its selection
    return sway


def in_sway_window(
    sway: Sway, folder: Path, kind: type[SwayWindow], work: Work, make: Outputs = InputMethodOutput
) -> SwayWindow:
    opened: list[SwayWindow] = []

    async def main(output: InputMethodOutput | VirtualKeyboardOutput) -> None:
        if make is VirtualKeyboardOutput:
            await listening(output)
        opened.append(await asyncio.to_thread(kind, sway, folder))
        await asyncio.to_thread(opened[0].focus)
        await settled(output)
        await work(Writing(output), opened[0])

    working(make(OutputSettings(paste_timeout_ms=5000)), main)
    return opened[0]


@pytest.mark.parametrize("kind", [Gtk3, Gtk4], ids=lambda kind: kind.kind)
@pytest.mark.usefixtures("seat")
def test_in_sway_the_input_method_proves_it(
    in_sway: Sway, tmp_path: Path, kind: type[SwayWindow]
) -> None:
    async def work(writing: Writing, window: Window) -> None:
        await writing("Before it.")
        await writing("Gr\u00fc\u00dfe an alle")
        await asyncio.to_thread(window.wait_text, "Before it. Gr\u00fc\u00dfe an alle")
        await writing.select()
        await writing("Hello")

    window = in_sway_window(in_sway, tmp_path, kind, work)
    window.wait_text("Before it. Hello")
    window.close()


@pytest.mark.parametrize("keys", [(A,), (ENTER,), (LEFT,), (A, BACKSPACE, BACKSPACE)], ids=str)
@pytest.mark.parametrize("kind", [Gtk3, Gtk4], ids=lambda kind: kind.kind)
def test_in_sway_nothing_else_is_selected_or_taken_back(
    in_sway: Sway, seat: Keyboard, tmp_path: Path, kind: type[SwayWindow], keys: tuple[int, ...]
) -> None:
    async def work(writing: Writing, window: Window) -> None:
        await writing("Before it.")
        await writing("One two.")
        await asyncio.to_thread(window.wait_text, "Before it. One two.")
        for key in keys:
            await asyncio.to_thread(seat.tap, key)
        await asyncio.sleep(0.4)
        stands.append(window.text())
        for act in (writing.select, writing.undo):
            with pytest.raises(NotDelivered):
                await act()

    stands: list[str] = []
    window = in_sway_window(in_sway, tmp_path, kind, work)
    assert (window.text() == "Before it. One two.") == (keys == (LEFT,))
    assert window.text() == stands[0]
    window.close()


@pytest.mark.parametrize("what", ["terminal", "hung", "gone"])
def test_in_sway_what_is_not_proved_is_not_selected(
    in_sway: Sway, tmp_path: Path, what: str
) -> None:
    async def work(writing: Writing, window: Window) -> None:
        await writing("One.")
        await asyncio.to_thread(window.wait_text, "One.")
        if what == "hung":
            window.hang()
        elif what == "gone":
            await asyncio.to_thread(window.close)
        with pytest.raises(DictateError):
            await writing.select()

    window = in_sway_window(in_sway, tmp_path, Foot if what == "terminal" else Gtk3, work)
    if what == "hung":
        window.wake()
    if what != "gone":
        window.wait_text("One.")
        window.close()


@pytest.mark.parametrize("kind", [Gtk4FieldsInSway, QtFieldsInSway], ids=lambda kind: kind.kind)
@pytest.mark.parametrize("make", [InputMethodOutput, VirtualKeyboardOutput])
def test_in_sway_accessibility_proves_it(
    in_sway: Sway,
    seat: Keyboard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[SwayWindow],
    make: Outputs,
) -> None:
    async def work(writing: Writing, window: Window) -> None:
        del window
        await readable(writing.output)
        await writing("Before it.")
        await writing("One \U0001f600 two.")
        await said(writing.output, "Before it. One \U0001f600 two.", "")
        await writing.select()
        await writing("Hello.")
        await said(writing.output, "Before it. Hello.", "")
        await asyncio.to_thread(seat.tap, A)
        await said(writing.output, "Before it. Hello.a", "")
        with pytest.raises(NotDelivered):
            await writing.select()

    with session_bus(tmp_path) as bus, AccessibilityBus(bus.address, tmp_path) as accessibility:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.setattr(in_sway, "more_env", accessibility.env)
        window = in_sway_window(in_sway, tmp_path, kind, work, make)
        window.wait_text("Before it. Hello.a")
        window.close()
