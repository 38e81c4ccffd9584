"""Which channels make the mono sound."""

import numpy as np
import pytest

from dictate.events import RATE, Samples
from dictate.microphone.downmix import Downmix
from tests.lab.files import noise

LEFT, RIGHT = noise(2.0, 1), noise(2.0, 2)
NOTHING = np.zeros_like(LEFT)


def mixed(*channels: Samples, block: int = RATE // 50) -> Samples:
    sound = np.stack(channels, axis=1)
    mix = Downmix(RATE)
    return np.concatenate([mix.mix(sound[at : at + block]) for at in range(0, len(sound), block)])


@pytest.mark.parametrize("block", [RATE // 100, RATE // 50, 4 * RATE])
@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ((LEFT, LEFT), LEFT),
        ((LEFT, RIGHT), (LEFT + RIGHT) / 2),
        ((LEFT, NOTHING), LEFT),
        ((NOTHING, RIGHT), RIGHT),
        ((LEFT, -LEFT), LEFT),
        ((LEFT * 0.9, -LEFT), LEFT * 0.9),
        ((LEFT * 0.3, -RIGHT), (LEFT * 0.3 - RIGHT) / 2),
        ((NOTHING, NOTHING, LEFT, NOTHING, NOTHING, NOTHING), LEFT),
        ((LEFT, -LEFT, NOTHING, NOTHING, NOTHING, NOTHING), LEFT),
        ((NOTHING, NOTHING), NOTHING),
    ],
)
def test_nothing_that_is_said_is_lost(
    channels: tuple[Samples, ...], expected: Samples, block: int
) -> None:
    np.testing.assert_allclose(mixed(*channels, block=block), expected, atol=1e-5)


def test_a_constant_part_hides_no_opposite_channels() -> None:
    heard = mixed(LEFT * 0.2 + 0.5, -LEFT * 0.2 + 0.5)
    assert heard.std() == pytest.approx(LEFT.std() * 0.2, rel=0.1)


def test_two_speakers_each_on_a_channel_are_both_heard() -> None:
    half = len(LEFT) // 2
    first, second = LEFT.copy(), RIGHT.copy()
    first[half:], second[:half] = 0, 0
    heard = mixed(first, second)
    np.testing.assert_allclose(np.abs(heard[:half]), np.abs(first[:half]), atol=1e-5)
    assert np.abs(heard[half:]).max() > 0.3


def test_sound_that_is_no_number_does_not_spoil_what_follows() -> None:
    mix = Downmix(RATE)
    broken = np.full((320, 2), np.nan, np.float32)
    mix.mix(broken)
    block = np.stack((LEFT[:320], -LEFT[:320]), axis=1)
    np.testing.assert_allclose(mix.mix(block), LEFT[:320])
