"""What is left of a preview when the user goes on in the field while it is shown: at most the words
that could be read there."""

import asyncio
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.outputs.wayland.input_method import InputMethodOutput
from tests.contract.test_output_contract import settled
from tests.lab.accessibility import (
    AccessibilityBus,
    AccessibleChromiumInSway,
    AccessibleQt6InSway,
)
from tests.lab.bus import session_bus
from tests.lab.outputs import working
from tests.lab.sway import Gtk3, Sway, SwayWindow

pytestmark = pytest.mark.desktop

SHOWN_S = 0.3
"""Seconds in which an application shows a preview, or does what the user does."""
SAID = "being said"


@pytest.mark.parametrize(
    "kind", [AccessibleQt6InSway, AccessibleChromiumInSway], ids=lambda kind: kind.kind
)
def test_nothing_that_nobody_sees_is_left(
    sway: Sway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[SwayWindow],
) -> None:
    """Chromium makes a preview the user's own text when another window gets the focus."""
    left: dict[str, str] = {}

    def click(window: SwayWindow) -> None:
        x, y = middle(sway, window)
        for order in (f"set {x} {y}", "press button1", "release button1"):
            sway.order(f"seat - cursor {order}")

    async def work(output: InputMethodOutput) -> None:
        window, other = await asyncio.to_thread(
            lambda: (kind(sway, tmp_path), Gtk3(sway, tmp_path))
        )
        for act in ("click", "other window", "nothing"):
            window.forget()
            await asyncio.to_thread(window.focus)
            await settled(output)
            for text in (SAID[:5], SAID):
                await output.preview(text)
                await asyncio.sleep(SHOWN_S)
            if act == "click":
                await asyncio.to_thread(click, window)
            elif act == "other window":
                await asyncio.to_thread(other.focus)
            await asyncio.sleep(SHOWN_S)
            await output.preview("")
            await asyncio.sleep(SHOWN_S)
            left[act] = window.text()
        assert other.text() == ""
        window.close()
        other.close()

    with session_bus(tmp_path) as bus, AccessibilityBus(bus.address, tmp_path) as accessibility:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
        monkeypatch.setattr(sway, "more_env", accessibility.env)
        working(InputMethodOutput(OutputSettings()), work)
    assert not {*"".join(left.values())} - {*SAID}
    assert left["nothing"] == ""


def middle(sway: Sway, window: SwayWindow) -> tuple[int, int]:
    """Of this window."""
    at = next(each["rect"] for each in sway.windows() if each["name"] == window.title)
    return at["x"] + at["width"] // 2, at["y"] + at["height"] // 2
