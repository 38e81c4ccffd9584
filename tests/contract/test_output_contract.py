"""What every output promises, asked of each of them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NoSuchBackend, NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, Focus, Output, Receipt
from dictate.outputs.ibus import output as ibus_output
from tests.lab.bus import session_bus
from tests.lab.ibus import IBusDaemon
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.sway import Gtk3, Keyboard, Sway
from tests.lab.uinput import kernel
from tests.lab.windows import GtkField, TkField, Window
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop

ON_WAYLAND = ("input_method", "virtual_keyboard")
TEXT = "Grüße, “Claude” 日本 😀"


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def sway() -> Iterator[Sway]:
    with Sway() as running:
        yield running


@pytest.fixture
def x_window(x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    need("xclip")
    monkeypatch.setenv("DISPLAY", x.display)
    opened = TkField(x, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sway_window(sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    keyboard = Keyboard()  # a seat without one gives nobody the focus
    opened = Gtk3(sway, tmp_path)
    yield opened
    opened.close()
    keyboard.close()


@pytest.fixture(scope="module")
def ibus(x: XServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IBusDaemon]:
    daemon = IBusDaemon(x, tmp_path_factory.mktemp("ibus"))
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
def ibus_window(
    x: XServer, ibus: IBusDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    monkeypatch.setenv("DISPLAY", x.display)
    monkeypatch.setenv("IBUS_ADDRESS", ibus.address)
    monkeypatch.setattr(x, "more_env", ibus.env)
    monkeypatch.setattr(ibus_output, "_RECEIPT_S", 2.0)  # this machine may be busy
    opened = GtkField(x, tmp_path)
    ibus.wait_field()
    yield opened
    opened.close()


@pytest.fixture
def portal_window(sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with session_bus(tmp_path) as bus, RemoteDesktopPortal(bus.address, sway.display):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        opened = Gtk3(sway, tmp_path)
        yield opened
        opened.close()


@pytest.fixture
def uinput_window(
    sway_window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    with kernel(tmp_path, monkeypatch):
        yield sway_window


@pytest.fixture(params=OUTPUTS.table)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def window(request: pytest.FixtureRequest, name: str) -> Window:
    own = ("ibus", "portal", "uinput")
    kind = "sway" if name in ON_WAYLAND else name if name in own else "x"
    opened: Window = request.getfixturevalue(f"{kind}_window")
    return opened


@pytest.fixture
def output(name: str, window: Window) -> Output:
    made = OUTPUTS.make(name, OutputSettings(use=name))
    reason = made.unavailable_reason()
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
            focus = await settled(output)
            assert focus is None or isinstance(focus, Focus)
            receipt = await output.write(TEXT, focus)
            if receipt is Receipt.COPIED:
                found = await asyncio.to_thread(
                    window.x.run, "xclip", "-selection", "clipboard", "-o"
                )
                assert found == TEXT
                assert window.text() == ""
            else:
                assert receipt is Receipt.DELIVERED
                if output.name == "stdout":
                    assert capfdbinary.readouterr().out == f"{TEXT}\n".encode()
                else:
                    await asyncio.to_thread(window.wait_text, TEXT)
        finally:
            await output.close()

    asyncio.run(main())


async def settled(output: Output) -> Focus | None:
    """Where the focus is, once it stays there: an application shows its text field more than once
    to an input method that comes."""
    seen = [await output.focus()]
    while seen[-5:] != 5 * seen[-1:]:
        await asyncio.sleep(0.04)
        seen.append(await output.focus())
        assert len(seen) < 100
    return seen[-1]


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
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("IBUS_ADDRESS", raising=False)
    reason = output.unavailable_reason()

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


def test_auto_takes_the_best_that_works(x_window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_auto_on_wayland(
    x_window: Window, sway_window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where Xwayland has set DISPLAY: it does not see most windows."""
    chosen, passed = OUTPUTS.choose_and_say("auto", OutputSettings())
    assert (chosen.name, passed) == ("input_method", [])

    async def main() -> None:
        await chosen.open()
        # Another program would find the seat taken; this one is itself who has it.
        again = await asyncio.to_thread(OUTPUTS.choose, "auto", OutputSettings())
        assert again.name == "input_method"
        await chosen.close()

    asyncio.run(main())
    monkeypatch.setenv("WAYLAND_DISPLAY", "/nowhere")
    reasons = str(OUTPUTS.make("x11", OutputSettings()).unavailable_reason())
    assert "Wayland" in reasons
    assert OUTPUTS.make("x11", OutputSettings(use="x11")).unavailable_reason() is None
    assert OUTPUTS.choose("auto", OutputSettings()).name == "clipboard"


@pytest.mark.parametrize("module_of", OUTPUTS.table)
def test_importing_it_needs_no_desktop(module_of: str) -> None:
    module = OUTPUTS.table[module_of].partition(":")[0]
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=env, check=True)
