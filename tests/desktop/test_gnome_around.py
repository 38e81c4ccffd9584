"""What an output on GNOME says to stand around the cursor: it is right, or nothing is said. To ask
changes nothing."""

import asyncio
import time
from pathlib import Path

import pytest

from dictate.outputs import FieldText, Focus, Output, Receipt
from dictate.outputs.ibus import output as ibus_output
from dictate.outputs.ibus import surrounding as ibus_surrounding
from tests.desktop.test_gnome import MINE, focus_on, press, session, with_output
from tests.lab.accessibility import AccessibilityBus
from tests.lab.at_cursor import ACTS, TEXT, Act, until
from tests.lab.daemon import RealDaemon
from tests.lab.eight import PATIENT, dictate_eight, says
from tests.lab.gnome import (
    WINDOWS,
    AccessibleChromiumOnGnome,
    ChromiumOnGnome,
    Foot,
    Gnome,
    Gtk3OnGnome,
    Gtk4OnGnome,
    Qt6OnGnome,
    VimOnGnome,
)
from tests.lab.scripted import noise
from tests.lab.windows import Window
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]

__all__ = ["session"]


HAND_S = 0.5
"""Seconds between a key and the next text, as if the user moved the hand."""


def middle(gnome: Gnome, window: Window) -> tuple[int, int]:
    """Of this window."""
    rectangle = f"{WINDOWS}.find(w => w.title.startsWith('{window.title}')).get_frame_rect()"
    at = gnome.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({rectangle})")
    assert isinstance(at, list)
    return int(at[0]), int(at[1])


