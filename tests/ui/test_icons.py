"""Our icons can be seen on any panel, and told apart without colours."""

from itertools import combinations

import numpy as np
import pytest

from dictate.ui import icons


def pixels(state: str, size: int) -> np.ndarray:
    return np.frombuffer(icons.rgba(state, size), np.uint8).reshape(size, size, 4)


@pytest.mark.parametrize("size", icons.SIZES)
@pytest.mark.parametrize("state", icons.SIGNS)
def test_every_state_has_a_white_sign_on_a_coloured_disc(state: str, size: int) -> None:
    found = pixels(state, size)
    assert found[0, 0, 3] == 0, "the corners are transparent"
    assert found[size // 2, size // 8, 3] > 200
    white = (found[..., :3].min(axis=2) > 200).sum()
    assert 0.03 < white / size**2 < 0.5
    assert found[size // 8, size // 2, :3].max() < 230, "the rim is coloured"


@pytest.mark.parametrize(("one", "other"), list(combinations(icons.SIGNS, 2)))
def test_the_signs_differ_in_their_shape(one: str, other: str) -> None:
    size = 22
    first, second = (pixels(state, size)[..., :3].min(axis=2) > 200 for state in (one, other))
    assert (first != second).sum() > 20


def test_a_tray_gets_alpha_first() -> None:
    rgba = icons.rgba("recording", 22)
    argb = icons.argb("recording", 22)
    at = 4 * (11 * 22 + 2)
    assert argb[at : at + 4] == bytes((rgba[at + 3], *rgba[at : at + 3]))
