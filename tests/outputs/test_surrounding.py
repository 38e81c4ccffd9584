"""What an output says to stand around the cursor, through accessibility, in real windows on X11: it
is right, or nothing is said."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.outputs.accessible_text import AROUND
from dictate.outputs.x11.output import X11Output
from tests.lab.accessibility import (
    AccessibilityBus,
    AccessibleChromium,
    AccessibleQt6,
)
from tests.lab.at_cursor import ACTS, ELSEWHERE, LIMIT_S, TEXT, Act, said_nothing, until
from tests.lab.bus import session_bus
from tests.lab.outputs import working
from tests.lab.secrets import listening
from tests.lab.windows import Gtk4Entry, Gtk4Field, GtkEntry, GtkField, Window, Xterm
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop


@pytest.fixture
def x(accessible_x: XServer) -> XServer:
    return accessible_x


def on_x11(work: Callable[[X11Output], Awaitable[None]]) -> None:
    async def main(output: X11Output) -> None:
        await listening(output)
        await work(output)

    working(X11Output(OutputSettings(paste_timeout_ms=20_000)), main)


async def place_known(output: X11Output) -> None:
    """Wait until the application has reported its field."""
    async with asyncio.timeout(LIMIT_S):
        while (field := output._guard._field) is None or field.place is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "kind",
    [GtkField, GtkEntry, Gtk4Field, Gtk4Entry, AccessibleQt6, AccessibleChromium],
    ids=lambda kind: kind.kind,
)
def test_through_accessibility(x: XServer, tmp_path: Path, kind: type[Window]) -> None:
    def shown(text: str) -> str:
        """Chromium counts one beyond the BMP as two where a selection is, and as one elsewhere."""
        return text.replace("😀", "x") if kind is AccessibleChromium else text

    async def work(output: X11Output) -> None:
        other = await asyncio.to_thread(Xterm, x, tmp_path)
        window = await asyncio.to_thread(kind, x, tmp_path)
        focus = await output.focus()
        await place_known(output)
        await output.write(shown(TEXT), focus)
        await asyncio.to_thread(window.wait_text, shown(TEXT))
        for act in ACTS:
            if act.keys == ("Return",) and kind in (GtkEntry, Gtk4Entry):
                continue
            if act.keys:
                await asyncio.to_thread(x.run, "xdotool", "key", "--clearmodifiers", *act.keys)
            wanted = Act(act.keys, shown(act.before), act.selected, shown(act.after))
            await until(lambda: output.surrounding(focus), wanted)
        for _ in range(20):
            assert await output.surrounding(ELSEWHERE) is None
        # Some go on to call their field focused.
        await asyncio.to_thread(other.focus)
        there = await output.focus()
        await said_nothing(output, there)
        for _ in range(20):
            assert await output.surrounding(there) is None
            assert await output.surrounding(focus) is None
        for opened in (window, other):
            await asyncio.to_thread(opened.close)

    on_x11(work)


def test_a_hung_application_says_nothing_and_holds_nothing_up(x: XServer, tmp_path: Path) -> None:
    async def work(output: X11Output) -> None:
        window = await asyncio.to_thread(GtkField, x, tmp_path)
        focus = await output.focus()
        await place_known(output)
        await output.write("one", focus)
        await until(lambda: output.surrounding(focus), Act((), "one"))
        window.hang()
        began = time.monotonic()
        assert await output.surrounding(focus) is None
        assert time.monotonic() < began + LIMIT_S
        with pytest.raises(TimeoutError):  # as a caller that has less patience
            async with asyncio.timeout(0.01):
                await output.surrounding(focus)
        window.wake()
        await until(lambda: output.surrounding(focus), Act((), "one"))
        await asyncio.to_thread(window.close)

    on_x11(work)


def test_a_hung_bus_says_nothing_and_holds_nothing_up(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        session_bus(tmp_path) as bus,
        AccessibilityBus(bus.address, tmp_path, x.display) as accessibility,
    ):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.setattr(x, "more_env", accessibility.env)

        async def work(output: X11Output) -> None:
            window = await asyncio.to_thread(GtkField, x, tmp_path)
            focus = await output.focus()
            await place_known(output)
            await until(lambda: output.surrounding(focus), Act((), ""))
            daemon = await asyncio.to_thread(accessibility.pid, "bus")
            os.kill(daemon, signal.SIGSTOP)
            try:
                began = time.monotonic()
                assert await output.surrounding(focus) is None
                assert time.monotonic() < began + LIMIT_S
            finally:
                os.kill(daemon, signal.SIGCONT)
            await until(lambda: output.surrounding(focus), Act((), ""))
            os.kill(daemon, signal.SIGKILL)
            await said_nothing(output, focus)
            await asyncio.to_thread(window.close)

        on_x11(work)


@pytest.mark.parametrize("kind", [GtkField, AccessibleQt6], ids=lambda kind: kind.kind)
def test_of_a_megabyte_only_the_surroundings(
    x: XServer, tmp_path: Path, kind: type[Window]
) -> None:
    line = "0123456789abcde\n"

    async def work(output: X11Output) -> None:
        window = await asyncio.to_thread(kind, x, tmp_path)
        focus = await output.focus()
        await place_known(output)
        await output.write(line * 65_536, focus)
        await asyncio.to_thread(window.wait_text, line * 65_536, 60)
        await until(lambda: output.surrounding(focus), Act((), (line * 200)[-AROUND:]))
        await asyncio.to_thread(x.run, "xdotool", "key", "Up", "Right")
        await until(
            lambda: output.surrounding(focus),
            Act((), (line * 200 + "0")[-AROUND:], "", line[1:]),
        )
        await asyncio.to_thread(window.close)

    on_x11(work)
