"""Pasting into real windows in sway: exactly, once, only there, and the clipboard is as it was."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.clipboard import ClipboardOutput
from dictate.outputs.thread import at_once
from dictate.outputs.wayland.keys import KeyChord
from dictate.outputs.wayland.selection import CLIPBOARD, Content, Selections
from dictate.outputs.wayland.thread import WaylandConnection, WaylandThread
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.wayland.wire import Object
from tests.lab.corpus import TEXTS
from tests.lab.outputs import working
from tests.lab.sway import (
    Blank,
    Foot,
    Gtk3,
    Gtk4,
    Keyboard,
    Sway,
    SwayWindow,
    copy,
    need,
    only,
    paste,
)
from tests.lab.xserver import wait_for

pytestmark = pytest.mark.desktop

KINDS: tuple[type[SwayWindow], ...] = (Foot, Gtk3, Gtk4)


@pytest.fixture(autouse=True)
def display(sway: Sway, seat: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    need("wl-copy")
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.kind)
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
def field(sway: Sway, tmp_path: Path) -> Iterator[Gtk3]:
    opened = Gtk3(sway, tmp_path)
    yield opened
    opened.close()


def with_output(
    work: Callable[[VirtualKeyboardOutput], Awaitable[None]], timeout_ms: int = 5000
) -> None:
    """Run `work` with an open output."""
    working(VirtualKeyboardOutput(OutputSettings(paste_timeout_ms=timeout_ms)), work)


async def focus_on(output: VirtualKeyboardOutput, window: SwayWindow) -> Focus:
    await asyncio.to_thread(window.focus)
    focus = await output.focus()
    assert focus is not None
    return focus


async def clipboard_is(
    sway: Sway, data: bytes | None, kind: str = "", selection: str = "clipboard"
) -> None:
    await asyncio.to_thread(
        wait_for,
        lambda: paste(sway, kind, selection) == data,
        f"{kind} in the {selection} is what it was",
    )


@pytest.mark.fault("C12", "C3", "C4")
def test_arrives_exactly(sway: Sway, window: SwayWindow) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, window)
        said = window.text()
        for text in TEXTS.values():
            assert await output.write(text, focus) is Receipt.DELIVERED
            said += text
            await asyncio.to_thread(window.wait_text, said)

    with_output(work)


@only(Gtk3)
@pytest.mark.fault("C4")
def test_many_in_a_row_stay_in_order(window: SwayWindow) -> None:
    texts = [f"<{n} ünï 日>" for n in range(12)]

    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, window)
        before = window.text()
        for text in texts:
            await output.write(text, focus)
        await asyncio.to_thread(window.wait_text, before + "".join(texts))

    with_output(work)


@only(Foot, Gtk3)
@pytest.mark.fault("C2")
def test_held_modifiers_and_locks_do_no_harm(window: SwayWindow, seat: Keyboard) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, window)
        said = window.text()
        held = (Keyboard.CTRL, Keyboard.ALT, Keyboard.SHIFT, Keyboard.SUPER)
        for key in held:
            await asyncio.to_thread(seat.down, key)
            try:
                await output.write(f"with {key}, ", focus)
            finally:
                await asyncio.to_thread(seat.up, key)
            said += f"with {key}, "
            await asyncio.to_thread(window.wait_text, said)
        await asyncio.to_thread(seat.tap, Keyboard.CAPS_LOCK)
        try:
            await output.write("Caps", focus)
            await asyncio.to_thread(window.wait_text, said + "Caps")
            # Nothing of ours is left down, and what is locked still is.
            await asyncio.to_thread(seat.tap, Keyboard.B)
            await asyncio.to_thread(window.wait_text, said + "CapsB")
        finally:
            await asyncio.to_thread(seat.tap, Keyboard.CAPS_LOCK)

    with_output(work)


@pytest.mark.fault("C5")
def test_the_chord_leaves_nothing_down(seat: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even Shift for the next click, which only the next key of the user's would take away."""
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(Object, "send", lambda _, *request: sent.append(request))
    chord = KeyChord.__new__(KeyChord)
    chord._keyboard = Object.__new__(Object)
    chord.press()
    keys = [request[2:] for request in sent if request[0] == "key"]
    assert {key for key, _ in keys} == {42, 110}
    for key in (42, 110):
        assert [state for code, state in keys if code == key] == [1, 0]
    modifiers = [request[1:] for request in sent if request[0] == "modifiers"]
    assert modifiers == [(1, 0, 0, 0), (0, 0, 0, 0)]


# What was in the clipboard


@only(Foot, Gtk3)
@pytest.mark.fault("C6")
def test_text_comes_back(sway: Sway, window: SwayWindow) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(copy, sway, "vorher ü".encode())
        await asyncio.to_thread(copy, sway, b"selected\n", "", "primary")
        for _ in range(2):
            await output.write("spoken", focus)
            await clipboard_is(sway, "vorher ü".encode())
            await clipboard_is(sway, b"selected\n", selection="primary")

    with_output(work)


