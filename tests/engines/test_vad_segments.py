"""Where in a sound somebody speaks."""

from pathlib import Path

import numpy as np
import pytest

from dictate.engines.vad_segments import SpeechMarks
from dictate.events import RATE, Samples
from tests.lab.voices import read

WINDOW = read(Path(__file__).parents[1] / "audio" / "window.wav")
QUIET = np.zeros(3 * RATE, np.float32)


def marks(sound: Samples, size: int) -> SpeechMarks:
    made = SpeechMarks()
    for start in range(0, len(sound), size):
        made.feed(sound[start : start + size])
    made.finish()
    return made


@pytest.mark.parametrize("size", [100, 480, 7777, 1_000_000])
def test_speech_is_found_where_it_is(size: int) -> None:
    sound = np.concatenate([QUIET, WINDOW, QUIET, 0.5 * WINDOW])
    made = marks(sound, size)
    first, second = len(QUIET), 2 * len(QUIET) + len(WINDOW)
    said_s = len(WINDOW) / RATE
    assert made.span_s(0, first - RATE // 2) == 0
    assert 0.6 * said_s < made.span_s(first - RATE // 2, first + len(WINDOW)) < said_s + 0.5
    assert made.span_s(first + len(WINDOW) + RATE // 10, second - RATE // 2) == 0
    assert 0.6 * said_s < made.span_s(second - RATE // 2, len(sound)) < said_s + 0.5
    assert 1.5 * said_s + 3 < made.span_s(0, len(sound)) < 2 * said_s + 3.5


def test_what_is_no_speech_is_not_marked() -> None:
    time = np.arange(5 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 0.1, 5 * RATE).astype(np.float32)
    for sound in (QUIET, tone, noise):
        assert marks(sound, 320).span_s(0, len(sound)) == 0
