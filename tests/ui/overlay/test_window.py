"""The window by itself, on a real X server: what is seen, and what passes through it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.ui.gtk import command
from dictate.ui.overlay.process import WINDOW
from tests.lab.overlay_window import OverlayWindow, overlay_window, picture_of, shown
from tests.lab.windows import GtkField, Xterm
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop

WAVE = [0.2, 0.9, 0.4, 0.7] * 7


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    need("import", "convert")
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def window(x: XServer) -> Iterator[OverlayWindow]:
    with overlay_window(x, GTK_THEME="Adwaita") as window:
        yield window


def look(window: OverlayWindow, folder: Path, crop: str = "") -> Path:
    """A picture of the overlay, or of a part of it ("20x40+10+5")."""
    assert isinstance(window.x, XServer)
    where = shown(window.x)
    assert where is not None
    path = picture_of(window.x, folder / f"{time.monotonic_ns()}.png", where)
    if crop:
        window.x.run("convert", str(path), "-crop", crop, "+repage", str(path))
    return path


def measure(x: XServer, picture: Path, what: str) -> float:
    """A figure of ImageMagick's: "mean" is the brightness, "k" the number of colours."""
    return float(x.run("convert", str(picture), "-format", f"%[fx:{what}]", "info:"))


def ink(x: XServer, picture: Path, crop: str) -> float:
    """How much of this part of a light window is dark."""
    words = ("-crop", crop, "-colorspace", "Gray", "-threshold", "60%", "-negate")
    return float(x.run("convert", str(picture), *words, "-format", "%[fx:mean]", "info:"))


def test_it_says_how_it_is_shown(window: OverlayWindow) -> None:
    assert window.hello == {"by": "x11"}


def test_nothing_is_there_when_nothing_goes_on(x: XServer, window: OverlayWindow) -> None:
    window.show(state="recording")
    window.show(state="")
    assert shown(x) is None


def test_it_stands_at_the_edge_and_has_a_bounded_size(x: XServer, window: OverlayWindow) -> None:
    window.show(state="recording")
    left, top, width, height = shown(x) or (0, 0, 0, 0)
    assert abs(left + width / 2 - 512) <= 1
    assert 680 < top + height < 768
    window.show(state="recording", solid="word " * 120, goes="→ " + "application" * 9)
    left, top, long_width, tall = shown(x) or (0, 0, 0, 0)
    assert long_width == width <= 560
    assert height < tall < 120
    assert 680 < top + tall < 768
    window.show(state="")


def test_of_a_long_text_the_end_is_seen(x: XServer, window: OverlayWindow, tmp_path: Path) -> None:
    def seen(text: str) -> bytes:
        window.show(state="finishing", solid=text)
        return x.run("convert", str(look(window, tmp_path)), "txt:-").encode()

    text = "word " * 100
    assert seen("other" + text) == seen("quite" + text)
    assert seen(text + "other") != seen(text + "quite")
    window.show(state="")


def test_right_to_left_text_begins_at_the_right(
    x: XServer, window: OverlayWindow, tmp_path: Path
) -> None:
    left_half, right_half = "200x20+10+44", "200x20+310+44"
    for text, here, there in (
        ("שלום עולם", right_half, left_half),
        ("hello", left_half, right_half),
    ):
        window.show(state="recording", solid=text)
        picture = look(window, tmp_path)
        assert ink(x, picture, here) > 0.01
        assert ink(x, picture, there) == 0
    window.show(state="")


def test_what_may_change_is_dim(x: XServer, window: OverlayWindow, tmp_path: Path) -> None:
    window.show(state="recording", solid="the same words")
    solid = look(window, tmp_path, "300x20+10+44")
    window.show(state="recording", dim="the same words")
    dim = look(window, tmp_path, "300x20+10+44")
    assert measure(x, solid, "minima") < measure(x, dim, "minima") - 0.1
    assert measure(x, dim, "minima") < 0.7, "it can still be read"
    window.show(state="")


def test_each_state_has_a_form_of_its_own(
    x: XServer, window: OverlayWindow, tmp_path: Path
) -> None:
    forms = set()
    for state in ("recording", "finishing", "held"):
        window.show(state=state, solid="why")
        mark = look(window, tmp_path, "16x22+11+10")
        black = ("-colorspace", "Gray", "-threshold", "85%")
        forms.add(x.run("convert", str(mark), *black, "txt:-"))
    assert len(forms) == 3
    window.show(state="")


