"""Selecting the last text by keys, and taking back one text after the other."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs.paste.countable import why_not_selectable
from dictate.outputs.x11.output import X11Output
from tests.lab.windows import GtkField, TkField, Window, Xterm
from tests.lab.writing import Writing
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

Work = Callable[[Writing], Awaitable[None]]


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


def in_window(
    x: XServer, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Window], work: Work
) -> Window:
    """Do it with the x11 output, while a window of this kind has the focus; that window."""
    monkeypatch.setenv("DISPLAY", x.display)
    window = kind(x, folder)

    async def main() -> None:
        output = X11Output(OutputSettings())
        await output.open()
        try:
            await asyncio.to_thread(window.focus)
            await work(Writing(output))
        finally:
            await output.close()

    asyncio.run(main())
    return window


@pytest.mark.parametrize(
    ("kind", "stands"),
    # Tk replaces no selection, not even at its own Ctrl+V; the cursor stands before it.
    [(GtkField, "Hello"), (TkField, "HelloGr\u00fc\u00dfe an alle")],
)
def test_the_next_text_replaces_what_was_selected(
    x: XServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Window],
    stands: str,
) -> None:
    async def work(writing: Writing) -> None:
        await writing("Before it.")
        await writing("Gr\u00fc\u00dfe an alle")
        await writing.select()
        await writing("Hello")

    window = in_window(x, tmp_path, monkeypatch, kind, work)
    window.wait_text(f"Before it. {stands}")
    assert not x.keys_down()
    window.close()


def test_a_terminal_selects_nothing(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(writing: Writing) -> None:
        await writing("ls")
        with pytest.raises(NotDelivered, match="in a terminal no keys select"):
            await writing.select()

    window = in_window(x, tmp_path, monkeypatch, Xterm, work)
    window.wait_text("ls")
    window.close()


def test_nothing_is_selected_once_something_was_typed(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(writing: Writing) -> None:
        await writing("One.")
        await asyncio.to_thread(x.run, "xdotool", "key", "a")
        with pytest.raises(NotDelivered, match="typed or clicked"):
            await writing.select()

    window = in_window(x, tmp_path, monkeypatch, GtkField, work)
    window.wait_text("One.a")
    window.close()


def test_three_texts_are_taken_back_one_after_the_other(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(writing: Writing) -> None:
        for text in ("One.", "Two.", "Three."):
            await writing(text)
        await writing.undo()
        await writing.undo()
        await writing("Four.")
        await writing.undo()
        await writing.undo()
        with pytest.raises(Exception, match="no text that could be taken back"):
            await writing.undo()
        await writing("Five.")

    window = in_window(x, tmp_path, monkeypatch, GtkField, work)
    window.wait_text("Five.")
    window.close()


def test_the_hotkey_is_no_text_but_another_key_is(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def press(key: str) -> float:
        await asyncio.to_thread(x.run, "xdotool", "key", key)
        return time.monotonic()

    async def work(writing: Writing) -> None:
        await writing("One.")
        asked_at = [await press("Pause")]
        await asyncio.sleep(1.2)  # speaking takes longer than a shortcut
        await writing.undo(asked_at)
        await writing("Two.")
        asked_at = [await press("space")]
        with pytest.raises(NotDelivered, match="typed or clicked"):
            await writing.undo(asked_at)

    window = in_window(x, tmp_path, monkeypatch, GtkField, work)
    window.wait_text("Two. ")
    window.close()


@pytest.mark.parametrize(
    ("text", "selectable"),
    [
        ("Gr\u00fc\u00dfe \u2013 \u201cx\u201d \u65e5\u672c\u8a9e", True),
        ("two\nlines", False),
        ("\u05e9\u05dc\u05d5\u05dd", False),
        ("e\u0301", False),
        ("x" * 1001, False),
    ],
)
def test_why_not_selectable(text: str, *, selectable: bool) -> None:
    assert (why_not_selectable(text) is None) is selectable
