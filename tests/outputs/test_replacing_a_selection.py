"""A selection is replaced by the text, in each application in which a paste by hand replaces it."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.outputs import Output, Receipt
from dictate.outputs.paste.application import pastes_clipboard
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.sway import focused_process
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.x11.output import X11Output
from tests.lab.clipboard import copy, paste
from tests.lab.ibus import IBusDaemon
from tests.lab.ibus_output import MINE
from tests.lab.ibus_output import focus_on as focus_on_ibus
from tests.lab.ibus_output import with_output as with_ibus
from tests.lab.more_windows import Chromium, Firefox, Qt6, Qt6InSway
from tests.lab.outputs import working
from tests.lab.sway import Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.lab.sway import copy as sway_copy
from tests.lab.sway import paste as sway_paste
from tests.lab.windows import (
    PYTHON,
    Gtk4Entry,
    Gtk4Field,
    GtkEntry,
    GtkField,
    TkField,
    Window,
    Xterm,
)
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop

X11_KINDS = (GtkField, GtkEntry, Gtk4Field, Gtk4Entry, Qt6, Chromium, Firefox)
SWAY_KINDS = (Gtk3, Gtk4, Qt6InSway)
WORDS = "one two three"
SELECTED = "three"
TEXT = "see you next week"
REPLACED = "one two see you next week"
SELECTS_S = 0.3
"""No application reports that it has selected something."""


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
    need("xclip")
    monkeypatch.setenv("DISPLAY", x.display)
    opened = request.param(x, tmp_path)
    yield opened
    opened.close()


def select_last_word(window: Window) -> None:
    """As the user does, by the keyboard."""
    window.x.run("xdotool", "key", "--clearmodifiers", "ctrl+shift+Left")
    time.sleep(SELECTS_S)


def typed_and_selected(window: Window) -> None:
    window.focus()
    window.x.run("xdotool", "type", WORDS)
    window.wait_text(WORDS)
    select_last_word(window)


def with_x11(work: Callable[[Output], Awaitable[None]]) -> None:
    working(X11Output(OutputSettings(paste_timeout_ms=5000)), work)


async def write(output: Output, text: str = TEXT) -> None:
    assert await output.write(text, await output.focus()) is Receipt.DELIVERED


@in_each(*X11_KINDS)
def test_a_selection_is_replaced_on_x11(window: Window) -> None:
    typed_and_selected(window)

    async def work(output: Output) -> None:
        await write(output)
        # Chromium asks for the text more than once: the output is still needed.
        await asyncio.to_thread(window.wait_text, REPLACED)

    with_x11(work)


@in_each(GtkField, Gtk4Entry)
def test_a_selection_made_between_two_texts_is_replaced(window: Window) -> None:
    async def work(output: Output) -> None:
        await write(output, WORDS)
        await asyncio.to_thread(window.wait_text, WORDS)
        await asyncio.to_thread(select_last_word, window)
        await write(output)

    with_x11(work)
    window.wait_text(REPLACED)


@in_each(GtkField, GtkEntry, Gtk4Field)
def test_clipboard_and_primary_are_as_they_were(x: XServer, window: Window) -> None:
    copy(x, "vorher ü".encode())
    typed_and_selected(window)
    assert paste(x, "primary") == SELECTED.encode()

    async def work(output: Output) -> None:
        await write(output)
        for _ in range(2):
            assert await asyncio.to_thread(paste, x) == "vorher ü".encode()
            await asyncio.sleep(0.5)  # past the time in which the application may ask again
        # It is gone with the selection, as if the user had pasted.
        assert await asyncio.to_thread(paste, x, "primary") in (None, b"", SELECTED.encode())

    with_x11(work)
    window.wait_text(REPLACED)


@in_each(GtkField, Gtk4Field)
def test_undo_takes_the_text_back_and_no_more(window: Window) -> None:
    typed_and_selected(window)

    async def work(output: Output) -> None:
        await write(output)
        await output.undo(TEXT, await output.focus())

    with_x11(work)
    window.wait_text("one two ")


@in_each(TkField)
def test_where_a_paste_by_hand_replaces_nothing_the_text_is_inserted(
    x: XServer, window: Window
) -> None:
    typed_and_selected(window)
    copy(x, TEXT.encode())
    x.run("xdotool", "key", "ctrl+v")
    by_hand = "one two see you next weekthree"
    window.wait_text(by_hand)
    x.run("xdotool", "key", "ctrl+a", "ctrl+k")  # the whole line
    window.wait_text("")
    typed_and_selected(window)
    with_x11(write)
    window.wait_text(by_hand)


@in_each(Xterm)
def test_a_terminal_with_a_selection_of_its_own_gets_the_text(x: XServer, window: Window) -> None:
    async def work(output: Output) -> None:
        await write(output, "selected")
        # Its reader echoes what it reads, so the word can be selected: xterm then owns PRIMARY.
        await asyncio.to_thread(window.wait_text, "selected")
        at = ("mousemove", "--window", window.xid(), "20", "10")
        double = ("click", "--repeat", "2", "--delay", "50", "1")
        await asyncio.to_thread(x.run, "xdotool", *at, *double)
        await asyncio.sleep(SELECTS_S)
        assert await asyncio.to_thread(paste, x, "primary") == b"selected"
        await write(output)

    with_x11(work)
    window.wait_text(f"selected{TEXT}")


@in_each(GtkField)
def test_only_what_surely_pastes_the_clipboard_keeps_primary(window: Window) -> None:
    pid = window.child.pid
    assert pastes_clipboard(pid, "python3")
    assert not any(pastes_clipboard(pid, name) for name in ("Gvim", "PuTTY"))
    assert not pastes_clipboard(None, "")
    assert not pastes_clipboard(2**22 + 1, "there is no such process")


@pytest.mark.parametrize(
    ("opens", "expected"), [("nothing", True), ("a terminal", False), ("in a child", False)]
)
def test_a_program_with_a_terminal_in_it_gets_both_selections(
    opens: str, *, expected: bool
) -> None:
    code = f"""
