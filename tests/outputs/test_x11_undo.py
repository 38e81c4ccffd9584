"""Taking back: exactly what was written last, or nothing, and the reason why."""

# ruff: noqa: RUF001 - the signs are meant

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import FocusMoved, NotDelivered
from dictate.outputs import Focus
from dictate.outputs.paste.countable import LONGEST, why_not_exact
from dictate.outputs.x11.output import X11Output
from tests.lab.windows import GtkField, TkField, Window, Xterm
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

TEXT = "Grüße – “Claude Code” 日本語 שלום "
Work = Callable[[X11Output, Focus], Awaitable[None]]


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def field(x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("DISPLAY", x.display)
    opened = GtkField(x, tmp_path)
    yield opened
    opened.close()


def after_writing(window: Window, work: Work, text: str = TEXT) -> None:
    """`text` stands in the window behind another one; then `work`."""

    async def main() -> None:
        output = X11Output(OutputSettings())
        await output.open()
        try:
            await asyncio.to_thread(window.focus)
            focus = await output.focus()
            assert focus is not None
            await output.write("before ", focus)
            await output.write(text, focus)
            await asyncio.to_thread(window.wait_text, "before " + text)
            await work(output, focus)
        finally:
            await output.close()

    asyncio.run(main())


async def take_back(output: X11Output, focus: Focus) -> None:
    await output.undo(TEXT, focus)


@pytest.mark.parametrize("kind", [GtkField, TkField])
def test_it_is_gone_and_what_stood_there_is_not(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Window]
) -> None:
    monkeypatch.setenv("DISPLAY", x.display)
    window = kind(x, tmp_path)
    after_writing(window, take_back)
    window.wait_text("before ")
    assert not x.keys_down()
    window.close()


def test_a_terminal_gets_as_many_backspaces(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", x.display)
    window = Xterm(x, tmp_path)
    after_writing(window, take_back)
    window.wait_text("before " + TEXT + "\x7f" * len(TEXT))
    window.close()


def test_a_long_one_too(field: Window) -> None:
    text = "0123456789" * (LONGEST // 10)
    after_writing(field, lambda output, focus: output.undo(text, focus), text)
    field.wait_text("before ")


def test_only_once(field: Window) -> None:
    async def work(output: X11Output, focus: Focus) -> None:
        await output.undo(TEXT, focus)
        with pytest.raises(NotDelivered, match="already"):
            await output.undo(TEXT, focus)

    after_writing(field, work)
    field.wait_text("before ")


@pytest.mark.parametrize(
    "touch",
    [
        ("key", "a"),
        ("click", "1"),
        ("key", "shift+b"),
        ("key", "ctrl+c", "ctrl+c"),
        ("click", "8", "click", "9"),
    ],
)
def test_not_after_a_key_or_a_click(x: XServer, field: Window, touch: tuple[str, ...]) -> None:
    async def work(output: X11Output, focus: Focus) -> None:
        await asyncio.to_thread(x.run, "xdotool", *touch)
        before = await asyncio.to_thread(field.text)
        with pytest.raises(NotDelivered, match="since"):
            await output.undo(TEXT, focus)
        assert await asyncio.to_thread(field.text) == before

    after_writing(field, work)


@pytest.mark.parametrize("asks", [("key", "F7"), ("click", "8")])
def test_a_key_or_button_that_asks_for_it_does_not_count(
    x: XServer, field: Window, asks: tuple[str, ...]
) -> None:
    async def work(output: X11Output, focus: Focus) -> None:
        await asyncio.to_thread(x.run, "xdotool", *asks)
        await output.undo(TEXT, focus)
        await asyncio.to_thread(field.wait_text, "before ")

    after_writing(field, work)


def test_the_shortcut_that_asks_for_it_does_not_count(x: XServer, field: Window) -> None:
    async def work(output: X11Output, focus: Focus) -> None:
        await asyncio.to_thread(x.run, "xdotool", "keydown", "super", "key", "F12")
        held = await asyncio.to_thread(x.keys_down)
        assert held
        await output.undo(TEXT, focus)
        await asyncio.to_thread(field.wait_text, "before ")
        assert await asyncio.to_thread(x.keys_down) == held
        await asyncio.to_thread(x.run, "xdotool", "keyup", "super")

    after_writing(field, work)
    assert not x.keys_down()


def test_not_in_another_window(x: XServer, field: Window, tmp_path: Path) -> None:
    other = TkField(x, tmp_path)

    async def work(output: X11Output, focus: Focus) -> None:
        await asyncio.to_thread(other.focus)
        with pytest.raises(FocusMoved):
            await output.undo(TEXT, focus)

    after_writing(field, work)
    assert field.text() == "before " + TEXT
    assert other.text() == ""
    other.close()


@pytest.mark.parametrize("text", ["two\nlines", "e\u0301", "\U0001f600", "x" * (LONGEST + 1)])
def test_a_text_that_cannot_be_counted_stays(field: Window, text: str) -> None:
    async def work(output: X11Output, focus: Focus) -> None:
        with pytest.raises(NotDelivered, match="Ctrl"):
            await output.undo(text, focus)

    after_writing(field, work, text)
    assert field.text() == "before " + text


def test_why_not_exact() -> None:
    assert why_not_exact(TEXT) is None
    assert why_not_exact("") is None


def test_nothing_is_listened_to_before_a_delivery(x: XServer, field: Window) -> None:
    async def main() -> None:
        output = X11Output(OutputSettings())
        await output.open()
        try:
            focus = await output.focus()
            with pytest.raises(NotDelivered, match="ago"):
                await output.undo("a", focus)
        finally:
            await output.close()

    field.focus()
    asyncio.run(main())


def test_the_server_dies_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with XServer() as server:
        monkeypatch.setenv("DISPLAY", server.display)
        window = GtkField(server, tmp_path)

        async def work(output: X11Output, focus: Focus) -> None:
            await asyncio.to_thread(server.kill)
            with pytest.raises(NotDelivered):
                await asyncio.wait_for(output.undo(TEXT, focus), 5)

        after_writing(window, work)
