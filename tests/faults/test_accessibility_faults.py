"""Accessibility hangs or dies, or an application does: texts go on, and to no password."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.outputs import Receipt
from dictate.outputs.guard import SECRET
from dictate.outputs.x11.output import X11Output
from tests.lab.accessibility import AccessibilityBus, Gtk3Fields, Gtk4Fields, TwoFields
from tests.lab.bus import Bus, session_bus
from tests.lab.outputs import working
from tests.lab.secrets import focus_on, held, listening, secret, written
from tests.lab.windows import Xterm
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus


@pytest.fixture
def x(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    need("xclip")
    with XServer() as server:
        monkeypatch.setenv("DISPLAY", server.display)
        yield server


@pytest.fixture
def accessibility(bus: Bus, x: XServer, tmp_path: Path) -> Iterator[AccessibilityBus]:
    with AccessibilityBus(bus.address, tmp_path, x.display) as running:
        x.more_env = running.env
        yield running


def with_output(work: Callable[[X11Output], Awaitable[None]]) -> None:
    working(X11Output(OutputSettings(paste_timeout_ms=20_000)), work)


@pytest.mark.parametrize("who", ["registry", "bus", "launcher"])
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["hung", "dead"])
def test_without_it_a_text_arrives(
    x: XServer, accessibility: AccessibilityBus, tmp_path: Path, who: str, number: signal.Signals
) -> None:
    async def work(output: X11Output) -> None:
        await listening(output)
        # With it comes the registry; it may end with the bus.
        await asyncio.to_thread(Gtk3Fields, x, tmp_path)
        window = await asyncio.to_thread(Xterm, x, tmp_path)
        focus = await focus_on(output, window)
        await written(output, "before ", focus)
        process = await asyncio.to_thread(accessibility.pid, who)
        assert process
        os.kill(process, number)
        try:
            for text in ("one ", "two"):
                assert await output.write(text, focus) is Receipt.DELIVERED
        finally:
            if number is signal.SIGSTOP:
                os.kill(process, signal.SIGCONT)
        await asyncio.to_thread(window.wait_text, "before one two")
        await asyncio.to_thread(window.close)

    with_output(work)


@pytest.mark.parametrize("who", ["registry", "bus", "launcher"])
def test_it_hangs_from_the_start(
    x: XServer, accessibility: AccessibilityBus, tmp_path: Path, who: str
) -> None:
    window = Gtk3Fields(x, tmp_path)
    process = accessibility.pid(who)
    assert process
    os.kill(process, signal.SIGSTOP)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        for text in ("one ", "two"):
            assert await output.write(text, focus) is Receipt.DELIVERED

    try:
        with_output(work)
    finally:
        os.kill(process, signal.SIGCONT)
    window.wait_text("one two")


@pytest.mark.parametrize("kind", [Gtk3Fields, Gtk4Fields], ids=lambda kind: kind.kind)
def test_an_application_that_hangs_still_has_its_password(
    x: XServer, accessibility: AccessibilityBus, tmp_path: Path, kind: type[TwoFields]
) -> None:
    terminal = Xterm(x, tmp_path)

    async def work(output: X11Output) -> None:
        await listening(output)
        window = await asyncio.to_thread(kind, x, tmp_path)
        focus = await focus_on(output, window)
        await asyncio.to_thread(x.run, "xdotool", "key", "Tab")
        await secret(output)
        window.hang()
        await held(output, focus, SECRET)
        window.wake()
        await held(output, focus, SECRET)
        assert window.secret() == ""
        await asyncio.to_thread(window.close)
        # It is not remembered beyond its end.
        await secret(output, False)
        await written(output, "here", await focus_on(output, terminal))
        await asyncio.to_thread(terminal.wait_text, "here")

    with_output(work)


def test_a_new_session_bus_is_found(bus: Bus, x: XServer, tmp_path: Path) -> None:
    window = Xterm(x, tmp_path)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(bus.kill)
        assert await output.write("one ", focus) is Receipt.DELIVERED
        await asyncio.to_thread(bus.start)
        accessibility = AccessibilityBus(bus.address, tmp_path, x.display)
        await asyncio.to_thread(accessibility.__enter__)
        await listening(output)
        assert await output.write("two", focus) is Receipt.DELIVERED
        await asyncio.to_thread(accessibility.__exit__, None, None, None)

    with_output(work)
    window.wait_text("one two")
