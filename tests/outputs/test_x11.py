"""Pasting into real windows: exactly, once, only there, and the clipboard is as it was."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from Xlib import X
from Xlib.display import Display

from dictate.config.schema import OutputSettings
from dictate.errors import FocusMoved, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.x11 import paste as x11_paste
from dictate.outputs.x11.keys import modifiers_down
from dictate.outputs.x11.output import X11Output
from tests.lab.clipboard import copy, manager, offer, paste, read
from tests.lab.corpus import TEXTS
from tests.lab.outputs import working
from tests.lab.windows import KINDS, Blank, GtkField, TkField, Window, Xterm
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(autouse=True)
def display(x: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    need("xclip")
    monkeypatch.setenv("DISPLAY", x.display)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.kind)
def window(
    request: pytest.FixtureRequest, x: XServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    yield from _opened(request.param, x, tmp_path_factory.mktemp("windows"))


@pytest.fixture
def field(x: XServer, tmp_path: Path) -> Iterator[Window]:
    yield from _opened(GtkField, x, tmp_path)


def _opened(kind: type[Window], x: XServer, folder: Path) -> Iterator[Window]:
    opened = kind(x, folder)
    yield opened
    opened.close()


def with_output(work: Callable[[X11Output], Awaitable[None]], timeout_ms: int = 5000) -> None:
    """Run `work` with an open output."""
    working(X11Output(OutputSettings(paste_timeout_ms=timeout_ms)), work)


async def focus_on(output: X11Output, window: Window) -> Focus:
    await asyncio.to_thread(window.focus)
    focus = await output.focus()
    assert focus is not None
    return focus


def write(window: Window, *texts: str) -> None:
    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        for text in texts:
            assert await output.write(text, focus) is Receipt.DELIVERED

    with_output(work)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.fault("C12", "C3", "C4")
def test_arrives_exactly(window: Window, name: str) -> None:
    before = window.text()
    write(window, TEXTS[name])
    window.wait_text(before + TEXTS[name])


@pytest.mark.fault("C4")
def test_fifty_in_a_row_stay_in_order(window: Window) -> None:
    before = window.text()
    texts = [f"<{n} ünï 日>" for n in range(50)]
    write(window, *texts)
    window.wait_text(before + "".join(texts))


@pytest.mark.fault("C12")
def test_very_long_text_goes_in_pieces(window: Window) -> None:
    before = window.text()
    text = "0123456789abcdé" * 20_000
    write(window, text)
    window.wait_text(before + text, 40)


def test_newlines_are_passed_as_they_are(x: XServer, tmp_path: Path) -> None:
    for kind, line_end in ((Xterm, "\r"), (GtkField, "\n"), (TkField, "\n")):
        opened = kind(x, tmp_path)
        write(opened, "one\ntwo\n\nthree")
        opened.wait_text("one\ntwo\n\nthree".replace("\n", line_end))
        opened.close()


@pytest.mark.parametrize("layout", ["de", "fr", "ru", "us,ru", "us dvorak", "tr f"])
@pytest.mark.fault("C3")
def test_keyboard_layout_does_not_matter(x: XServer, field: Window, layout: str) -> None:
    need("setxkbmap")
    text = "Zyklus, déjà vu, привет, 日本語 😀 @{[ß]}~\\|€"
    x.run("setxkbmap", *layout.split())
    try:
        write(field, text)
        field.wait_text(text)
    finally:
        x.run("setxkbmap", "us")


def test_focus_names_the_application_not_its_title(window: Window) -> None:
    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        assert window.title not in (focus.application + focus.window)
        assert focus == await output.focus()
        if isinstance(window, Xterm):
            assert focus.application == "XTerm"

    with_output(work)


# What was in the clipboard


@pytest.mark.fault("C6", "S5")
def test_text_comes_back(x: XServer, window: Window) -> None:
    copy(x, "vorher ü".encode())
    copy(x, b"selected\n", "primary")
    write(window, "spoken")
    assert paste(x) is None  # the output has been closed, and no manager kept anything

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(copy, x, "vorher ü".encode())
        await asyncio.to_thread(copy, x, b"selected\n", "primary")
        for _ in range(2):
            await output.write("spoken", focus)
            assert await asyncio.to_thread(paste, x) == "vorher ü".encode()
            assert await asyncio.to_thread(paste, x, "primary") == b"selected\n"
        await asyncio.sleep(0.5)  # past the time in which the application may ask again
        assert await asyncio.to_thread(paste, x) == "vorher ü".encode()
        assert await asyncio.to_thread(paste, x, "primary") == b"selected\n"

    with_output(work)


@pytest.mark.fault("C6")
def test_nothing_comes_back_as_nothing(x: XServer, field: Window) -> None:
    async def work(output: X11Output) -> None:
        focus = await focus_on(output, field)
        assert await asyncio.to_thread(paste, x) is None
        await output.write("spoken", focus)
        assert await asyncio.to_thread(paste, x) is None
        await asyncio.to_thread(
            wait_for, lambda: "no" == owner(x, "CLIPBOARD") == owner(x, "PRIMARY"), "no owner"
        )

    with_output(work)


def owner(x: XServer, selection: str) -> str:
    display = Display(x.display)
    try:
        return "some" if display.get_selection_owner(display.get_atom(selection)) else "no"
    finally:
        display.close()


@pytest.mark.fault("C6", "S5")
def test_a_picture_and_many_targets_come_back(x: XServer, window: Window) -> None:
    targets = {
        "image/png": (8, b"\x89PNG\r\n\x1a\n" + os.urandom(90_000)),
        "UTF8_STRING": (8, "Bild ✓".encode()),
        "text/html": (8, b"<b>Bild\0</b>"),
        "application/x-empty": (8, b""),
        "application/x-words": (32, bytes(range(64))),
        "application/x-shorts": (16, bytes(range(6))),
    }

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(offer, x, "CLIPBOARD", targets)
        before = await asyncio.to_thread(window.text)
        for n in range(3):
            await output.write(f"spoken {n}.", focus)
        await asyncio.to_thread(window.wait_text, before + "spoken 0.spoken 1.spoken 2.")
        for target, (size, data) in targets.items():
            assert await asyncio.to_thread(read, x, "CLIPBOARD", target) == (size, data)
        listed = await asyncio.to_thread(paste, x, "clipboard", "TARGETS") or b""
        assert set(targets) <= set(listed.decode().split())
        assert "x-kde-passwordManagerHint" not in listed.decode()

    with_output(work)


@pytest.mark.fault("C6")
def test_a_big_picture_in_pieces_comes_back(x: XServer, field: Window) -> None:
    picture = os.urandom(3_000_000)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, field)
        await asyncio.to_thread(copy, x, picture, "clipboard", "image/png")
        await output.write("spoken", focus)
        assert await asyncio.to_thread(paste, x, "clipboard", "image/png") == picture

    with_output(work)
    field.wait_text("spoken")


@pytest.mark.fault("C6")
def test_what_the_user_copies_meanwhile_is_kept(x: XServer, field: Window) -> None:
    async def work(output: X11Output) -> None:
        focus = await focus_on(output, field)
        await asyncio.to_thread(copy, x, b"old")
        await output.write("spoken ", focus)
        await asyncio.to_thread(copy, x, b"new")
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(paste, x) == b"new"
        await output.write("again", focus)
        assert await asyncio.to_thread(paste, x) == b"new"

    with_output(work)
    field.wait_text("spoken again")


def test_a_clipboard_manager_inherits(x: XServer, field: Window) -> None:
    async def work(output: X11Output) -> None:
        focus = await focus_on(output, field)
        await asyncio.to_thread(copy, x, b"from before")
        await output.write("spoken", focus)

    keeper = manager(x)
    with_output(work)
    assert paste(x) == b"from before"
    keeper.kill()
    keeper.wait()


# What the user's fingers do


@pytest.mark.parametrize("held", [["ctrl"], ["alt"], ["shift"], ["super"], ["ISO_Level3_Shift"],
                                  ["Control_R", "Shift_R"]], ids="+".join)  # fmt: skip
@pytest.mark.fault("C2")
def test_held_modifiers_do_no_harm(x: XServer, window: Window, held: list[str]) -> None:
    before = window.text()

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        for key in held:
            await asyncio.to_thread(x.run, "xdotool", "keydown", key)
        try:
            down = await asyncio.to_thread(x.keys_down)
            assert len(down) >= len(held)
            await output.write("one, ", focus)
            await output.write("two.", focus)
            assert await asyncio.to_thread(x.keys_down) == down
        finally:
            for key in held:
                await asyncio.to_thread(x.run, "xdotool", "keyup", key)
        assert await asyncio.to_thread(x.keys_down) == set()

    with_output(work)
    window.wait_text(before + "one, two.")


@pytest.mark.fault("C2")
def test_a_modifier_let_go_of_in_the_very_moment_stays_up(
    x: XServer, field: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_then_the_user_lets_go(display: Any) -> list[int]:
        held = modifiers_down(display)
        for code in held:
            display.xtest_fake_input(X.KeyRelease, code)
        return held

    monkeypatch.setattr(x11_paste, "modifiers_down", and_then_the_user_lets_go)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, field)
        for key in ("Control_R", "alt", "super"):
            await asyncio.to_thread(x.run, "xdotool", "keydown", key)
            await output.write("text ", focus)
            assert await asyncio.to_thread(x.keys_down) == set()

    with_output(work)
    field.wait_text("text text text ")


@pytest.mark.fault("C2")
def test_locks_stay_as_they_are(x: XServer, field: Window) -> None:
    x.run("xdotool", "key", "Caps_Lock", "key", "Num_Lock")
    try:
        write(field, "Mixed Case 123")
        field.wait_text("Mixed Case 123")
        x.run("xdotool", "key", "b")
        field.wait_text("Mixed Case 123B")
    finally:
        x.run("xdotool", "key", "Caps_Lock", "key", "Num_Lock")


# Only there


@pytest.mark.fault("C1")
def test_focus_moved_before_writing(x: XServer, window: Window, field: Window) -> None:
    before = window.text()

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(copy, x, b"mine")
        await focus_on(output, field)
        with pytest.raises(FocusMoved):
            await output.write("not for you", focus)
        assert await asyncio.to_thread(paste, x) == b"mine"
        assert await asyncio.to_thread(x.keys_down) == set()

    with_output(work)
    x.run("xdotool", "key", "x")
    field.wait_text("x")  # whatever had been sent would stand before it
    assert window.text() == before


@pytest.mark.fault("C10")
def test_the_window_is_gone(x: XServer, tmp_path: Path) -> None:
    async def work(output: X11Output) -> None:
        opened = await asyncio.to_thread(TkField, x, tmp_path)
        focus = await focus_on(output, opened)
        await asyncio.to_thread(opened.close)
        with pytest.raises(NotDelivered):
            await output.write("too late", focus)
        with pytest.raises(NotDelivered):
            await output.write("nowhere", None)

    with_output(work)


@pytest.mark.fault("C10")
def test_no_text_field_says_so_and_the_next_text_arrives(
    x: XServer, field: Window, tmp_path: Path
) -> None:
    async def work(output: X11Output) -> None:
        blank = await asyncio.to_thread(Blank, x, tmp_path)
        await asyncio.to_thread(copy, x, b"mine")
        focus = await focus_on(output, blank)
        with pytest.raises(NotDelivered, match="text field"):
            await output.write("lost?", focus)
        assert await asyncio.to_thread(paste, x) == b"mine"
        await output.write("here", await focus_on(output, field))
        await asyncio.to_thread(blank.close)

    with_output(work, timeout_ms=300)
    field.wait_text("here")


def test_idle_costs_nothing(x: XServer) -> None:
    async def work(output: X11Output) -> None:
        await output.focus()
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.05  # a loop that polls would burn far more

    with_output(work)


@pytest.mark.fault("C10")
def test_a_desktop_without_windows_has_no_focus() -> None:
    async def ask(display: str) -> Focus | None:
        output = X11Output(OutputSettings())
        await output.open()
        try:
            return await output.focus()
        finally:
            await output.close()

    with XServer() as x, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", x.display)
        assert asyncio.run(ask(x.display)) is None
