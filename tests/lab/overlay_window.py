"""The overlay's window by itself, which gets its content as from the daemon."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dictate.ui.gtk import command
from dictate.ui.overlay.process import WINDOW
from tests.lab.sway import Sway
from tests.lab.xserver import XServer, wait_for

NOTHING = {
    "state": "",
    "since": 0.0,
    "goes": "",
    "remote": "",
    "download": "",
    "progress": "",
    "solid": "",
    "dim": "",
    "levels": [],
}


@dataclass
class OverlayWindow:
    """One process of `window.py`."""

    x: XServer | Sway
    process: subprocess.Popen[bytes]
    hello: dict[str, str]

    def tell(self, **picture: Any) -> None:
        """Have it show this; returns when that is taken in."""
        picture = {**NOTHING, "since": time.monotonic(), **picture}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(picture).encode() + b"\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"{}\n"

    def show(self, **picture: Any) -> None:
        """The same on X11; returns when it is drawn."""
        x = self.x
        assert isinstance(x, XServer)
        self.tell(**picture)
        if picture["state"]:
            wait_for(lambda: shown(x), "the window is shown")
            time.sleep(0.15)  # no event says that it is drawn
        else:
            wait_for(lambda: not shown(x), "the window is gone")


def shown(x: XServer) -> tuple[int, int, int, int] | None:
    """Where the overlay is on the screen (left, top, width, height), or None."""
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "^Dictate$"],
        env=x.env,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if not found:
        return None
    said = x.run("xdotool", "getwindowgeometry", "--shell", found[-1])
    values = dict(line.split("=") for line in said.split())
    return int(values["X"]), int(values["Y"]), int(values["WIDTH"]), int(values["HEIGHT"])


def height(sway: Sway, picture: Path, part: str) -> int:
    """How many pixels of this part of the screen ("600x200+340+510") the overlay is high, where all
    around it is of one colour; without it, that of the whole part. The screen goes to `picture`."""
    sway.screenshot(picture)
    crop = ["convert", str(picture), "-crop", part, "+repage", "-trim"]
    return int(subprocess.check_output([*crop, "-format", "%h", "info:"]))


@contextmanager
def overlay_window(x: XServer | Sway, *words: str, **env: str) -> Iterator[OverlayWindow]:
    """It runs until the end of the block."""
    process = subprocess.Popen(
        command(WINDOW, *words),
        env=x.env | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        hello = json.loads(process.stdout.readline())
        if "apt install" in hello.get("why_not", ""):
            pytest.skip(hello["why_not"])
        yield OverlayWindow(x, process, hello)
    finally:
        process.kill()
        process.communicate()


def picture_of(x: XServer, path: Path, where: tuple[int, int, int, int]) -> Path:
    """This part of the screen as a PNG."""
    left, top, width, height = where
    x.screenshot(path)
    crop = f"{width}x{height}+{left}+{top}"
    x.run("convert", str(path), "-crop", crop, "+repage", str(path))
    return path
