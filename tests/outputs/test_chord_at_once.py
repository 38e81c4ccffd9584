"""On Wayland, a window that is known to answer by itself gets the chord without a wait."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.paste.clipboard_transaction import LINGER_S
from dictate.outputs.thread import at_once
from dictate.outputs.wayland import paste as paste_module
from dictate.outputs.wayland.paste import Paster
from dictate.outputs.wayland.pipes import is_read_by
from dictate.outputs.wayland.selection import CLIPBOARD, Selections
from dictate.outputs.wayland.thread import WaylandConnection, WaylandThread
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.wayland.wire import Object
from tests.lab.outputs import working
from tests.lab.sway import Foot, Gtk3, Keyboard, Sway, SwayWindow, copy, need, only, paste
from tests.lab.xserver import wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture
def window(
    request: pytest.FixtureRequest,
    sway: Sway,
    seat: Keyboard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SwayWindow]:
    need("wl-copy")
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    monkeypatch.setenv("SWAYSOCK", str(sway.control))
    opened = request.param(sway, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one with each wait for clipboard managers."""
    seen: list[str] = []
    quiet = Paster._quiet

    async def wait(self: Paster) -> None:
        seen.append("waited")
        await quiet(self)

    monkeypatch.setattr(Paster, "_quiet", wait)
    return seen


class Manager:
    """Reads whatever is new in the clipboard, from `begin` on."""

    def __init__(self, connection: WaylandConnection) -> None:
        self.read = 0
        self._after_s: float | None = None
        self._selections = Selections(connection)
        taken = self._selections._changed

        def and_read(handle: Object | None) -> None:
            taken(CLIPBOARD, handle)
            if self._after_s is not None:
                connection.call_later(self._after_s, lambda: connection.start(self.look()))

        self._selections._device.on[CLIPBOARD] = and_read

    async def begin(self, after_s: float) -> None:
        self._after_s = after_s

    async def look(self) -> None:
        await self._selections.content(CLIPBOARD)
        self.read += 1

    async def count(self) -> int:
        return self.read

    async def close(self) -> None:
        """Nothing stays behind."""


def with_output(
    window: SwayWindow,
    work: Callable[[VirtualKeyboardOutput, Focus], Awaitable[None]],
    timeout_ms: int = 5000,
) -> None:
    async def in_window(output: VirtualKeyboardOutput) -> None:
        await asyncio.to_thread(window.focus)
        focus = await output.focus()
        assert focus is not None
        await work(output, focus)

    working(VirtualKeyboardOutput(OutputSettings(paste_timeout_ms=timeout_ms)), in_window)


async def clipboard_is(sway: Sway, data: bytes) -> None:
    await asyncio.to_thread(wait_for, lambda: paste(sway) == data, "the clipboard is as before")


@only(Foot, Gtk3)
def test_only_the_first_text_waits(sway: Sway, window: SwayWindow, waits: list[str]) -> None:
    said = ""

    async def work(output: VirtualKeyboardOutput, focus: Focus) -> None:
        nonlocal said
        await asyncio.to_thread(copy, sway, b"mine")
        for number in range(6):
            assert await output.write(f"<{number} ünï 日>", focus) is Receipt.DELIVERED
            said += f"<{number} ünï 日>"
            await asyncio.to_thread(window.wait_text, said)
        await clipboard_is(sway, b"mine")

    with_output(window, work)
    assert waits == ["waited"]


@only(Gtk3)
@pytest.mark.parametrize("why", ["no process", "another process", "a reader"])
def test_what_is_not_certain_waits(
    sway: Sway, window: SwayWindow, waits: list[str], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """The desktop does not name the process; another process reads for the window, as Xwayland
    does; the window reads each new clipboard, as a remote desktop does."""
    if why == "no process":
        monkeypatch.setenv("SWAYSOCK", "")
    else:
        monkeypatch.setattr(paste_module, "is_read_by", lambda _pipe, _pid: why == "a reader")

    async def work(output: VirtualKeyboardOutput, focus: Focus) -> None:
        manager = WaylandThread("manager", at_once(Manager))
        if why == "a reader":
            await manager.start()
            await manager.call(lambda desk: desk.begin(0), 1)
        for text in ("one ", "two ", "three "):
            assert await output.write(text, focus) is Receipt.DELIVERED
        if why == "a reader":
            await manager.stop(lambda desk: desk.close(), 1)

    with_output(window, work)
    window.wait_text("one two three ")
    assert waits == ["waited"] * 3


@only(Gtk3)
def test_a_manager_that_has_come_since_is_not_taken_for_the_window(
    sway: Sway, window: SwayWindow, waits: list[str]
) -> None:
    async def work(output: VirtualKeyboardOutput, focus: Focus) -> None:
        await asyncio.to_thread(copy, sway, b"mine ")
        manager = WaylandThread("manager", at_once(Manager))
        await manager.start()
        await output.write("first ", focus)
        await asyncio.sleep(2 * LINGER_S)  # the window has come to rest
        await manager.call(lambda desk: desk.begin(0.1), 1)  # after the chord
        window.hang()
        with pytest.raises(NotDelivered):
            await output.write("lost? ", focus)
        assert waits == ["waited"]
        assert await manager.call(lambda desk: desk.count(), 1)
        window.wake()
        await asyncio.to_thread(window.wait_text, "first mine ")
        assert await output.write("second", focus) is Receipt.DELIVERED
        assert waits == ["waited"] * 2
        await manager.stop(lambda desk: desk.close(), 1)

    with_output(window, work, timeout_ms=300)
    window.wait_text("first mine second")


@only(Gtk3)
@pytest.mark.fault("C6")
@pytest.mark.parametrize("then", ["another text", "the former content"])
def test_a_window_that_is_stopped_right_after_it_has_read_a_text_loses_nothing(
    sway: Sway, window: SwayWindow, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """GTK starts over, with the new content, if the clipboard changes before it has inserted."""
    given, stops = Paster._given, False

    def stop(self: Paster) -> None:
        if stops:
            window.hang()
        given(self)

    monkeypatch.setattr(Paster, "_given", stop)

    async def work(output: VirtualKeyboardOutput, focus: Focus) -> None:
        nonlocal stops
        await asyncio.to_thread(copy, sway, b"mine ")
        stops = True
        assert await output.write("first ", focus) is Receipt.DELIVERED
        stops = False
        if then == "another text":
            with pytest.raises(NotDelivered, match="not yet shown the text before"):
                await output.write("second ", focus)
        else:
            await asyncio.sleep(2 * LINGER_S)
        assert paste(sway) == b"first "
        window.wake()
        await asyncio.to_thread(window.wait_text, "first ")
        await clipboard_is(sway, b"mine ")
        assert await output.write("third", focus) is Receipt.DELIVERED

    with_output(window, work, timeout_ms=300)
    window.wait_text("first third")


def test_who_reads_a_pipe() -> None:
    ours, theirs = os.pipe()
    with subprocess.Popen(["cat"], stdin=ours, stdout=subprocess.DEVNULL) as reader:
        assert is_read_by(theirs, reader.pid)
        os.close(ours)
        assert is_read_by(theirs, reader.pid)
        assert not is_read_by(theirs, os.getppid())
        os.close(theirs)
    assert not is_read_by(theirs, os.getpid())
    ours, theirs = os.pipe()
    assert not is_read_by(theirs, reader.pid)
    os.close(ours)
    os.close(theirs)
