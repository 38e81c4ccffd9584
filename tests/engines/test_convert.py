"""Any sound becomes the same samples, however it is cut."""

from typing import Any

import numpy as np
import pytest

from dictate.engines.convert import Converter
from dictate.errors import EngineError
from dictate.events import RATE, Samples
from tests.lab.hearing import tone

SECONDS = 0.5
RATES = (8000, 11025, 16000, 22050, 44100, 48000)


def as_pcm(samples: Samples, width: int, channels: int) -> Any:
    """Interleaved; with two channels, a louder and a softer one whose mean is `samples`."""
    spread = np.linspace(0.8, 1.2, channels) if channels > 1 else np.ones(1)
    frames = np.outer(samples, spread)
    if width == 1:
        return np.rint(frames * 127 + 128).astype(np.uint8).tobytes()
    whole = np.rint(frames * (2.0 ** (8 * width - 1) - 1)).astype("<i4" if width > 2 else "<i2")
    if width == 3:
        return whole.reshape(-1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return whole.tobytes()


def converted(pcm: bytes, rate: int, width: int, channels: int, *cuts: int) -> Samples:
    """Converted in pieces of these sizes, one after the other, and the rest."""
    converter = Converter(rate, width, channels)
    pieces = []
    for cut in cuts:
        pieces.append(converter.convert(pcm[:cut]))
        pcm = pcm[cut:]
    pieces.append(converter.convert(pcm))
    pieces.append(converter.convert(b"", last=True))
    return np.concatenate(pieces)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", RATES)
def test_every_format(rate: int, width: int, channels: int) -> None:
    pcm = as_pcm(0.5 * tone(SECONDS, rate=rate), width, channels)
    at_once = converted(pcm, rate, width, channels)
    assert at_once.dtype == np.float32
    assert abs(len(at_once) - SECONDS * RATE) <= 2
    wanted = 0.5 * tone(SECONDS)
    middle = slice(400, len(wanted) - 400)
    assert np.abs(at_once[middle] - wanted[middle]).max() < (0.02 if width == 1 else 0.005)
    odd = [1, 3, 0, 5, 7, 1, 1, 641, 2, 999] * 3
    np.testing.assert_allclose(
        converted(pcm, rate, width, channels, *odd), at_once, atol=1e-6, strict=True
    )


def test_loudest_and_softest_stay_in_range() -> None:
    for width, extremes in ((1, b"\x00\x80\xff"), (2, b"\x00\x80\x00\x00\xff\x7f")):
        low, zero, high = converted(extremes, RATE, width, 1)
        assert low == -1
        assert zero == 0
        assert 0.99 < high < 1


def test_half_a_sample_at_the_end_is_not_heard() -> None:
    assert len(converted(b"\x00\x01\x02", RATE, 2, 1)) == 1


@pytest.mark.parametrize(
    "format_",
    [
        (0, 2, 1),
        (3999, 2, 1),
        (10**9, 2, 1),
        (RATE, 0, 1),
        (RATE, 8, 1),
        (RATE, 2, 0),
        (RATE, 2, 99),
    ],
)
def test_what_nobody_sends(format_: tuple[int, int, int]) -> None:
    with pytest.raises(EngineError, match="cannot be used"):
        Converter(*format_)
