"""Taking back in sway: exactly what was written last, or nothing, and the reason why."""

# ruff: noqa: RUF001 - the signs are meant

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered
from dictate.outputs import Focus
from dictate.outputs.wayland.field import InputMethod
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from tests.lab.corpus import TEXTS
from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.outputs.test_input_method import focus_on, with_output

pytestmark = pytest.mark.desktop

TEXT = "Grüße – “Claude Code” 日本語 שלום 😀 e\u0301. "
UNSEEN_S = 1.5
"""Nothing shows that an application has moved its cursor: it gets more than the time for it."""
LEFT, RIGHT, A, ENTER = 105, 106, 30, 28
Work = Callable[[InputMethodOutput, Focus], Awaitable[None]]


@pytest.fixture(autouse=True)
def display(sway: Sway, seat: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)


@pytest.fixture(scope="module", params=(Gtk3, Gtk4), ids=lambda kind: kind.kind)
def window(
    request: pytest.FixtureRequest,
    sway: Sway,
    seat: Keyboard,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SwayWindow]:
    opened = request.param(sway, tmp_path_factory.mktemp("windows"))
    yield opened
    opened.close()


@pytest.fixture
def field(window: SwayWindow) -> SwayWindow:
    """The text of the tests before stands there, too: more than the application tells of."""
    window.forget()
    return window


def after_writing(window: SwayWindow, work: Work, text: str = TEXT) -> None:
    """`text` stands in the window behind another one; then `work`."""

    async def main(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        await output.write("beföre ", focus)
        await output.write(text, focus)
        await asyncio.to_thread(window.wait_text, "beföre " + text)
        await work(output, focus)

    with_output(main)


@pytest.mark.parametrize(
    "text",
    [TEXT, "plain", TEXTS["emoji"], TEXTS["cjk"], TEXTS["2000"][:700]],
    ids=["mixed", "ascii", "emoji", "cjk", "long"],
)
def test_it_is_gone_and_what_stood_there_is_not(field: SwayWindow, text: str) -> None:
    after_writing(field, lambda output, focus: output.undo(text, focus), text)
    field.wait_text("beföre ")


def test_also_where_it_is_all_that_stands_there(sway: Sway, tmp_path: Path) -> None:
    opened = Gtk4(sway, tmp_path)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, opened)
        await output.write(TEXT, focus)
        await output.undo(TEXT, focus)

    with_output(work)
    opened.wait_text("")
    opened.close()


def test_an_application_that_is_busy_for_a_moment(field: SwayWindow) -> None:
    """A text that waits is written without its report, but nothing is taken back without it."""

    async def work(output: InputMethodOutput, focus: Focus) -> None:
        field.hang()
        asyncio.get_running_loop().call_later(0.5, field.wake)
        await output.undo(TEXT, focus)

    after_writing(field, work)
    field.wait_text("beföre ")


def test_a_text_of_which_not_all_is_told_stays(field: SwayWindow) -> None:
    text = TEXTS["10000"]

    async def work(output: InputMethodOutput, focus: Focus) -> None:
        with pytest.raises(NotDelivered, match=r"whole text|does not say"):
            await output.undo(text, focus)

    after_writing(field, work, text)
    assert field.text() == "beföre " + text


@pytest.mark.parametrize("keys", [[A], [LEFT]], ids=["typed", "moved"])
def test_not_after_something_was_typed(field: SwayWindow, seat: Keyboard, keys: list[int]) -> None:
    async def work(output: InputMethodOutput, focus: Focus) -> None:
        for key in keys:
            await asyncio.to_thread(seat.tap, key)
        if A in keys:
            await asyncio.to_thread(field.wait_text, "beföre " + TEXT + "a")
        await asyncio.sleep(0.2 if A in keys else UNSEEN_S)
        before = await asyncio.to_thread(field.text)
        with pytest.raises(NotDelivered, match="whole text"):
            await output.undo(TEXT, focus)
        assert await asyncio.to_thread(field.text) == before
        await asyncio.to_thread(seat.tap, RIGHT)

    after_writing(field, work)


def test_not_where_something_is_selected(field: SwayWindow, seat: Keyboard) -> None:
    async def work(output: InputMethodOutput, focus: Focus) -> None:
        await asyncio.to_thread(seat.down, Keyboard.SHIFT)
        await asyncio.to_thread(seat.tap, LEFT)
        await asyncio.to_thread(seat.up, Keyboard.SHIFT)
        await asyncio.sleep(UNSEEN_S)
        # GTK 3 tells no selection.
        with pytest.raises(NotDelivered, match=r"selected|whole text|stands there now"):
            await output.undo(TEXT, focus)
        await asyncio.to_thread(seat.tap, RIGHT)

    after_writing(field, work)
    assert field.text() == "beföre " + TEXT


