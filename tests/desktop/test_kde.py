"""KDE's KWin with Wayland and KDE's own portal: the text arrives exactly, once, only there.

`make kde` installs KWin and runs this; `make test` does not.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import FocusMoved, NotDelivered
from dictate.outputs import OUTPUTS, Focus, Receipt
from dictate.outputs.paste import shift_insert
from dictate.outputs.paste_keys.portal import PortalOutput
from dictate.outputs.wayland.selection import CLIPBOARD, Selections
from dictate.outputs.wayland.thread import WaylandConnection
from tests.lab.corpus import TEXTS
from tests.lab.daemon import RealDaemon
from tests.lab.kwin import (
    Gtk3OnKwin,
    Gtk4OnKwin,
    Konsole,
    Kwin,
    Qt5OnKwin,
    XtermOnKwin,
)
from tests.lab.outputs import working
from tests.lab.sway import copy
from tests.lab.windows import Window
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.kde, pytest.mark.timeout(180)]

KINDS: tuple[type[Window], ...] = (Gtk3OnKwin, Gtk4OnKwin, Qt5OnKwin, Konsole, XtermOnKwin)
PATIENCE_MS = 5000
B, CHORD = 48, (29, 56, 57)
CTRL, SHIFT, LEFT = 29, 42, 105
"""As the kernel numbers keys; a letter, and Ctrl, Alt and space."""


@pytest.fixture(scope="module")
def kwin(kwin: Kwin) -> Kwin:
    kwin.start_portal()
    return kwin


@pytest.fixture(autouse=True)
def session(kwin: Kwin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in kwin.more_env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(PortalOutput, "refused", "")


@pytest.fixture
def fields(kwin: Kwin, tmp_path: Path) -> Iterator[tuple[Window, Window]]:
    opened = Gtk3OnKwin(kwin, tmp_path), Konsole(kwin, tmp_path)
    yield opened
    for window in opened:
        window.close()


def with_output(
    work: Callable[[PortalOutput], Awaitable[None]], paste_timeout_ms: int = PATIENCE_MS
) -> list[str]:
    """Run `work` with an output that has its keyboard; what it has reported."""
    output = PortalOutput(OutputSettings(use="portal", paste_timeout_ms=paste_timeout_ms))
    reports: list[str] = []
    output.report = reports.append

    async def main(output: PortalOutput) -> None:
        await ready(output)
        await work(output)

    working(output, main)
    return reports


def clipboard() -> bytes:
    """Its text. `wl-paste` waits for ever where KWin has nothing to tell."""

    async def read() -> bytes:
        with contextlib.closing(await WaylandConnection.connect()) as connection:
            selections = Selections(connection)
            await connection.round_trip()
            content = await selections.content(CLIPBOARD)
            return content.get("text/plain;charset=utf-8", b"")

    return asyncio.run(read())


async def type_until(kwin: Kwin, window: Window, letter: str) -> None:
    """Type b until it comes as this: KWin hears of Shift and of the letter from two programs."""
    async with asyncio.timeout(30):
        while (before := window.text())[-1:] != letter:
            await asyncio.to_thread(kwin.hand, f"key {B} 1", f"key {B} 0")
            while window.text() == before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def ready(output: PortalOutput) -> None:
    async with asyncio.timeout(30):
        await output._ready.wait()


async def focus_on(output: PortalOutput, window: Window) -> Focus:
    await asyncio.to_thread(window.focus)
    focus = await output.focus()
    assert focus is not None
    return focus


@pytest.mark.parametrize("kind", [Gtk3OnKwin, Gtk4OnKwin, Qt5OnKwin], ids=lambda kind: kind.kind)
def test_a_selection_is_replaced(kwin: Kwin, tmp_path: Path, kind: type[Window]) -> None:
    window = kind(kwin, tmp_path)

    async def work(output: PortalOutput) -> None:
        focus = await focus_on(output, window)
        await output.write("one two three", focus)
        await asyncio.to_thread(window.wait_text, "one two three")
        keys = (CTRL, SHIFT, LEFT)
        await asyncio.to_thread(kwin.hand, *(f"key {key} 1" for key in keys))
        await asyncio.to_thread(kwin.hand, *(f"key {key} 0" for key in reversed(keys)))
        await asyncio.sleep(0.5)  # no application reports that it has selected something
        await output.write("see you next week", focus)
        await asyncio.to_thread(window.wait_text, "one two see you next week")

    assert with_output(work) == []
    window.close()


def test_auto_copies_as_the_portal_wants_to_be_chosen(kwin: Kwin) -> None:
    output, passed_over = OUTPUTS.choose_and_say("auto", OutputSettings())
    assert output.name == "clipboard"
    assert [each.partition(":")[0] for each in passed_over] == [
        *("input_method", "virtual_keyboard", "ibus", "x11"),
    ]
    assert OUTPUTS.make("portal", OutputSettings()).unavailable_reason() is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_arrives_exactly(kwin: Kwin, tmp_path: Path, kind: type[Window]) -> None:
    window = kind(kwin, tmp_path)

    async def work(output: PortalOutput) -> None:
        focus = await focus_on(output, window)
        said = ""
        for text in (text for text in TEXTS.values() if len(text) <= window.longest):
            assert await output.write(text, focus) is Receipt.DELIVERED
            said += text
            await asyncio.to_thread(window.wait_text, said)
        assert await output.focus() == focus

    assert with_output(work) == []
    window.close()


def test_nothing_is_written_into_another_window(fields: tuple[Window, Window]) -> None:
    async def work(output: PortalOutput) -> None:
        for before, after in (fields, fields[::-1]):
            focus = await focus_on(output, before)
            assert focus == await focus_on(output, before)
            assert focus != await focus_on(output, after)
            with pytest.raises(FocusMoved):
                await output.write("lost?", focus)
            await asyncio.to_thread(before.focus)
            assert await output.write("here", focus) is Receipt.DELIVERED

    with_output(work)
    for window in fields:
        window.wait_text("here")


def test_where_nothing_has_the_focus_the_text_is_held(kwin: Kwin) -> None:
    wait_for(lambda: kwin.titles() == [], "no window is there")

    async def work(output: PortalOutput) -> None:
        assert await output.focus() is None
        with pytest.raises(NotDelivered, match="no window had the focus"):
            await output.write("lost?", None)

    with_output(work)


@pytest.mark.parametrize("theirs", [b"theirs", b""], ids=["text", "nothing"])
def test_the_clipboard_is_given_back(
    kwin: Kwin,
    fields: tuple[Window, Window],
    caplog: pytest.LogCaptureFixture,
    theirs: bytes,
) -> None:
    """Also where there was nothing: KWin says twice that ours is over."""
    if theirs:
        copy(kwin, theirs, "text/plain;charset=utf-8")
    else:
        kwin.run("wl-copy", "--clear")

    async def work(output: PortalOutput) -> None:
        focus = await focus_on(output, fields[0])
        for _ in range(2):
            assert await output.write("one ", focus) is Receipt.DELIVERED
            await asyncio.to_thread(wait_for, lambda: clipboard() == theirs, "it is given back")

    with caplog.at_level("INFO"):
        with_output(work)
    assert "is gone" not in caplog.text
    fields[0].wait_text("one one ")


@pytest.mark.fault("C5")
def test_who_dies_within_the_chord_leaves_no_key_down(
    kwin: Kwin, fields: tuple[Window, Window]
) -> None:
    async def work(output: PortalOutput) -> None:
        await focus_on(output, fields[0])
        assert output._keyboard is not None
        await output._keyboard._notify(shift_insert.SHIFT, shift_insert.DOWN)
        await type_until(kwin, fields[0], "B")
        output._keyboard.connection.disconnect()  # as the kernel does for who dies
        async with asyncio.timeout(30):
            while output._ready.is_set():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await ready(output)  # anew, as when dictate is started again
        await type_until(kwin, fields[0], "b")

    with_output(work)


@pytest.mark.fault("C5")
def test_kwin_hangs(kwin: Kwin, fields: tuple[Window, Window]) -> None:
    async def work(output: PortalOutput) -> None:
        focus = await focus_on(output, fields[0])
        assert kwin.server is not None
        kwin.server.send_signal(signal.SIGSTOP)
        try:
            async with asyncio.timeout(20):
                assert await output.focus() is None
                with pytest.raises(NotDelivered):
                    await output.write("lost?", focus)
        finally:
            kwin.server.send_signal(signal.SIGCONT)
        async with asyncio.timeout(20):
            while await output.focus() != focus:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await output.write("after", focus) is Receipt.DELIVERED

    with_output(work)
    fields[0].wait_text("after")


@pytest.mark.fault("C11", "C7")
def test_kwin_dies_and_comes_back(kwin: Kwin, tmp_path: Path) -> None:
    async def work(output: PortalOutput) -> None:
        before = await focus_on(output, await asyncio.to_thread(Gtk3OnKwin, kwin, tmp_path))
        await output.write("before", before)
        await asyncio.to_thread(kwin.kill)
        with pytest.raises(NotDelivered):
            await output.write("lost?", before)
        await asyncio.to_thread(kwin.start_kwin)
        os.environ.update(kwin.more_env)
        window = await asyncio.to_thread(Gtk3OnKwin, kwin, tmp_path)
        focus = await focus_on(output, window)
        with pytest.raises(NotDelivered):
            await output.write("lost?", focus)  # KDE's part of the portal has died with KWin
        await asyncio.to_thread(kwin.start_kde_portal)
        await ready(output)
        with pytest.raises(FocusMoved):
            await output.write("lost?", before)
        assert await output.write("after", focus) is Receipt.DELIVERED
        await asyncio.to_thread(window.wait_text, "after")
        await asyncio.to_thread(window.close)

    with_output(work)


@pytest.mark.parametrize("held", [(29, 56), (125,), (42,), (100,)], ids=str)
@pytest.mark.fault("C2")
def test_keys_that_are_still_down(
    kwin: Kwin, fields: tuple[Window, Window], held: tuple[int, ...]
) -> None:
    """As of a shortcut of keys together, let go one after the other. In Plasma 6 no keyboard can
    release the keys of another one: where they make a different shortcut, the text is held."""
    arrives = kwin.plasma == 5 or held == (SHIFT,)

    async def work(output: PortalOutput) -> None:
        for window in fields:
            focus = await focus_on(output, window)
            await asyncio.to_thread(kwin.hand, *(f"key {key} 1" for key in held))
            try:
                if arrives:
                    assert await output.write("here", focus) is Receipt.DELIVERED
                else:
                    with pytest.raises(NotDelivered, match="no key held"):
                        await output.write("here", focus)
            finally:
                await asyncio.to_thread(kwin.hand, *(f"key {key} 0" for key in held))
            if arrives:
                await asyncio.to_thread(window.wait_text, "here")
            else:  # a terminal shows the shortcut
                assert await output.write("here", focus) is Receipt.DELIVERED
                async with asyncio.timeout(20):
                    while not window.text().endswith("here"):  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                assert window.text().count("here") == 1
            await type_until(kwin, window, "b")

    with_output(work, PATIENCE_MS if arrives else 1000)


def test_from_the_key_to_the_window(kwin: Kwin, fields: tuple[Window, Window]) -> None:
    samples = Path(__file__).parents[2] / "dictate" / "samples"
    recording = min(samples.glob("*.wav"), key=lambda path: path.stat().st_size)
    config = (
        f'[microphone]\nuse = "wav:{recording}"\n[output]\nuse = "portal"\n'
        '[hotkey]\nkey = "ctrl+alt+space"\n'
    )
    with RealDaemon(kwin.folder, kwin.more_env, config=config) as daemon:
        fields[0].focus()
        wait_for(lambda: daemon.status()["hotkey"] == "ctrl+alt+space", "the key is heard", 30)
        wait_for(lambda: daemon.status()["overlay"] == "layer shell", "the overlay is there", 30)
        kwin.hand(*(f"key {key} 1" for key in CHORD))
        wait_for(lambda: daemon.history() and daemon.history()[0]["text"], "it is heard", 60)
        kwin.hand(*(f"key {key} 0" for key in CHORD))
        wait_for(lambda: daemon.history()[0]["state"] == "delivered", "it is written")
        fields[0].wait_text(daemon.history()[0]["text"])
