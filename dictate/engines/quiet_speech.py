"""Speech that is too quiet for an engine: it is made louder and recognised once more.

Detectors of speech and features of models depend on the level. Below `QUIET`, words get lost, and
whole dictations end as "nothing heard". The gain comes after the end, when the level is known: a
gain that follows the voice would change sound that is loud enough.
"""

from typing import Final

import numpy as np

from dictate.events import RATE, Samples

QUIET: Final = 10 ** (-35 / 20)
"""Level below which an utterance is too quiet: -35 dBFS. The starter engine loses the first words
at -36 dBFS and most from -49 on; made louder, it loses hardly one down to -52 dBFS."""
NORMAL: Final = 10 ** (-20 / 20)
"""The level that it gets then: -20 dBFS, that of a voice at a usual distance."""
_BIT: Final = 1 / 32768
"""The smallest amplitude of 16-bit sound: there is nothing to amplify in it."""
_FRAME: Final = RATE // 50
_CLICKS: Final = 3
"""Frames of 20 ms that do not count: the click of the key is louder than a quiet voice."""


class Level:
    """The highest amplitude of an utterance, without clicks and without the constant offset that
    some sound cards add."""

    def __init__(self) -> None:
        self._highest: list[float] = []

    def feed(self, samples: Samples) -> None:
        """Take more sound."""
        whole = len(samples) - len(samples) % _FRAME
        frames = [*samples[:whole].reshape(-1, _FRAME), samples[whole:]]
        found = [float(np.ptp(frame)) / 2 for frame in frames if len(frame)]
        self._highest = sorted(self._highest + found)[-_CLICKS - 1 :]

    @property
    def known(self) -> bool:
        """Whether there was more sound than clicks may have."""
        return len(self._highest) > _CLICKS

    @property
    def peak(self) -> float:
        """The level so far, as an amplitude."""
        return self._highest[0] if self.known else max(self._highest, default=0.0)


class QuietSound:
    """The sound of an utterance, kept as long as all of it is quiet."""

    def __init__(self) -> None:
        self._kept: list[Samples] | None = []
        self._level = Level()

    def feed(self, samples: Samples) -> None:
        """Take more sound."""
        if self._kept is None:
            return
        self._level.feed(samples)
        self._kept.append(samples)
        if self._level.known and self._level.peak >= QUIET:
            self._kept = None

    @property
    def is_quiet(self) -> bool:
        """Whether the sound so far is quiet, speech or not."""
        return bool(self._kept) and _BIT < self._level.peak < QUIET

    def louder(self) -> list[Samples]:
        """The sound at a normal level, in pieces of a second; empty if it was loud enough, or
        nothing in it sounds like speech."""
        if not self._kept or not self.is_quiet:
            return []
        peak = self._level.peak
        from dictate.engines.vad_segments import SpeechMarks  # loads a library that few need

        sound = np.concatenate(self._kept)
        sound = np.clip((sound - sound.mean()) * np.float32(NORMAL / peak), -1, 1)
        pieces = [sound[at : at + RATE] for at in range(0, len(sound), RATE)]
        marks = SpeechMarks()
        for piece in pieces:
            marks.feed(piece)
            if marks.span_s(0, len(sound)):
                return pieces
        marks.finish()
        return pieces if marks.span_s(0, len(sound)) else []


def better(text: str, louder: str) -> str:
    """The better one of the text as recorded and that of the louder sound. Louder sound brings
    words: a text that is far shorter has lost some."""
    return louder if 2 * len(louder) > len(text) else text
