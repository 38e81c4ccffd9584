"""What `auto` takes for an output, on X11, on Wayland, and without a desktop."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NoSuchBackend, Unavailable
from dictate.outputs import OUTPUTS
from tests.lab.sway import Sway
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as running:
        yield running


@pytest.fixture
def x(server: XServer, monkeypatch: pytest.MonkeyPatch) -> XServer:
    monkeypatch.setenv("DISPLAY", server.display)
    return server


@pytest.mark.usefixtures("x")
def test_auto_takes_the_best_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.usefixtures("x", "seat")
def test_auto_on_wayland(sway: Sway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where Xwayland has set DISPLAY: it does not see most windows."""
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
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
