import numpy as np
import pytest

from dictate.events import RATE
from dictate.microphone.resample import ToMono16k
from tests.lab.hearing import likeness, tone


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_tone_stays_the_tone(rate: int, channels: int) -> None:
    sound = np.repeat(tone(1.0, rate=rate)[:, None], channels, axis=1)
    convert = ToMono16k(rate)
    step = rate // 50
    pieces = [convert.push(sound[i : i + step]) for i in range(0, len(sound), step)]
    heard = np.concatenate([*pieces, convert.finish()])
    assert abs(len(heard) - RATE) <= 1
    assert heard.dtype == np.float32
    assert likeness(heard, tone(1.0)) > 0.999
    assert np.abs(heard).max() == pytest.approx(1 / 3, abs=0.02)


def test_channels_are_averaged() -> None:
    block = np.stack((tone(0.1), tone(0.1, 700.0)), axis=1)
    np.testing.assert_allclose(ToMono16k(RATE).push(block), block.mean(axis=1), atol=1e-6)


def test_what_waits_in_the_filter_is_reported() -> None:
    convert = ToMono16k(48000)
    out = len(convert.push(np.ones((4800, 1), np.float32)))
    assert out / RATE + convert.delay_s == pytest.approx(0.1, abs=0.002)
