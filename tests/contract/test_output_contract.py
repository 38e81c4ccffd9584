"""What every output promises, asked of each of them. No output is named here."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, Destination, FieldText, Focus, Output, Receipt
from tests.lab.desktops import Desktops
from tests.lab.windows import Window

pytestmark = pytest.mark.desktop

TEXT = "Grüße, “Claude” 日本 😀"


@pytest.fixture(scope="module")
def desktops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktops]:
    running = Desktops(tmp_path_factory.mktemp("desktops"))
    yield running
    running.close()


@pytest.fixture(params=OUTPUTS.names)
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Output:
    """The output, as it is made for a user who chose it. One that takes an argument gets a path."""
    use = f"{request.param}:{tmp_path / 'argument'}"
    return OUTPUTS.make(request.param, OutputSettings(use=use))


@pytest.fixture
def window(
    output: Output, desktops: Desktops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    with desktops.window(output, tmp_path, monkeypatch) as opened:
        yield opened


def test_it_is_called_what_the_table_calls_it(output: Output) -> None:
    assert OUTPUTS.load(output.name) is type(output)


def test_writes_and_says_what_it_knows(
    output: Output, window: Window, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        await output.open()
        try:
            focus = await settled(output)
            assert focus is None or isinstance(focus, Focus)
            for ask in (output.surrounding, output.selection):
                assert await ask(Focus("elsewhere", "")) is None
            receipt = await output.write(TEXT, focus)
            assert (receipt is Receipt.COPIED) == (output.destination is Destination.CLIPBOARD)
            if output.destination is Destination.WINDOW:
                await asyncio.to_thread(window.wait_text, TEXT)
                there = await output.surrounding(focus)
                assert there in (None, FieldText(TEXT, len(TEXT), len(TEXT)))
            elif output.destination is Destination.CLIPBOARD:
                command = ("xclip", "-selection", "clipboard", "-o")
                assert await asyncio.to_thread(window.x.run, *command) == TEXT
                assert window.text() == ""
            else:
                assert window.text() == ""
        finally:
            await output.close()

    asyncio.run(main())
    capsys.readouterr()


async def settled(output: Output) -> Focus | None:
    """Where the focus is, once it stays there: an application may announce its text field more than
    once to an input method that has just connected."""
    seen = [await output.focus()]
    while seen[-5:] != 5 * seen[-1:]:
        await asyncio.sleep(0.04)
        seen.append(await output.focus())
        assert len(seen) < 100
    return seen[-1]


@pytest.mark.usefixtures("window")
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


@pytest.mark.usefixtures("window")
def test_without_a_desktop_it_says_why_not_or_works(
    output: Output, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        if reason is None:
            await output.open()
            await output.write(TEXT, await output.focus())
        else:
            with pytest.raises(Unavailable):
                await output.open()
            assert await output.focus() is None
            for focus in (None, Focus("elsewhere", "")):
                assert await output.surrounding(focus) is None
                assert await output.selection(focus) is None
            with pytest.raises(NotDelivered):
                await output.write(TEXT, None)
            for focus in (None, Focus("elsewhere", "")):
                with pytest.raises(NotDelivered):
                    await output.press_enter(focus)
        await output.close()

    # Its own context: the window's is undone first, and must find what it has set.
    with monkeypatch.context() as patch:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "IBUS_ADDRESS"):
            patch.delenv(name, raising=False)
        reason = output.unavailable_reason()
        asyncio.run(main())
    capsys.readouterr()


@pytest.mark.parametrize("module_of", OUTPUTS.table)
def test_importing_it_needs_no_desktop(module_of: str) -> None:
    module = OUTPUTS.table[module_of].partition(":")[0]
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=env, check=True)
