"""The portal's chord, and the text through X's clipboard, as on a compositor without data control.

Here the windows are X's own; `make gnome` has those of a compositor that passes the clipboard on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs import Receipt
from dictate.outputs.paste_keys.portal import PortalOutput
from tests.lab.bus import session_bus
from tests.lab.clipboard import copy, paste
from tests.lab.corpus import TEXTS
from tests.lab.outputs import working
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.windows import GtkField, Window, Xterm
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    need("xclip")
    with XServer() as server:
        yield server


@pytest.fixture
def portal(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RemoteDesktopPortal]:
    monkeypatch.setenv("WAYLAND_DISPLAY", "/nowhere")
    monkeypatch.setenv("DISPLAY", x.display)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        with RemoteDesktopPortal(bus.address, DISPLAY=x.display) as portal:
            yield portal


def with_output(work: Callable[[PortalOutput], Awaitable[None]], timeout_ms: int = 5000) -> None:
    working(PortalOutput(OutputSettings(use="portal", paste_timeout_ms=timeout_ms)), work)


@pytest.mark.parametrize("kind", [GtkField, Xterm], ids=lambda kind: kind.kind)
def test_arrives_exactly_and_the_clipboard_is_as_it_was(
    x: XServer, portal: RemoteDesktopPortal, tmp_path: Path, kind: type[Window]
) -> None:
    window = kind(x, tmp_path)
    window.focus()
    copy(x, b"theirs")

    async def work(output: PortalOutput) -> None:
        said = ""
        for name in ("quotes", "cjk", "2000"):
            assert await output.write(TEXTS[name], None) is Receipt.DELIVERED
            said += TEXTS[name]
            await asyncio.to_thread(window.wait_text, said)
        await asyncio.to_thread(wait_for, lambda: paste(x) == b"theirs", "it is given back")

    with_output(work)
    window.close()


def test_where_nothing_takes_the_text_it_is_held(x: XServer, portal: RemoteDesktopPortal) -> None:
    copy(x, b"theirs")

    async def work(output: PortalOutput) -> None:
        with pytest.raises(NotDelivered, match="did not take the text"):
            await output.write("lost?", None)
        assert await asyncio.to_thread(paste, x) == b"theirs"

    with_output(work, timeout_ms=200)


def test_another_program_takes_the_clipboard_after_the_chord(
    x: XServer, portal: RemoteDesktopPortal
) -> None:
    async def work(output: PortalOutput) -> None:
        writing = asyncio.create_task(output.write("lost?", None))
        await asyncio.to_thread(portal.until, "key 42 0")
        await asyncio.to_thread(copy, x, b"theirs")
        with pytest.raises(DeliveryUnsure, match="another program took the clipboard"):
            await writing
        assert await asyncio.to_thread(paste, x) == b"theirs"

    with_output(work, timeout_ms=2000)
