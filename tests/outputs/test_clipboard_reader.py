"""Reading what the user copied or selected, for a snippet that has it in it."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from dictate.errors import Unavailable
from dictate.outputs.clipboard_reader import Chosen, read_text
from tests.lab import sway as wayland
from tests.lab.clipboard import copy, offer
from tests.lab.sway import Sway
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop

COPIED, SELECTED = "Grüße\nzwei", "日本 😀"


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    need("xclip")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with XServer(window_manager=False) as server:
        monkeypatch.setenv("DISPLAY", server.display)
        yield server


def read(chosen: Chosen) -> str:
    return asyncio.run(read_text(chosen))


def test_on_x11(x: XServer) -> None:
    assert read(Chosen.CLIPBOARD) == ""
    copy(x, COPIED.encode())
    copy(x, SELECTED.encode(), selection="primary")
    assert read(Chosen.CLIPBOARD) == COPIED
    assert read(Chosen.SELECTION) == SELECTED
    offer(x, "CLIPBOARD", {"image/png": (8, b"picture")})
    assert read(Chosen.CLIPBOARD) == ""
    owner = offer(x, "CLIPBOARD", {"UTF8_STRING": (8, b"never given")})
    owner.send_signal(signal.SIGSTOP)
    with pytest.raises(Unavailable, match="does not answer"):
        read(Chosen.CLIPBOARD)
    x.kill()
    with pytest.raises(Unavailable):
        read(Chosen.CLIPBOARD)


def test_on_sway(monkeypatch: pytest.MonkeyPatch) -> None:
    wayland.need("sway", "wl-copy")
    with Sway() as sway:
        for name in ("WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"):
            monkeypatch.setenv(name, sway.env[name])
        monkeypatch.delenv("DISPLAY", raising=False)
        assert read(Chosen.CLIPBOARD) == ""
        wayland.copy(sway, COPIED.encode())
        wayland.copy(sway, SELECTED.encode(), selection="primary")
        assert read(Chosen.CLIPBOARD) == COPIED
        assert read(Chosen.SELECTION) == SELECTED
        wayland.copy(sway, b"picture", "image/png")
        assert read(Chosen.CLIPBOARD) == ""
