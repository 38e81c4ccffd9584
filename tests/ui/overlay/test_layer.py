"""The window on the topmost layer of a real sway: what is seen, and what passes through it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.overlay_window import OverlayWindow, height, overlay_window
from tests.lab.sway import Foot, Keyboard, Sway, need
from tests.lab.xserver import wait_for

pytestmark = pytest.mark.desktop

WHERE = "520x160+380+560"
"""Of the screen: the middle of its lower edge."""


@pytest.fixture(scope="module")
def sway() -> Iterator[Sway]:
    need("grim", "convert")
    with Sway() as running:
        yield running


@pytest.fixture(scope="module")
def keyboard(sway: Sway) -> Iterator[Keyboard]:
    with sway.keyboard() as keyboard:
        yield keyboard


@pytest.fixture
def window(sway: Sway, keyboard: Keyboard) -> Iterator[OverlayWindow]:
    # GDK asks a seat without a keyboard for nothing.
    with overlay_window(sway, GTK_THEME="Adwaita") as window:
        yield window


def colours(sway: Sway, folder: Path) -> int:
    """How many colours are where the overlay stands."""
    path = folder / f"{time.monotonic_ns()}.png"
    sway.screenshot(path)
    crop = ["convert", str(path), "-crop", WHERE, "-format", "%k", "info:"]
    return int(subprocess.run(crop, capture_output=True, check=True).stdout)


def test_it_is_seen_and_gone_again(sway: Sway, window: OverlayWindow, tmp_path: Path) -> None:
    assert window.hello == {"by": "layer shell"}
    before = colours(sway, tmp_path)
    for _ in range(2):
        window.tell(state="recording", solid="some words", levels=[0.5] * 28)
        wait_for(lambda: colours(sway, tmp_path) > before + 10, "it is shown")
        window.tell(state="")
        wait_for(lambda: colours(sway, tmp_path) == before, "it is gone")


def test_keys_and_clicks_go_to_what_is_below(
    sway: Sway, keyboard: Keyboard, window: OverlayWindow, tmp_path: Path
) -> None:
    left, right = Foot(sway, tmp_path), Foot(sway, tmp_path)
    left.focus()
    before = colours(sway, tmp_path)
    window.tell(state="recording", solid="some words")
    wait_for(lambda: colours(sway, tmp_path) > before + 10, "it is shown")
    keyboard.tap(Keyboard.B)
    left.wait_text("b")
    # The middle of the overlay's right half, which is above the right window.
    for order in ("cursor set 760 650", "cursor press button1", "cursor release button1"):
        sway.order(f"seat seat0 {order}")
    wait_for(
        lambda: any(w["name"] == right.title and w["focused"] for w in sway.windows()),
        "the click reaches the window below",
    )
    keyboard.tap(Keyboard.B)
    right.wait_text("b")
    assert left.text() == "b"
    left.close()
    right.close()


def test_a_screen_with_many_pixels(tmp_path: Path) -> None:
    with (
        Sway("output HEADLESS-1 scale 2\n") as sway,
        sway.keyboard(),
        overlay_window(sway) as window,
    ):
        window.tell(state="recording", solid="some words")
        wait_for(
            lambda: 110 < height(sway, tmp_path / "seen.png", "1200x300+40+320") < 240,
            "it is twice as high",
        )


def test_it_ends_with_the_compositor() -> None:
    with Sway() as sway, overlay_window(sway) as window:
        assert window.hello == {"by": "layer shell"}
        window.tell(state="recording")
        sway.kill()
        assert window.process.wait(10) == 1