import gi, os, pty, sys
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
if {opens!r} == "a terminal":
    pty.openpty()
if {opens!r} == "in a child" and not os.fork():
    pty.openpty(); print("ready", flush=True); sys.stdin.read(); sys.exit()
if {opens!r} != "in a child":
    print("ready", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [PYTHON, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            pytest.skip("no GTK 3: apt install python3-gi gir1.2-gtk-3.0")
        assert pastes_clipboard(child.pid, "editor") is expected
        child.communicate("")


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
    monkeypatch.setenv("SWAYSOCK", str(sway.control))
    opened = request.param(sway, tmp_path)
    yield opened
    opened.close()


def in_each_on_sway(*kinds: type[SwayWindow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("in_sway", kinds, indirect=True, ids=lambda kind: kind.kind)


async def write_and_replace(output: Output, window: SwayWindow, seat: Keyboard) -> None:
    await asyncio.to_thread(window.focus)
    await asyncio.sleep(SELECTS_S)
    await write(output, WORDS)
    await asyncio.to_thread(window.wait_text, WORDS)
    for key in (Keyboard.CTRL, Keyboard.SHIFT):
        seat.down(key)
    seat.tap(Keyboard.LEFT)
    for key in (Keyboard.SHIFT, Keyboard.CTRL):
        seat.up(key)
    await asyncio.sleep(SELECTS_S)
    await write(output)
    await asyncio.to_thread(window.wait_text, REPLACED)


@in_each_on_sway(*SWAY_KINDS)
@pytest.mark.parametrize("make", [InputMethodOutput, VirtualKeyboardOutput])
def test_a_selection_is_replaced_on_sway(
    make: type[Output], sway: Sway, in_sway: SwayWindow, seat: Keyboard
) -> None:
    async def work(output: Output) -> None:
        await asyncio.to_thread(sway_copy, sway, b"before")
        await write_and_replace(output, in_sway, seat)
        await asyncio.sleep(0.7)
        assert await asyncio.to_thread(sway_paste, sway) == b"before"

    working(make(OutputSettings(paste_timeout_ms=5000)), work)


def test_without_an_answer_of_sway_no_process_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(silent))
        server.listen()
        for path in ("", str(tmp_path / "none"), str(silent)):
            monkeypatch.setenv("SWAYSOCK", path)
            assert asyncio.run(focused_process()) is None


# IBus


@pytest.mark.parametrize("kind", ["gtk3", "gtk4"])
def test_a_selection_is_replaced_through_ibus(
    ibus: IBusDaemon, ibus_windows: dict[str, Window], kind: str
) -> None:
    window = ibus_windows[kind]
    window.forget()
    ibus.use(MINE)

    async def work(output: Output) -> None:
        focus = await focus_on_ibus(output, window)  # type: ignore[arg-type]
        await output.write(WORDS, focus)
        await asyncio.to_thread(window.wait_text, WORDS)
        await asyncio.to_thread(select_last_word, window)
        await output.write(TEXT, focus)

    with_ibus(work)
    window.wait_text(REPLACED)
