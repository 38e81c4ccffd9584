"""The overlay on GNOME Shell with Wayland, which has no layer shell: a window of Xwayland.

`make gnome` installs GNOME Shell and runs this; `make test` does not.
"""

import pytest

from tests.lab.gnome import WINDOWS, Gnome, Gtk3OnGnome
from tests.lab.overlay_window import overlay_window
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]


def test_the_focus_stays_and_clicks_reach_what_is_below(gnome: Gnome) -> None:
    below, other = (Gtk3OnGnome(gnome, gnome.folder) for _ in range(2))
    for title, size in ((below.title, "0, 40, 1024, 728"), (other.title, "0, 40, 400, 300")):
        gnome.evaluate(f"{WINDOWS}.find(w => w.title == '{title}').move_resize_frame(true, {size})")
    other.focus()
    env = {
        name: str(gnome.evaluate(f"imports.gi.GLib.getenv('{name}')"))
        for name in ("DISPLAY", "XAUTHORITY")
    }
    with overlay_window(gnome, **env) as window:
        assert window.hello == {"by": "xwayland"}
        window.tell(state="recording", solid="some words")
        top = f"{WINDOWS}.find(w => w.title == 'Dictate')?.get_frame_rect().y ?? 0"
        wait_for(lambda: int(str(gnome.evaluate(top))) > 500, "it is at the lower edge")
        assert gnome.evaluate("global.display.focus_window.title") == other.title
        gnome.point(512, 690)
        wait_for(lambda: 0 < int(str(gnome.evaluate(top))) < 200, "it steps aside")
        gnome.click(514, 692)
        wait_for(
            lambda: gnome.evaluate("global.display.focus_window.title") == below.title,
            "the click reaches the window below",
        )
        window.tell(state="")
        wait_for(lambda: gnome.evaluate(top) == 0, "it is gone")
    below.close()
    other.close()


def test_without_xwayland_it_says_why_not(gnome: Gnome) -> None:
    with overlay_window(gnome) as window:
        assert window.hello == {"why_not": "GNOME has no layer shell"}
