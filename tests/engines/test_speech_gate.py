"""Noise of all kinds is told from speech."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.engines.speech_gate import FRAME_BYTES, SpeechGate, frames
from dictate.events import RATE, Samples, pcm_from_samples
from tests.lab.voices import speak

AUDIO = Path(__file__).parents[1] / "audio"
N = 4 * RATE
T = np.arange(N) / RATE


def random() -> np.random.Generator:
    return np.random.default_rng(5)


def key_clicks() -> Samples:
    sound = random().normal(0, 0.001, N)
    for at in random().integers(0, N - 1600, 20):
        sound[at : at + 1600] += random().normal(0, 0.15, 1600) * np.exp(-np.arange(1600) / 200)
    return sound.astype(np.float32)


NOISES = {
    "white noise": random().normal(0, 0.1, N),
    "loud white noise": random().normal(0, 0.4, N),
    "tone": 0.3 * np.sin(2 * np.pi * 440 * T),
    "beep": 0.3 * np.sin(2 * np.pi * 1000 * T),
    "mains hum": 0.2 * np.sin(2 * np.pi * 50 * T) + 0.05 * np.sin(2 * np.pi * 150 * T),
    "square wave": 0.2 * np.sign(np.sin(2 * np.pi * 200 * T)),
    "breath": random().normal(0, 0.05, N) * np.clip(np.sin(2 * np.pi * 0.3 * T), 0, 1),
    "key clicks": key_clicks(),
}


def stretches(samples: Samples) -> list[tuple[int, bool]]:
    """All that was found: bytes, and whether they are speech."""
    gate, found, size = SpeechGate(), [], 0
    for frame in frames(pcm_from_samples(samples)):
        was_inside = gate.inside
        size += len(gate.process(frame))
        if was_inside and not gate.inside:
            found.append((size, gate.is_speech))
            size = 0
    return [*found, (size, gate.is_speech)] if gate.inside else found


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.fault("D7")
def test_noise_is_not_speech(noise: str) -> None:
    assert not any(speech for _, speech in stretches(NOISES[noise].astype(np.float32)))


def coloured(chance: np.random.Generator, power: float) -> Samples:
    """Noise whose spectrum falls with this power of the frequency: 0 is white, 0.5 pink."""
    spectrum = np.fft.rfft(chance.normal(0, 1, N))
    noise = np.fft.irfft(spectrum / np.maximum(np.fft.rfftfreq(N, 1 / RATE), 20) ** power, N)
    return np.asarray(noise / np.abs(noise).max(), np.float32)


def knocks(chance: np.random.Generator) -> Samples:
    sound = chance.normal(0, 0.002, N)
    for at in chance.integers(0, N - 3200, chance.integers(1, 12)):
        decay = np.exp(-np.arange(3200) / chance.uniform(40, 400))
        sound[at : at + 3200] += chance.normal(0, 0.6, 3200) * decay
    return sound.astype(np.float32)


CLIPS = 200
KINDS: list[Callable[[np.random.Generator], Samples]] = [
    lambda _: np.zeros(N, np.float32),
    lambda chance: coloured(chance, 0),
    lambda chance: coloured(chance, 0.5),
    lambda chance: coloured(chance, 1),
    lambda chance: (
        coloured(chance, 0.5)
        * np.clip(np.sin(2 * np.pi * chance.uniform(0.2, 0.8) * T), 0, 1).astype(np.float32)
    ),
    lambda chance: np.sin(2 * np.pi * chance.uniform(40, 4000) * T).astype(np.float32),
    knocks,
]


def melody(chance: np.random.Generator) -> Samples:
    """Chords of an instrument, one after the other, and a drum."""
    sound, step = np.zeros(N), int(chance.uniform(0.4, 1.6) * RATE)
    root = chance.uniform(110, 330)
    for at in range(0, N, step):
        t = np.arange(min(step, N - at)) / RATE
        first = root * 2 ** (chance.integers(-5, 6) / 12)
        fades, drum = np.exp(-t * chance.uniform(0.5, 4)), np.exp(-t * 20)
        for half_tones in ((0, 4, 7), (0, 3, 7), (0, 7), (0,))[chance.integers(4)]:
            for overtone in range(1, 7):
                turns = overtone * first * 2 ** (half_tones / 12) * t
                sound[at : at + step] += fades * np.sin(2 * np.pi * turns) / overtone / 3
        sound[at : at + step] += 0.9 * drum * np.sin(2 * np.pi * 60 * t)
    return np.asarray(sound / np.abs(sound).max(), np.float32)


@pytest.mark.fault("D7")
def test_of_two_hundred_clips_without_speech_none_is_speech(
    record_property: Callable[[str, object], None],
) -> None:
    chance = np.random.default_rng(20261130)
    for number in range(CLIPS):
        clip = KINDS[number % len(KINDS)](chance) * np.float32(10 ** chance.uniform(-2.5, -0.1))
        assert not any(speech for _, speech in stretches(clip)), (number, number % len(KINDS))
    record_property("runs", CLIPS)


@pytest.mark.fault("D7")
def test_of_twenty_melodies_of_an_instrument_few_are_speech() -> None:
    """Short notes are like syllables: a few may pass."""
    chance = np.random.default_rng(20261130)
    taken = [any(speech for _, speech in stretches(melody(chance))) for _ in range(20)]
    assert sum(taken) <= 4


@pytest.mark.parametrize("name", ["plan", "problem", "rain", "train", "window"])
def test_what_is_said_over_music_of_the_same_loudness_is_speech(name: str) -> None:
    sound, _ = soundfile.read(AUDIO / f"{name}.wav", dtype="float32")
    music = np.resize(melody(np.random.default_rng(7)), len(sound))
    behind = music * np.sqrt(np.mean(sound**2) / np.mean(music**2))
    for loudness in (0.5, 0.02):
        heard = stretches(np.asarray((sound + behind) * loudness, np.float32))
        assert sum(size for size, speech in heard if speech) > len(sound), "most of it, in bytes"


@pytest.mark.parametrize("loudness", [1.0, 0.1])
@pytest.mark.parametrize("word", ["yes", "no", "stop", "six", "right", "Kubernetes"])
def test_one_short_word_is_speech(word: str, loudness: float) -> None:
    sound = speak(word, "slt") * np.float32(loudness)
    assert sum(speech for _, speech in stretches(sound)) == 1


@pytest.mark.parametrize("word", ["no", "in", "it", "at", "on", "hey"])
def test_a_short_word_is_speech_that_has_begun_before_the_first_sample(word: str) -> None:
    sound = speak(word, "rms")
    sound = sound[np.flatnonzero(np.abs(sound) > 0.01)[0] :]
    assert any(speech for _, speech in stretches(sound))


def test_a_pause_ends_a_stretch() -> None:
    one = speak("please open the window")
    pause = np.zeros(RATE // 2, np.float32)
    found = stretches(np.concatenate([one, pause, one]))
    assert sum(speech for _, speech in found) == 2


def test_an_hour_without_a_pause_is_cut() -> None:
    without_pauses = np.tile(speak("all the morning we were waiting for the rain")[7000:-7000], 40)
    found = stretches(without_pauses)
    assert len(found) > 1
    assert max(size for size, _ in found) <= 26 * RATE * 2
    assert all(size % FRAME_BYTES == 0 for size, _ in found)
