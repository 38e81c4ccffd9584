"""One character is one frame of 10 ms: "#" is speech, "." is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.config.schema import SpeechSettings
from dictate.events import RATE, AudioChunk, Samples, SpeechEnded, SpeechStarted
from dictate.vad.segmenter import Segmenter

FRAME = RATE // 100
SETTINGS = SpeechSettings(start_ms=20, end_ms=40, threshold=0.5)


def sound(picture: str) -> Samples:
    return np.repeat(np.array([c == "#" for c in picture], np.float32), FRAME)


def loudness(frame: Samples) -> float:
    assert frame.shape == (FRAME,)
    return float(frame.mean())


def marks(
    picture: str, settings: SpeechSettings = SETTINGS, chunk_samples: int = FRAME
) -> list[tuple[str, int]]:
    """("started" or "ended", milliseconds) of each mark."""
    segmenter = Segmenter(settings, FRAME, loudness)
    samples, found = sound(picture), []
    for start in range(0, len(samples), chunk_samples):
        chunk = AudioChunk(samples[start : start + chunk_samples], at=100.0 + start / RATE)
        found += segmenter.push(chunk)
    kind = {SpeechStarted: "started", SpeechEnded: "ended"}
    return [(kind[type(mark)], round((mark.at - 100.0) * 1000)) for mark in found]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("", []),
        ("..........", []),
        ("..##......", [("started", 20), ("ended", 40)]),
        ("..##...##.", [("started", 20)]),
        ("..##...##....", [("started", 20), ("ended", 90)]),
        ("..#.......", []),
        ("..#.#.#.#.", []),
        ("##", [("started", 0)]),
        ("##....##....", [("started", 0), ("ended", 20), ("started", 60), ("ended", 80)]),
        ("##....#....##", [("started", 0), ("ended", 20), ("started", 110)]),
    ],
)
def test_marks(picture: str, expected: list[tuple[str, int]]) -> None:
    assert marks(picture) == expected


@given(st.text(alphabet="#.", max_size=60), st.integers(1, 5 * FRAME))
def test_the_size_of_the_chunks_changes_nothing(picture: str, chunk_samples: int) -> None:
    assert marks(picture, chunk_samples=chunk_samples) == marks(picture)


def test_no_start_time_means_the_first_frame() -> None:
    assert marks("..#...", SpeechSettings(start_ms=0, end_ms=20)) == [
        ("started", 20),
        ("ended", 30),
    ]


def test_no_end_time_never_ends() -> None:
    assert marks("##" + 500 * ".", SpeechSettings(start_ms=20, end_ms=0)) == [("started", 0)]


def test_times_are_rounded_up_to_whole_frames() -> None:
    assert marks("#.##.", SpeechSettings(start_ms=11, end_ms=0)) == [("started", 20)]


def test_the_threshold_counts_as_speech() -> None:
    half = AudioChunk(np.full(4 * FRAME, 0.5, np.float32), at=0.0)
    at_it = Segmenter(SETTINGS, FRAME, loudness)
    above = Segmenter(SpeechSettings(threshold=0.51), FRAME, loudness)
    assert at_it.push(half) == [SpeechStarted(0.0)]
    assert above.push(half) == []


def test_what_it_knows_and_forgets() -> None:
    segmenter = Segmenter(SETTINGS, FRAME, loudness)
    assert not segmenter.speaking
    segmenter.push(AudioChunk(sound(".###"), at=0.0))
    assert segmenter.speaking
    segmenter.push(AudioChunk(sound("......"), at=0.04))
    assert not segmenter.speaking
    assert segmenter.heard_speech
    # A half-heard frame and half a beginning do not reach into the next dictation.
    segmenter.push(AudioChunk(np.append(sound("#"), np.ones(FRAME // 2, np.float32)), at=0.1))
    segmenter.reset()
    assert not segmenter.heard_speech
    assert segmenter.push(AudioChunk(sound("#."), at=5.0)) == []


def test_after_a_gap_the_marks_follow_the_new_time() -> None:
    segmenter = Segmenter(SETTINGS, FRAME, loudness)
    segmenter.push(AudioChunk(sound("...")[:-7], at=0.0))
    (mark,) = segmenter.push(AudioChunk(sound("..###"), at=9.0, dropped=RATE))
    assert mark.at == pytest.approx(9.02, abs=FRAME / RATE)
