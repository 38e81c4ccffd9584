"""What an output says to stand around the cursor, from what applications report to an input method:
it is right, or nothing is said."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.outputs import FieldText, Focus, Output, Receipt
from dictate.outputs.ibus.bus import SurroundingText
from dictate.outputs.ibus.surrounding import CursorUnit
from dictate.outputs.wayland.field import Field
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from tests.contract.test_output_contract import settled
from tests.lab.accessibility import (
    AccessibilityBus,
    QtFieldsInSway,
)
from tests.lab.at_cursor import ACTS, ELSEWHERE, LIMIT_S, TEXT, Act, said_nothing, strokes, until
from tests.lab.bus import session_bus
from tests.lab.ibus import IBusDaemon
from tests.lab.ibus_output import MINE
from tests.lab.ibus_output import focus_on as focus_on_ibus
from tests.lab.ibus_output import with_output as with_ibus
from tests.lab.outputs import working
from tests.lab.secrets import listening, secret, written
from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.lab.windows import Window

pytestmark = pytest.mark.desktop

HAND_S = 0.4
"""Seconds between a key and the next text. While GTK shows a preedit, keys move its cursor
differently."""
TAB = 15
A = 30


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


def in_each(*kinds: type[SwayWindow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("in_sway", kinds, indirect=True, ids=lambda kind: kind.kind)


def press(seat: Keyboard, keys: tuple[str, ...]) -> None:
    for code, down in strokes(keys):
        (seat.down if down else seat.up)(code)


def in_its_line(there: FieldText | None) -> FieldText | None:
    """Without the lines before it: GTK 4 reports some of them, GTK 3 none."""
    if there is None:
        return None
    start = there.before.rfind("\n") + 1
    return FieldText(there.text[start:], there.cursor - start, there.anchor - start)


@pytest.mark.parametrize(
    ("in_sway", "preview"),
    [(Gtk3, ""), (Gtk4, ""), (Gtk4, "being said")],
    indirect=["in_sway"],
    ids=str,
)
def test_through_the_input_method(in_sway: SwayWindow, seat: Keyboard, preview: str) -> None:
    async def work(output: InputMethodOutput) -> None:
        await asyncio.to_thread(in_sway.focus)
        focus = await settled(output)
        await output.write(TEXT, focus)
        await asyncio.to_thread(in_sway.wait_text, TEXT)
        for act in ACTS:
            await asyncio.to_thread(press, seat, act.keys)
            await asyncio.sleep(HAND_S)
            if preview:
                assert await output.preview(preview)
            wanted = Act(act.keys, act.before.rpartition("\n")[2], act.selected, act.after)
            if act.selected and isinstance(in_sway, Gtk3) and in_sway.kind == "gtk3":
                await said_nothing(output, focus)
            else:
                await until(lambda: _line_of(output, focus), wanted)
            assert await output.surrounding(ELSEWHERE) is None
            if preview:
                await output.preview("")
        assert await output.focus() == focus

    working(InputMethodOutput(OutputSettings(paste_timeout_ms=5000)), work)
    in_sway.wait_text("Grüße 😀 (an alle. \n")


async def _line_of(output: Output, focus: Focus | None) -> FieldText | None:
    return in_its_line(await output.surrounding(focus))


@in_each(Gtk3)
def test_a_question_and_a_text_many_times_in_a_row(in_sway: SwayWindow) -> None:
    """No text crosses the end of the question, and each is confirmed."""

    async def work(output: InputMethodOutput) -> None:
        await asyncio.to_thread(in_sway.focus)
        focus = await settled(output)
        for number in range(30):
            there = await output.surrounding(focus)
            assert there is not None
            assert there.before == " one two" * number
            assert await output.write(" one two", focus) is Receipt.DELIVERED
        await output.surrounding(focus)
        await output.undo(" one two", focus)

    working(InputMethodOutput(OutputSettings(paste_timeout_ms=5000)), work)
    in_sway.wait_text(" one two" * 29)


@in_each(Gtk4)
def test_to_read_changes_nothing(in_sway: SwayWindow, seat: Keyboard) -> None:
    """GTK 4 reports no Ctrl+A behind a text, and would replace what is selected by a preedit."""

    def select_all() -> None:
        press(seat, ("End",))
        seat.down(Keyboard.CTRL)
        seat.tap(A)
        seat.up(Keyboard.CTRL)

    async def work(output: InputMethodOutput) -> None:
        await asyncio.to_thread(in_sway.focus)
        focus = await settled(output)
        await output.write("one two", focus)
        for _ in range(3):
            await asyncio.to_thread(in_sway.wait_text, "one two")
            await asyncio.to_thread(select_all)
            await asyncio.sleep(HAND_S)
            assert await output.surrounding(focus) in (None, FieldText("one two", 7, 0))
            await asyncio.sleep(HAND_S)
            assert in_sway.text() == "one two"
        await asyncio.to_thread(press, seat, ("End",))
        await until(lambda: output.surrounding(focus), Act((), "one two"))
        await asyncio.to_thread(select_all)
        await output.write("three", focus)  # as typing does
        await asyncio.to_thread(in_sway.wait_text, "three")

    working(InputMethodOutput(OutputSettings(paste_timeout_ms=5000)), work)


@in_each(Gtk3)
def test_a_hung_application_in_sway(in_sway: SwayWindow) -> None:
    async def work(output: InputMethodOutput) -> None:
        await asyncio.to_thread(in_sway.focus)
        focus = await settled(output)
        in_sway.hang()
        began = time.monotonic()
        assert await output.surrounding(focus) is None
        assert time.monotonic() < began + LIMIT_S
        in_sway.wake()
        await until(lambda: output.surrounding(focus), Act((), ""))

    working(InputMethodOutput(OutputSettings(paste_timeout_ms=5000)), work)


@in_each(Foot)
@pytest.mark.parametrize("make", [InputMethodOutput, VirtualKeyboardOutput])
def test_a_terminal_says_nothing(in_sway: SwayWindow, make: type[Output]) -> None:
    async def work(output: Output) -> None:
        await asyncio.to_thread(in_sway.focus)
        focus = await settled(output)
        await output.write("one", focus)
        await asyncio.to_thread(in_sway.wait_text, "one")
        assert await output.surrounding(focus) is None

    working(make(OutputSettings(paste_timeout_ms=5000)), work)


@pytest.mark.parametrize("make", [VirtualKeyboardOutput, InputMethodOutput])
def test_through_accessibility_in_sway(
    sway: Sway,
    seat: Keyboard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: type[VirtualKeyboardOutput | InputMethodOutput],
) -> None:
    """Of an application without an input method, too."""
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)

    async def work(output: VirtualKeyboardOutput | InputMethodOutput) -> None:
        await listening(output)
        window = await asyncio.to_thread(QtFieldsInSway, sway, tmp_path)
        await asyncio.to_thread(window.focus)
        focus = await settled(output)
        await written(output, "one two", focus)
        await until(lambda: output.surrounding(focus), Act((), "one two"))
        await asyncio.to_thread(press, seat, ("shift+Left",) * 3)
        await until(lambda: output.surrounding(focus), Act((), "one ", "two"))
        await asyncio.to_thread(seat.tap, TAB)
        await secret(output)
        assert await output.surrounding(focus) is None
        await asyncio.to_thread(window.close)

    with session_bus(tmp_path) as bus, AccessibilityBus(bus.address, tmp_path) as accessibility:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.setattr(sway, "more_env", accessibility.env)
        working(make(OutputSettings(paste_timeout_ms=20_000)), work)


@pytest.mark.parametrize(
    ("around", "anchor", "found"),
    [
        ((b"one two\0", 3), 3, FieldText("one two", 3, 3)),
        (("für das".encode(), 5), 5, FieldText("für das", 4, 4)),
        (("für das".encode(), 8), 5, FieldText("für das", 7, 4)),
        (("für das".encode(), 2), 2, None),
        (("für das".encode(), 5), 2, None),
        (("für das".encode()[2:], 3), 3, FieldText("r das", 2, 2)),
        (("das für".encode()[:-2], 4), 4, FieldText("das f", 4, 4)),
        ((b"one", 4), 4, None),
        ((b"one\0", 4), 4, None),
        ((b"", 0), 0, FieldText("", 0, 0)),
        (None, 0, None),
    ],
    ids=str,
)
def test_a_report_in_bytes(
    around: tuple[bytes, int] | None, anchor: int, found: FieldText | None
) -> None:
    field = Field(around=around, anchor=anchor)
    assert field.content == found


# IBus


def test_an_application_that_talks_to_ibus_itself_is_not_asked(
    ibus: IBusDaemon, window: Window
) -> None:
    ibus.use(MINE)

    async def work(output: Output) -> None:
        focus = await focus_on_ibus(output, window)  # type: ignore[arg-type]
        await output.write("one", focus)
        assert await output.surrounding(focus) is None
        assert await asyncio.to_thread(ibus.engine) == MINE

    with_ibus(work)
    window.wait_text("one")


def test_the_unit_of_positions_is_learned() -> None:
    unit = CursorUnit()
    assert unit.content(SurroundingText("one two", 3, 7)) == FieldText("one two", 3, 7)
    in_doubt = SurroundingText("für das", 5, 5)
    assert unit.content(in_doubt) is None
    assert unit.content(SurroundingText("für", 4, 4)) == FieldText("für", 3, 3)
    assert unit.content(in_doubt) == FieldText("für das", 4, 4)
    assert unit.content(SurroundingText("für", 2, 2)) == FieldText("für", 2, 2)
    assert unit.content(in_doubt) == FieldText("für das", 5, 5)
    assert unit.content(SurroundingText("für", 9, 9)) is None


@pytest.mark.parametrize(("cursor", "place"), [(14, 14), (16, 14)], ids=["characters", "bytes"])
def test_what_was_just_written_shows_the_unit(cursor: int, place: int) -> None:
    """GNOME 48 counts characters, which could be bytes of a text that goes on."""
    unit = CursorUnit()
    report = SurroundingText("Grüße one two and more", cursor, cursor)
    assert unit.content(report) is None
    unit.learn(report, "Grüße one two ")
    assert unit.content(report) == FieldText(report.text, place, place)
