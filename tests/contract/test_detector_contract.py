"""What every speech detector must do. One added to DETECTORS is tested unasked."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dictate.config.schema import SpeechSettings
from dictate.events import RATE, AudioChunk, Samples, SpeechEnded, SpeechStarted
from dictate.microphone.sound_file import read_sound_file
from dictate.vad import DETECTORS, SpeechDetector
from dictate.vad.segmenter import Segmenter
from tests.lab.voice import SENTENCE, say

SETTINGS = SpeechSettings()


@pytest.fixture(params=sorted(DETECTORS.table))
def detector(request: pytest.FixtureRequest) -> SpeechDetector:
    made = DETECTORS.make(request.param, SETTINGS)
    reason = made.unavailable_reason()
    if reason is not None:
        pytest.skip(f"{request.param}: {reason}")
    return made


@pytest.fixture
def speech(tmp_path: Path) -> Samples:
    return read_sound_file(say(SENTENCE, tmp_path / "speech.wav"))


@cache
def noise(loudness: float) -> Samples:
    return np.random.default_rng(7).normal(0, loudness, 3 * RATE).astype(np.float32)


def likelihoods(detector: SpeechDetector, sound: Samples) -> list[float]:
    size = detector.frame_samples
    frames = range(0, len(sound) - size + 1, size)
    return [detector.likelihood(sound[start : start + size]) for start in frames]


def share_of_speech(detector: SpeechDetector, sound: Samples) -> float:
    found = likelihoods(detector, sound)
    assert all(0.0 <= likelihood <= 1.0 for likelihood in found)
    return sum(likelihood >= SETTINGS.threshold for likelihood in found) / len(found)


def test_speech_is_speech(detector: SpeechDetector, speech: Samples) -> None:
    assert share_of_speech(detector, speech) > 0.7


def test_soft_speech_in_a_quiet_room_is_speech(detector: SpeechDetector, speech: Samples) -> None:
    assert share_of_speech(detector, speech * 0.1 + noise(0.001)[: len(speech)]) > 0.6


@pytest.mark.parametrize("loudness", [0.0, 0.0001, 0.001, 0.01])
def test_silence_and_soft_noise_are_none(detector: SpeechDetector, loudness: float) -> None:
    assert share_of_speech(detector, noise(loudness)) < 0.1


def test_samples_beyond_the_range_do_no_harm(detector: SpeechDetector) -> None:
    wild = np.full(detector.frame_samples, 3.0, np.float32)
    assert 0.0 <= detector.likelihood(wild) <= 1.0


def test_after_a_reset_it_hears_as_at_first(detector: SpeechDetector, speech: Samples) -> None:
    first = likelihoods(detector, speech)
    likelihoods(detector, noise(0.1))
    detector.reset()
    assert likelihoods(detector, speech) == pytest.approx(first)


def test_the_segmenter_finds_the_sentence(detector: SpeechDetector, speech: Samples) -> None:
    sound = np.concatenate((np.zeros(RATE, np.float32), speech, np.zeros(2 * RATE, np.float32)))
    sound += np.resize(noise(0.0005), len(sound))
    segmenter = Segmenter(SETTINGS, detector.frame_samples, detector.likelihood)
    marks: list[SpeechStarted | SpeechEnded] = []
    for start in range(0, len(sound), 320):
        marks += segmenter.push(AudioChunk(sound[start : start + 320], at=start / RATE))
    started, ended = marks
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert started.at == pytest.approx(1.0, abs=0.3)
    assert ended.at == pytest.approx(1.0 + len(speech) / RATE, abs=0.5)
    assert segmenter.heard_speech
    assert not segmenter.speaking