def test_not_in_another_window_and_not_when_back(
    sway: Sway, field: SwayWindow, tmp_path: Path
) -> None:
    other = Gtk3(sway, tmp_path)

    async def work(output: InputMethodOutput, focus: Focus) -> None:
        await focus_on(output, other)
        with pytest.raises(FocusMoved):
            await output.undo(TEXT, focus)
        await focus_on(output, field)
        with pytest.raises(FocusMoved):
            await output.undo(TEXT, focus)
        with pytest.raises(NotDelivered):
            await output.undo(TEXT, None)

    after_writing(field, work)
    assert (field.text(), other.text()) == ("beföre " + TEXT, "")
    other.close()


def test_the_focus_moves_in_the_middle(
    sway: Sway, field: SwayWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deleted in the other window, whatever stands there."""
    other = Gtk3(sway, tmp_path)
    asked = []
    original = InputMethod.delete

    def delete(method: InputMethod, count: int) -> None:
        asked.append(count)
        original(method, count)
        method._connection.poll()
        time.sleep(0.1)
        other.focus()

    async def work(output: InputMethodOutput, focus: Focus) -> None:
        await output.write(TEXT, await focus_on(output, other))
        again = await focus_on(output, field)
        monkeypatch.setattr(InputMethod, "delete", delete)
        with pytest.raises(DeliveryUnsure):
            await output.undo(TEXT, again)

    after_writing(field, work)
    assert len(asked) == 1
    assert other.text() == TEXT
    assert field.text().startswith("beföre ")
    other.close()


def test_an_application_that_hangs_takes_nothing_back(field: SwayWindow) -> None:
    async def work(output: InputMethodOutput, focus: Focus) -> None:
        field.hang()
        try:
            with pytest.raises(NotDelivered, match="stands there now"):
                await output.undo(TEXT, focus)
        finally:
            field.wake()

    after_writing(field, work)
    assert field.text() == "beföre " + TEXT


def test_not_after_enter_of_which_gtk_reports_nothing(field: SwayWindow, seat: Keyboard) -> None:
    async def work(output: InputMethodOutput, focus: Focus) -> None:
        await asyncio.to_thread(seat.tap, ENTER)
        await asyncio.to_thread(field.wait_text, f"beföre {TEXT}\n")
        with pytest.raises(NotDelivered, match=r"whole text|stands there now"):
            await output.undo(TEXT, focus)

    after_writing(field, work)
    assert field.text() == f"beföre {TEXT}\n"


def test_an_application_that_says_nothing_of_it(
    field: SwayWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may do it when it wakes: nobody asks it twice."""
    original = InputMethod.delete

    def delete(method: InputMethod, count: int) -> None:
        field.hang()
        original(method, count)

    async def work(output: InputMethodOutput, focus: Focus) -> None:
        monkeypatch.setattr(InputMethod, "delete", delete)
        try:
            with pytest.raises(DeliveryUnsure, match="look there"):
                await output.undo("plain", focus)
        finally:
            field.wake()

    monkeypatch.setattr("dictate.outputs.paste.window_output.ANSWER_S", 0.3)
    after_writing(field, work, "plain")
    field.wait_text("beföre ")


def test_a_terminal_takes_nothing_back(sway: Sway, tmp_path: Path) -> None:
    foot = Foot(sway, tmp_path)

    async def work(output: InputMethodOutput, focus: Focus) -> None:
        with pytest.raises(NotDelivered, match="pasted"):
            await output.undo(TEXT, focus)

    after_writing(foot, work)
    assert foot.text() == "beföre " + TEXT
    foot.close()


def test_a_keyboard_takes_nothing_back(sway: Sway, field: SwayWindow) -> None:
    async def main() -> None:
        output = VirtualKeyboardOutput(OutputSettings())
        await output.open()
        try:
            await asyncio.to_thread(field.focus)
            focus = await output.focus()
            await output.write(TEXT, focus)
            await asyncio.to_thread(field.wait_text, TEXT)
            with pytest.raises(NotDelivered, match="pasted"):
                await output.undo(TEXT, focus)
        finally:
            await output.close()

    asyncio.run(main())
    assert field.text() == TEXT


def test_sway_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sway() as sway:
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
        keyboard = Keyboard()
        opened = Gtk3(sway, tmp_path)

        async def work(output: InputMethodOutput, focus: Focus) -> None:
            await asyncio.to_thread(sway.kill)
            with pytest.raises(NotDelivered):
                await asyncio.wait_for(output.undo(TEXT, focus), 5)

        after_writing(opened, work)
        keyboard.close()