def test_the_meter_shows_the_levels(x: XServer, window: OverlayWindow, tmp_path: Path) -> None:
    window.show(state="recording", levels=[0.0] * 28)
    quiet = ink(x, look(window, tmp_path), "160x20+80+12")
    window.show(state="recording", levels=WAVE)
    assert ink(x, look(window, tmp_path), "160x20+80+12") > 2 * quiet > 0
    window.show(state="")


def test_the_time_goes_on_by_itself(x: XServer, window: OverlayWindow, tmp_path: Path) -> None:
    window.show(state="recording", since=time.monotonic() - 9.5)
    before = look(window, tmp_path).read_bytes()
    wait_for(lambda: look(window, tmp_path).read_bytes() != before, "the time goes on", 3)
    window.show(state="")


def test_keys_and_clicks_go_to_what_is_below(
    x: XServer, window: OverlayWindow, tmp_path: Path
) -> None:
    below, focused = GtkField(x, tmp_path), Xterm(x, tmp_path)
    x.run("xdotool", "windowsize", below.xid(), "1020", "760", "windowmove", below.xid(), "0", "0")
    focused.focus()
    window.show(state="recording", solid="some words")
    left, top, width, height = shown(x) or (0, 0, 0, 0)
    x.run("xdotool", "type", "typed")
    focused.wait_text("typed")
    x.run("xdotool", "mousemove", str(left + width // 2), str(top + height // 2), "click", "1")
    wait_for(
        lambda: x.run("xdotool", "getactivewindow").strip() == below.xid(),
        "the click reaches the window below",
    )
    x.run("xdotool", "type", "there")
    below.wait_text("there")
    assert shown(x) == (left, top, width, height)
    assert focused.text() == "typed"
    window.show(state="")
    below.close()
    focused.close()


def test_a_dark_desktop_with_many_pixels(x: XServer, tmp_path: Path) -> None:
    with overlay_window(x, "--position", "top", GTK_THEME="Adwaita:dark", GDK_SCALE="2") as window:
        window.show(state="recording", solid="some words", levels=WAVE)
        _, top, width, height = shown(x) or (0, 0, 0, 0)
        assert top < 120
        assert width > 900
        assert 120 < height < 240
        assert measure(x, look(window, tmp_path), "mean") < 0.4


def test_where_clicks_cannot_pass_it_steps_aside(x: XServer) -> None:
    x.run("xdotool", "mousemove", "5", "5")
    with overlay_window(x, "--no-layers", "as on GNOME with Wayland") as window:
        assert window.hello == {"by": "xwayland"}
        window.show(state="recording")
        left, top, width, height = shown(x) or (0, 0, 0, 0)
        assert top > 600
        x.run("xdotool", "mousemove", str(left + width // 2), str(top + height // 2))
        wait_for(lambda: (shown(x) or (0, 999, 0, 0))[1] < 100, "it is at the other edge")
        x.run("xdotool", "mousemove", str(left + width // 2), "60")
        wait_for(lambda: shown(x) == (left, top, width, height), "it is where it was")


def test_the_first_gtk_program_on_a_desktop_does_without_opengl() -> None:
    """With it, it would be twice as large."""
    with XServer(window_manager=False) as fresh, overlay_window(fresh) as window:
        window.show(state="recording", solid="some words")
        maps = Path(f"/proc/{window.process.pid}/maps").read_text()
        assert "libgtk-3" in maps
        assert "libGL.so" not in maps
        assert "libLLVM" not in maps


def test_it_ends_with_the_daemon(x: XServer) -> None:
    with overlay_window(x) as window:
        window.show(state="recording")
        assert window.process.stdin is not None
        window.process.stdin.close()
        assert window.process.wait(5) == 0
        window.process.stdin = None
        assert shown(x) is None


@pytest.mark.fault("S8")
def test_nothing_that_was_said_is_in_its_errors(x: XServer) -> None:
    for line in (b'{"state": "recording", "solid": "xylophone"}\n', b'{"solid": "xylophone\n'):
        done = subprocess.run(
            command(WINDOW), env=x.env, input=line, capture_output=True, check=False
        )
        assert done.returncode == 1
        assert b"Error" in done.stderr
        assert b"xylophone" not in done.stdout + done.stderr


def test_without_a_desktop_it_says_why_not() -> None:
    done = subprocess.run(
        command(WINDOW), env={"DISPLAY": ":4711"}, capture_output=True, check=False
    )
    assert done.returncode == 3
    assert done.stdout == b'{"why_not": "the desktop at :4711 cannot be reached"}\n'
