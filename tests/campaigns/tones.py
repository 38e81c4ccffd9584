"""Numbers as sound: a modem for a microphone, and an engine that hears nothing else.

A number is seven tones of 40 ms: a beginning, four digits to base 16, their check digit, an end. So
each utterance of a campaign says which one it is, and a text that has the number must come from
that sound, all of it. What was cut off is "torn".

    use = "tones:"
"""

from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from dictate.config.schema import EngineSettings
from dictate.engines import Draft, Engine, Utterance
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords

TONE_S: Final = 0.04
SPOKEN_S: Final = 7 * TONE_S
MOST: Final = 16**4
TORN: Final = "torn"
_STEP: Final = 200
"""Samples from one look at the sound to the next."""
_LOOK: Final = 400
"""Samples of one look: 40 Hz from one line of its spectrum to the next."""
_LOUD: Final = 0.02
_BEGIN, _END = 32, 33


def _frequency(symbol: int) -> float:
    return 520.0 + 160.0 * symbol


def _symbols(number: int) -> list[int]:
    digits = [number >> shift & 15 for shift in (12, 8, 4, 0)]
    digits.append(_check(digits))
    # Two sets of tones by turns: equal digits in a row stay apart.
    return [_BEGIN, *(digit + 16 * (place % 2) for place, digit in enumerate(digits)), _END]


def _check(digits: list[int]) -> int:
    return sum((place + 1) * digit for place, digit in enumerate(digits)) % 16


def sound_of(number: int) -> Samples:
    """The sound of this number, below MOST."""
    times = np.arange(round(TONE_S * RATE)) / RATE
    fade = np.minimum(1.0, np.minimum(times, times[::-1]) / 0.003)
    tones = [fade * np.sin(2 * np.pi * _frequency(s) * times) for s in _symbols(number)]
    return (0.4 * np.concatenate(tones)).astype(np.float32)


def write(path: Path, number: int) -> Path:
    """A recording of this number."""
    soundfile.write(path, sound_of(number), RATE, subtype="PCM_16")
    return path


def write_noise(path: Path, seconds: float) -> Path:
    """A recording of a quiet room."""
    noise = np.random.default_rng(1).normal(0, 0.001, round(seconds * RATE))
    soundfile.write(path, noise.astype(np.float32), RATE, subtype="PCM_16")
    return path


def word(number: int) -> str:
    """How the engine writes this number."""
    return f"w{number:05d}"


class Ear:
    """Hears numbers in sound that comes in pieces."""

    def __init__(self) -> None:
        self._left = np.zeros(0, np.float32)
        self._heard: list[int | None] = []

    def feed(self, samples: Samples) -> None:
        """Some more sound."""
        self._left = np.concatenate([self._left, np.nan_to_num(samples)])
        while len(self._left) >= _LOOK:
            self._heard.append(_tone(self._left[:_LOOK]))
            self._left = self._left[_STEP:]

    def text(self) -> str:
        """All numbers so far, and what is not whole."""
        runs = [(symbol, len(list(run))) for symbol, run in groupby(self._heard)]
        tones = [symbol for symbol, length in runs if symbol is not None and length >= 2]
        words: list[str] = []
        while tones:
            number = _number(tones[:7])
            if number is not None:
                words.append(word(number))
                del tones[:7]
                continue
            del tones[0]
            while tones and tones[0] != _BEGIN:
                del tones[0]
            words.append(TORN)
        return " ".join(words)


def heard(path: Path) -> str:
    """What is in this recording; nothing if there is none."""
    try:
        samples, _ = soundfile.read(path, dtype="float32")
    except soundfile.LibsndfileError:
        return ""
    ear = Ear()
    ear.feed(samples)
    return ear.text()


def _tone(look: Samples) -> int | None:
    if np.abs(look).max() < _LOUD:
        return None
    spectrum = np.abs(np.fft.rfft(look * np.hanning(_LOOK), 4 * _LOOK))
    frequency = float(np.argmax(spectrum)) * RATE / (4 * _LOOK)
    symbol = round((frequency - _frequency(0)) / (_frequency(1) - _frequency(0)))
    near = abs(frequency - _frequency(symbol)) < 40
    return symbol if near and 0 <= symbol <= _END else None


def _number(tones: list[int]) -> int | None:
    if len(tones) < 7 or (tones[0], tones[6]) != (_BEGIN, _END):
        return None
    if any(tone // 16 != place % 2 for place, tone in enumerate(tones[1:6])):
        return None
    *digits, check = (tone % 16 for tone in tones[1:6])
    if _check(digits) != check:
        return None
    return sum(digit << shift for digit, shift in zip(digits, (12, 8, 4, 0), strict=True))


class TonesEngine(Engine):
    """See the head of this file."""

    name = "tones"
    languages = ("en",)
    streams = True
    can_draft = True
    hotwords_as = ""

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)

    def unavailable_reason(self) -> str | None:
        return None

    def load(self) -> None:
        """There is no model."""

    def prepare(self, hotwords: Hotwords) -> list[str]:
        return []

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        return TonesUtterance()


class TonesUtterance(Utterance):
    """Hears the numbers of one utterance."""

    def __init__(self) -> None:
        self._ear = Ear()
        self._shown = ""

    def feed(self, samples: Samples) -> str | None:
        self._ear.feed(samples)
        text = self._ear.text()
        if text == self._shown:
            return None
        self._shown = text
        return text

    def draft(self) -> Draft | None:
        return Draft(self._ear.text())

    def finish(self) -> str:
        return self._ear.text()

    def cancel(self) -> None:
        """Nothing is held."""