@pytest.mark.fault("C6")
def test_nothing_comes_back_as_nothing(sway: Sway, field: Gtk3) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, field)
        await asyncio.to_thread(sway.run, "wl-copy", "--clear")
        await asyncio.to_thread(sway.run, "wl-copy", "--clear", "--primary")
        assert await asyncio.to_thread(paste, sway) is None
        await output.write("spoken", focus)
        await clipboard_is(sway, None)
        await clipboard_is(sway, None, selection="primary")

    with_output(work)


class Owner:
    """Another program, with a selection in many kinds."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._connection = connection
        self._selections = Selections(connection)

    async def own(self, content: Content) -> None:
        await self._selections.own(CLIPBOARD, content)
        await self._connection.round_trip()

    async def close(self) -> None:
        """The selection ends with the connection."""


@only(Foot, Gtk3)
@pytest.mark.fault("C6")
def test_a_picture_and_many_kinds_come_back(sway: Sway, window: SwayWindow) -> None:
    kinds = {
        "image/png": b"\x89PNG\r\n\x1a\n" + os.urandom(3_000_000),
        "text/plain;charset=utf-8": "Bild ✓".encode(),
        "text/html": b"<b>Bild\0</b>",
        "application/x-empty": b"",
        "application/x-words": bytes(range(256)),
    }

    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, window)
        owner = WaylandThread("owner", at_once(Owner))
        await owner.start()
        await owner.call(lambda desk: desk.own(kinds), 2)
        before = await asyncio.to_thread(window.text)
        for n in range(3):
            await output.write(f"spoken {n}.", focus)
        await asyncio.to_thread(window.wait_text, before + "spoken 0.spoken 1.spoken 2.")
        await clipboard_is(sway, kinds["text/html"], "text/html")
        await owner.stop(lambda desk: desk.close(), 1)
        for kind, data in kinds.items():
            assert await asyncio.to_thread(paste, sway, kind) == data
        listed = (await asyncio.to_thread(sway.run, "wl-paste", "-l")).decode().split("\n")
        assert [kind for kind in listed if kind] == list(kinds)

    with_output(work)


@pytest.mark.fault("C6")
def test_what_the_user_copies_meanwhile_is_kept(sway: Sway, field: Gtk3) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, field)
        await asyncio.to_thread(copy, sway, b"old")
        await output.write("spoken ", focus)
        await asyncio.to_thread(copy, sway, b"new")
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(paste, sway) == b"new"
        await output.write("again", focus)
        await clipboard_is(sway, b"new")

    with_output(work)
    field.wait_text("spoken again")


def test_hung_owner_of_the_clipboard_delays_but_does_not_block(sway: Sway, field: Gtk3) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, field)
        owner = sway.spawn("wl-copy", "--foreground", "mine")
        await clipboard_is(sway, b"mine")
        owner.send_signal(signal.SIGSTOP)
        try:
            assert await output.write("spoken", focus) is Receipt.DELIVERED
        finally:
            owner.send_signal(signal.SIGCONT)

    with_output(work)
    field.wait_text("spoken")


class SlowManager:
    """Looks at whatever is new in the clipboard, after a while."""

    def __init__(self, connection: WaylandConnection) -> None:
        self.seen: list[bytes] = []
        self._selections = Selections(connection)
        taken = self._selections._changed

        def and_look_later(handle: Object | None) -> None:
            taken(CLIPBOARD, handle)
            connection.call_later(0.1, lambda: connection.start(self.look()))

        self._selections._device.on[CLIPBOARD] = and_look_later

    async def look(self) -> None:
        self.seen.extend((await self._selections.content(CLIPBOARD)).values())

    async def close(self) -> list[bytes]:
        return self.seen


def test_a_clipboard_manager_is_not_taken_for_the_window(
    sway: Sway, field: Gtk3, tmp_path: Path
) -> None:
    blank = Blank(sway, tmp_path)

    async def work(output: VirtualKeyboardOutput) -> None:
        manager = WaylandThread("manager", at_once(SlowManager))
        await manager.start()
        await asyncio.to_thread(copy, sway, b"mine")
        # The first time tells that there is one, as it looks at what comes back.
        await output.write("spoken", await focus_on(output, field))
        await asyncio.sleep(1)
        with pytest.raises(NotDelivered, match="text field"):
            await output.write("lost?", await focus_on(output, blank))
        await clipboard_is(sway, b"mine")
        assert b"lost?" in await manager.call(lambda desk: desk.close(), 1)
        await manager.stop(lambda desk: desk.look(), 1)

    with_output(work, timeout_ms=300)
    field.wait_text("spoken")
    blank.close()


# Only there


@only(Gtk3)
@pytest.mark.fault("C1")
def test_focus_moved_before_and_in_the_last_moment(
    sway: Sway, window: SwayWindow, field: Gtk3, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = window.text()
    quiet = KeyChord.press

    async def work(output: VirtualKeyboardOutput) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(copy, sway, b"mine")
        await focus_on(output, field)
        with monkeypatch.context() as patch:
            patch.setattr(Selections, "own", None)  # the clipboard is not even touched
            with pytest.raises(FocusMoved):
                await output.write("not for you", focus)
        await clipboard_is(sway, b"mine")
        # While the former clipboard is being read.
        focus = await focus_on(output, window)
        owner = sway.spawn("wl-copy", "--foreground", "slow")
        await clipboard_is(sway, b"slow")
        owner.send_signal(signal.SIGSTOP)
        writing = asyncio.create_task(output.write("nor now", focus))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(field.focus)
        owner.send_signal(signal.SIGCONT)
        with pytest.raises(FocusMoved):
            await writing

    with_output(work)
    assert KeyChord.press is quiet
    time.sleep(0.2)
    assert (window.text(), field.text()) == (before, "")


@only(Foot, Gtk3)
@pytest.mark.fault("C1")
def test_focus_moves_while_it_is_finished(sway: Sway, window: SwayWindow, field: Gtk3) -> None:
    """Not one character in the wrong window."""

    async def work(output: VirtualKeyboardOutput) -> None:
        said = window.text()
        for delay_s in (0.0, 0.25, 0.5):
            focus = await focus_on(output, window)
            moving = asyncio.create_task(move(delay_s))
            try:
                while True:
                    await output.write("text ", focus)
                    said += "text "
            except NotDelivered:
                pass
            except DeliveryUnsure:
                pytest.skip("the focus moved in the very moment of the chord, which it said")
            await moving
            await asyncio.to_thread(window.wait_text, said)
            assert field.text() == ""

    async def move(delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await asyncio.to_thread(field.focus)

    with_output(work, timeout_ms=1000)


@pytest.mark.fault("C10")
def test_no_text_field_says_so_and_the_next_text_arrives(
    sway: Sway, field: Gtk3, tmp_path: Path
) -> None:
    blank = Blank(sway, tmp_path)

    async def work(output: VirtualKeyboardOutput) -> None:
        await asyncio.to_thread(copy, sway, b"mine")
        with pytest.raises(NotDelivered, match="text field"):
            await output.write("lost?", await focus_on(output, blank))
        await clipboard_is(sway, b"mine")
        await output.write("here", await focus_on(output, field))

    with_output(work, timeout_ms=300)
    field.wait_text("here")
    blank.close()


def test_a_hung_application_gets_nothing_later(sway: Sway, field: Gtk3) -> None:
    async def work(output: VirtualKeyboardOutput) -> None:
        await asyncio.to_thread(copy, sway, b"mine")
        focus = await focus_on(output, field)
        field.hang()
        with pytest.raises(NotDelivered):
            await output.write("first ", focus)
        await clipboard_is(sway, b"mine")
        field.wake()
        # The chord was in its queue: it pastes what the user had copied, and not the text.
        await asyncio.to_thread(field.wait_text, "mine")
        assert await output.write(" second", focus) is Receipt.DELIVERED

    with_output(work, timeout_ms=300)
    field.wait_text("mine second")


@pytest.mark.fault("C11", "C7")
def test_sway_killed_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    with Sway() as sway:
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)

        async def work(output: VirtualKeyboardOutput) -> None:
            field = await asyncio.to_thread(Gtk3, sway, tmp_path)
            focus = await focus_on(output, field)
            await output.write("before", focus)
            field.hang()
            writing = asyncio.create_task(output.write("unsure", focus))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(sway.kill)
            killed = time.monotonic()
            with pytest.raises(DeliveryUnsure, match="gone"):
                await asyncio.wait_for(writing, 2)
            record_property("detected_s", time.monotonic() - killed)
            assert await output.focus() is None
            with pytest.raises(NotDelivered, match="compositor"):
                await output.write("nowhere", focus)
            await asyncio.to_thread(sway.start)
            other = await asyncio.to_thread(Gtk3, sway, tmp_path)
            focus, back = await focus_on(output, other), time.monotonic()
            assert await output.write("back", focus) is Receipt.DELIVERED
            record_property("recovered_s", time.monotonic() - back)
            await asyncio.to_thread(other.wait_text, "back")

        with_output(work, timeout_ms=10_000)


# The clipboard alone


@pytest.mark.fault("S5")
def test_the_clipboard_output_copies(sway: Sway) -> None:
    text = "Grüße, “Claude” 日本 😀\nzwei"

    async def main() -> None:
        output = ClipboardOutput(OutputSettings())
        assert await asyncio.to_thread(output.unavailable_reason) is None
        await output.open()
        assert await output.focus() is None
        for said in (text, "next", "x" * 500_000):
            assert await output.write(said, None) is Receipt.COPIED
            assert await asyncio.to_thread(paste, sway) == said.encode()
        hint = await asyncio.to_thread(paste, sway, "x-kde-passwordManagerHint")
        assert hint == b"secret"
        await asyncio.to_thread(copy, sway, b"theirs")
        assert await asyncio.to_thread(paste, sway) == b"theirs"
        await output.close()

    asyncio.run(main())
    assert paste(sway, selection="primary") is None