@pytest.mark.parametrize("kind", [Gtk3OnGnome, Gtk4OnGnome])
def test_what_stands_around_the_cursor(
    gnome: Gnome, tmp_path: Path, kind: type[Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is what the application answers to a preview, or to a question. GTK 3 does not say what is
    selected, and in GTK 4 a preview replaces it."""
    window = kind(gnome, tmp_path)
    monkeypatch.setattr(ibus_surrounding, "ANSWER_S", 1.0)

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        await output.write(TEXT, focus)
        for act in ACTS:
            if act.selected and kind is Gtk3OnGnome:
                continue
            await asyncio.to_thread(press, gnome, act.keys)
            for preview in ("",) if act.selected else ("", "being", "being said"):
                await asyncio.sleep(HAND_S)
                if preview:
                    assert await output.preview(preview)
                    await asyncio.sleep(HAND_S)
                there = await output.surrounding(focus)
                assert there is not None, (act, preview)
                line = act.before.rpartition("\n")[2]
                assert there.before.rpartition("\n")[2] == line
                assert (there.selected, there.after.partition("\n")[0]) == (act.selected, act.after)
                await output.preview("")
            assert await output.surrounding(Focus("elsewhere", "")) is None
        await output.surrounding(focus)
        assert await output.write(" one", focus) is Receipt.DELIVERED
        await output.surrounding(focus)
        await asyncio.sleep(2)  # no text comes
        assert await asyncio.to_thread(gnome.engine) == MINE

    with_output(work)
    assert gnome.engine() == MINE
    assert window.text() == f"{ACTS[-1].before} one"
    window.close()


def test_a_terminal_says_nothing(gnome: Gnome, tmp_path: Path) -> None:
    window = Foot(gnome, tmp_path)

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        for preview in ("", "being said"):
            await output.preview(preview)
            assert await output.surrounding(focus) is None
        assert await output.write("one", focus) is Receipt.UNCONFIRMED

    with_output(work)
    window.wait_text("one")
    window.close()


def test_a_field_of_qt_is_read_without_a_question(gnome: Gnome, tmp_path: Path) -> None:
    """It talks to IBus itself, and reports each change. It counts in UTF-16."""
    window: Window | None = None

    async def work(output: Output) -> None:
        nonlocal window
        window = await asyncio.to_thread(Qt6OnGnome, gnome, tmp_path)
        focus = await focus_on(output, window)
        await output.write(TEXT, focus)
        for act in ACTS[:-1]:
            await asyncio.to_thread(press, gnome, act.keys)
            await until(lambda: output.surrounding(focus), act)
            if act.selected:
                await until(lambda: output.selection(focus), act)
            assert await asyncio.to_thread(gnome.engine) == MINE
        assert await output.surrounding(Focus("elsewhere", "")) is None

    with_output(work)
    assert window is not None
    window.close()


def test_a_question_leaves_nothing_behind(gnome: Gnome, tmp_path: Path) -> None:
    """In Chromium a preedit is text for everybody who looks, and stays at the next Enter."""
    window = ChromiumOnGnome(gnome, tmp_path)

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        await output.write("one", focus)
        await asyncio.sleep(HAND_S)
        await output.surrounding(focus)
        await asyncio.sleep(HAND_S)
        assert window.text() == "one"
        await asyncio.to_thread(press, gnome, ["Return", "b"])
        await asyncio.to_thread(window.wait_text, "one\nb")

    with_output(work)
    window.close()


def test_to_read_changes_nothing(gnome: Gnome, tmp_path: Path) -> None:
    """GTK 4 reports no Ctrl+A, and would replace what is selected by a question. Where it tells
    accessibility, as it does by default, none is asked."""
    bus = AccessibilityBus(gnome.more_env["DBUS_SESSION_BUS_ADDRESS"], tmp_path)

    async def work(output: Output) -> None:
        window = await asyncio.to_thread(Gtk4OnGnome, gnome, tmp_path)
        focus = await focus_on(output, window)
        await output.write("one two", focus)
        await until(lambda: output.surrounding(focus), Act((), "one two"))
        await asyncio.to_thread(press, gnome, ["ctrl+a"])
        await asyncio.sleep(HAND_S)
        for _ in range(3):
            there = await output.surrounding(focus)
            assert there is None or there.selected == "one two"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dictate.outputs.guard.read", nothing)
            assert await output.surrounding(focus) is None
        await asyncio.sleep(HAND_S)
        assert window.text() == "one two"
        await output.write("three", focus)  # as typing does
        await asyncio.to_thread(window.wait_text, "three")
        await asyncio.to_thread(window.close)

    async def nothing(_field: object, **_patience: float) -> FieldText | None:
        """As of an application that does not answer in time."""
        return None

    before = gnome.more_env
    with bus:
        gnome.more_env = {**before, **bus.env}
        try:
            with_output(work)
        finally:
            gnome.more_env = before


@pytest.mark.parametrize("act", ["click", "key", "other window", "cancelled", "killed"])
@pytest.mark.parametrize("kind", [Gtk3OnGnome, Gtk4OnGnome, Qt6OnGnome, AccessibleChromiumOnGnome])
def test_of_a_preview_nothing_invisible_stays(
    gnome: Gnome, tmp_path: Path, kind: type[Window], act: str
) -> None:
    """Qt makes it the user's text at a click, Chromium when another window gets the focus."""
    bus = AccessibilityBus(gnome.more_env["DBUS_SESSION_BUS_ADDRESS"], tmp_path)
    said = "being said"

    async def work(output: Output) -> None:
        other = await asyncio.to_thread(Foot, gnome, tmp_path)
        window = await asyncio.to_thread(kind, gnome, tmp_path)
        focus = await focus_on(output, window)
        await output.write("mine ", focus)
        await asyncio.to_thread(window.wait_text, "mine ")
        for text in ("being", said):
            await output.preview(text)
            await asyncio.sleep(HAND_S)
        match act:
            case "click":
                await asyncio.to_thread(gnome.click, *middle(gnome, window))
            case "key":
                await asyncio.to_thread(press, gnome, ["b"])
            case "other window":
                await asyncio.to_thread(other.focus)
            case "killed":
                assert isinstance(output, ibus_output.IBusOutput)
                assert output._switch.engine is not None
                await output._switch.engine.close()  # as its socket is closed by SIGKILL
        await asyncio.sleep(HAND_S)
        await output.preview("")
        await asyncio.sleep(HAND_S)
        assert window.text().replace(said, "") == ("mine b" if act == "key" else "mine ")
        window.close()
        other.close()

    before = gnome.more_env
    with bus:
        gnome.more_env = {**before, **bus.env}
        try:
            with_output(work)
        finally:
            gnome.more_env = before


@pytest.mark.parametrize(
    "kind",
    [Gtk3OnGnome, Gtk4OnGnome, Qt6OnGnome, ChromiumOnGnome, Foot, VimOnGnome],
    ids=lambda kind: kind.kind,
)
def test_eight_utterances_in_a_row(gnome: Gnome, tmp_path: Path, kind: type[Window]) -> None:
    config = (
        '[hotkey]\nuse = "none"\n'
        f'[microphone]\nuse = "wav:{noise(tmp_path / "noise.wav", 60)}"\n'
        f'[engine]\nuse = "scripted:{says(tmp_path)}"\n'
    )
    daemon = RealDaemon(gnome.folder, gnome.more_env)
    daemon.config.write_text(config)
    daemon.program = PATIENT

    def say() -> None:
        daemon.ctl("start")
        daemon.wait_state("recording")
        time.sleep(HAND_S)
        daemon.ctl("stop")
        daemon.wait_state("ready")

    def press_all(keys: str) -> None:
        press(gnome, keys.split())
        time.sleep(HAND_S)

    with daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        window = kind(gnome, tmp_path)
        dictate_eight(window, say, None if kind in (Foot, VimOnGnome) else press_all)
        window.close()
    assert gnome.engine() == MINE
