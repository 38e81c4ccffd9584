"""The overlay in each state, in a light and in a dark theme."""

import math
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.lab.overlay_window import overlay_window, picture_of, shown
from tests.lab.xserver import XServer

WAVE = [abs(math.sin(at * 0.7) * math.cos(at * 0.23)) for at in range(28)]
GOES = "→ Firefox"
TEXT = "Let us meet on Friday and look at what "
STATES: tuple[dict[str, Any], ...] = (
    {"state": "opening", "goes": GOES},
    {"state": "recording", "goes": GOES, "levels": WAVE},
    {"state": "recording", "goes": GOES, "remote": "remote: spark", "solid": TEXT, "dim": "clawed"},
    {"state": "finishing", "solid": TEXT, "dim": "Claude Code has found"},
    {"state": "finishing", "progress": "hearing, 12 s behind", "solid": TEXT},
    {
        "state": "held",
        "solid": "the window changed; `dictatectl paste 12` writes it, where the cursor is then",
    },
    {"state": "nothing", "solid": "very quiet: peak -52 dBFS; raise the microphone's level"},
    {"state": "cancelled"},
)
THEMES = {"light": "Adwaita", "dark": "Adwaita:dark"}


def overlay(name: str, target: Path) -> None:
    """All states below each other, in the theme of this name."""
    with (
        tempfile.TemporaryDirectory(prefix="dictate-overlay-") as folder,
        XServer() as x,
        overlay_window(x, GTK_THEME=THEMES[name]) as window,
    ):
        pictures = []
        for number, state in enumerate(STATES):
            window.show(since=time.monotonic() - 7.5, **state)
            where = shown(x)
            assert where is not None
            pictures.append(str(picture_of(x, Path(folder) / f"{number}.png", where)))
        frame = ["-bordercolor", "#7a8a99", "-border", "12"]
        x.run("convert", *pictures, *frame, "-append", "-strip", "-colors", "64", f"PNG8:{target}")
