"""Writing through IBus into real windows: exactly, once, only there, and the user's own input method
is back each time, whatever happens."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate import paths
from dictate.config import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, Focus, Receipt, ibus_bus
from dictate.outputs import ibus as ibus_module
from dictate.outputs.ibus import IBusOutput
from dictate.outputs.ibus_engine import NAME, Engine
from tests.lab.corpus import TEXTS
from tests.lab.ibus import IBusDaemon
from tests.lab.windows import (
    Blank,
    Gtk4Field,
    Gtk4PasswordField,
    GtkField,
    PasswordField,
    Window,
)
from tests.lab.xserver import XServer, wait_for

pytestmark = pytest.mark.desktop

MINE = "xkb:fr::fra"
"""The input method of the user."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[XServer, IBusDaemon]]:
    with XServer() as x:
        ibus = IBusDaemon(x, tmp_path_factory.mktemp("ibus"))
        x.more_env = ibus.env
        ibus.start()
        yield x, ibus


@pytest.fixture
def x(desk: tuple[XServer, IBusDaemon]) -> XServer:
    return desk[0]


@pytest.fixture
def ibus(desk: tuple[XServer, IBusDaemon], monkeypatch: pytest.MonkeyPatch) -> IBusDaemon:
    monkeypatch.setenv("IBUS_ADDRESS", desk[1].address)
    return desk[1]


@pytest.fixture(scope="module", params=[GtkField, Gtk4Field], ids=lambda kind: kind.kind)
def window(
    request: pytest.FixtureRequest,
    desk: tuple[XServer, IBusDaemon],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Window]:
    opened: Window = request.param(desk[0], tmp_path_factory.mktemp("windows"))
    yield opened
    opened.close()


@pytest.fixture
def field(x: XServer, ibus: IBusDaemon, tmp_path: Path) -> Iterator[Gtk4Field]:
    opened = Gtk4Field(x, tmp_path)
    yield opened
    opened.close()


def with_output(work: Callable[[IBusOutput], Awaitable[None]]) -> None:
    """Run `work` with an open output."""
    output = IBusOutput(OutputSettings(use="ibus"))
    assert output.why_not() is None

    async def main() -> None:
        await output.open()
        try:
            await work(output)
        finally:
            await output.close()

    asyncio.run(main())


async def focus_on(output: IBusOutput, window: Window) -> Focus:
    """Have the window focused, and IBus know it."""
    await asyncio.to_thread(window.focus)
    focus = None
    until = time.monotonic() + 10
    while focus is None or focus != await output.focus():
        focus = await output.focus()
        await asyncio.sleep(0.1)
        assert time.monotonic() < until, f"IBus does not know of {window.title}"
    return focus


def write(window: Window, *texts: str) -> None:
    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, window)
        for text in texts:
            assert await output.write(text, focus) is Receipt.DELIVERED

    with_output(work)


@pytest.mark.parametrize("name", TEXTS)
def test_arrives_exactly(ibus: IBusDaemon, window: Window, name: str) -> None:
    ibus.use(MINE)
    before = window.text()
    write(window, TEXTS[name])
    window.wait_text(before + TEXTS[name])
    assert ibus.engine() == MINE
