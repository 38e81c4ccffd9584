"""What every output promises, asked of each of them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config import OutputSettings
from dictate.errors import NoSuchBackend, NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, Focus, Output, Receipt
from tests.lab.windows import TkField, Window
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop

TEXT = "Grüße, “Claude” 日本 😀"


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def window(x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    need("xclip")
    monkeypatch.setenv("DISPLAY", x.display)
    opened = TkField(x, tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=OUTPUTS.table)
def output(request: pytest.FixtureRequest, window: Window) -> Output:
    made = OUTPUTS.make(request.param, OutputSettings(use=request.param))
    reason = made.why_not()
    if reason is not None:
        pytest.skip(f"{made.name}: {reason}")
    return made


def test_it_is_called_what_the_table_calls_it(output: Output) -> None:
    assert isinstance(OUTPUTS.make(output.name, OutputSettings()), type(output))


def test_writes_and_says_what_it_knows(
    output: Output, window: Window, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    async def main() -> None:
        await output.open()
        try:
            focus = await output.focus()
            assert focus is None or isinstance(focus, Focus)
            assert await output.focus() == focus
            receipt = await output.write(TEXT, focus)
            if receipt is Receipt.COPIED:
                found = await asyncio.to_thread(
                    window.x.run, "xclip", "-selection", "clipboard", "-o"
                )
                assert found == TEXT
                assert window.text() == ""
            else:
                assert receipt is Receipt.DELIVERED
                if focus is None:
                    assert capfdbinary.readouterr().out == f"{TEXT}\n".encode()
                else:
                    await asyncio.to_thread(window.wait_text, TEXT)
        finally:
            await output.close()

    asyncio.run(main())


def test_close_is_idempotent_quick_and_never_needs_open(output: Output) -> None:
    async def main() -> None:
        await asyncio.wait_for(output.close(), 2)
        await output.open()
        await output.open()
        for _ in range(2):
            await asyncio.wait_for(output.close(), 2)
        await output.open()
        await output.close()

    asyncio.run(main())


def test_without_a_desktop_it_says_why_not_or_works(
    output: Output, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY")
    reason = output.why_not()

    async def main() -> None:
        if reason is None:
            await output.open()
            await output.write(TEXT, await output.focus())
        else:
            with pytest.raises(Unavailable):
                await output.open()
            assert await output.focus() is None
            with pytest.raises(NotDelivered):
                await output.write(TEXT, None)
        await output.close()

    asyncio.run(main())
    capsys.readouterr()


def test_auto_takes_the_best_that_works(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    assert OUTPUTS.choose("auto", OutputSettings()).name == "x11"
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(Unavailable, match="no terminal"):
        OUTPUTS.choose("auto", OutputSettings())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert OUTPUTS.choose("auto", OutputSettings()).name == "stdout"
    with pytest.raises(Unavailable, match="DISPLAY"):
        OUTPUTS.choose("x11", OutputSettings())
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(Unavailable, match="Wayland"):
        OUTPUTS.choose("clipboard", OutputSettings())
    with pytest.raises(NoSuchBackend, match="x11"):
        OUTPUTS.choose("typewriter", OutputSettings())


@pytest.mark.parametrize("name", OUTPUTS.table)
def test_importing_it_needs_no_desktop(name: str) -> None:
    module = OUTPUTS.table[name].partition(":")[0]
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=env, check=True)
