"""Takes the pictures in docs/guide/overlay.md again: `python -m tests.lab.overlay_shots`."""

import math
import time
from pathlib import Path
from typing import Any

from tests.lab.overlay_window import overlay_window, picture_of, shown
from tests.lab.xserver import XServer

DOCS = Path(__file__).parents[2] / "docs" / "guide"
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


def main() -> None:
    """All states below each other, in a light and in a dark picture."""
    for name, theme in THEMES.items():
        pictures = []
        with XServer() as x, overlay_window(x, GTK_THEME=theme) as window:
            for number, state in enumerate(STATES):
                window.show(since=time.monotonic() - 7.5, **state)
                where = shown(x)
                assert where is not None
                picture = picture_of(x, DOCS / f"overlay-{name}-{number}.png", where)
                pictures.append(str(picture))
            target = DOCS / f"overlay-{name}.png"
            frame = ["-bordercolor", "#7a8a99", "-border", "12"]
            x.run("convert", *pictures, *frame, "-append", "-colors", "64", f"PNG8:{target}")
        for taken in pictures:
            Path(taken).unlink()
        print(target)


if __name__ == "__main__":
    main()
