"""Our icon in each state, drawn here: no theme has a name for all of them in every desktop.

Adwaita alone, as a plain GTK desktop has it, lacks "audio-input-microphone" and "media-record", and
no common theme has "document-edit". Every tray takes pixels. White on a coloured disc can be seen
on a dark panel and on a light one, and the signs are those of the overlay: colour alone carries no
meaning.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Field = NDArray[Any]
"""For each pixel, the distance to the edge of a shape; negative inside. The disc has radius 1."""

Point = tuple[float, float]

SIZES: Final = (22, 24, 32, 48, 64)
"""Pixels: the heights of panels, also on screens with a scale of two."""
DISC: Final = 0.96


@cache
def rgba(state: str, size: int) -> bytes:
    """The icon of a state of `SIGNS`, rows of red, green, blue, alpha."""
    colour, sign = SIGNS[state]
    at = (np.arange(size) + 0.5) * (2 / size) - 1
    x, y = np.meshgrid(at, at)
    disc, white = (_coverage(field, size) for field in (_disc(x, y, 0, 0, DISC), sign(x, y)))
    red_green_blue = np.array(colour) + white[..., None] * (255 - np.array(colour))
    # Black where it is transparent: some panels (swaybar) add the colours, others weigh them.
    pixels = np.dstack((red_green_blue * disc[..., None], disc * 255))
    drawn: bytes = np.rint(pixels).astype(np.uint8).tobytes()
    return drawn


def argb(state: str, size: int) -> bytes:
    """The same with alpha first, as trays take it."""
    pixels = np.frombuffer(rgba(state, size), np.uint8).reshape(-1, 4)
    return np.roll(pixels, 1, axis=1).tobytes()


def _coverage(field: Field, size: int) -> Field:
    """How much of each pixel is inside, with smooth edges."""
    inside: Field = np.clip(0.5 - field * (size / 2), 0, 1)
    return inside


def _disc(x: Field, y: Field, at_x: float, at_y: float, radius: float) -> Field:
    distance: Field = np.hypot(x - at_x, y - at_y) - radius
    return distance


def _line(x: Field, y: Field, from_xy: Point, to_xy: Point, half: float) -> Field:
    """A line with round ends; `half` is half its width."""
    (x0, y0), (x1, y1) = from_xy, to_xy
    square = (x1 - x0) ** 2 + (y1 - y0) ** 2
    part = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / square, 0, 1)
    away_x, away_y = x - x0 - part * (x1 - x0), y - y0 - part * (y1 - y0)
    distance: Field = np.hypot(away_x, away_y) - half
    return distance


def _microphone(x: Field, y: Field) -> Field:
    holder = np.abs(np.hypot(x, y + 0.06) - 0.42) - 0.06
    parts = (
        _line(x, y, (0, -0.38), (0, -0.06), 0.24),
        np.maximum(holder, -y - 0.06),
        _line(x, y, (0, 0.4), (0, 0.62), 0.06),
        _line(x, y, (-0.22, 0.62), (0.22, 0.62), 0.06),
    )
    union: Field = np.minimum.reduce(parts)
    return union


def _dot(x: Field, y: Field) -> Field:
    return _disc(x, y, 0, 0, 0.45)


def _three_dots(x: Field, y: Field) -> Field:
    union: Field = np.minimum.reduce([_disc(x, y, at, 0, 0.17) for at in (-0.48, 0, 0.48)])
    return union


def _two_bars(x: Field, y: Field) -> Field:
    bars = (_line(x, y, (at, -0.3), (at, 0.3), 0.13) for at in (-0.25, 0.25))
    union: Field = np.minimum(*bars)
    return union


SIGNS: Final[dict[str, tuple[tuple[int, int, int], Callable[[Field, Field], Field]]]] = {
    "ready": ((0x4A, 0x6F, 0xA5), _microphone),
    "recording": ((0xD0, 0x2F, 0x2F), _dot),
    "finishing": ((0x2E, 0x8B, 0x57), _three_dots),
    "paused": ((0x7A, 0x7A, 0x7A), _two_bars),
}
"""By state: the colour of the disc, and the white sign on it."""
