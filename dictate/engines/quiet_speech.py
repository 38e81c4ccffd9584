"""Speech that is too quiet for an engine: it is made louder and recognised once more.

Detectors of speech and features of models depend on the level. Below `QUIET`, words get lost, and
whole dictations end as "nothing heard". The gain comes after the end, when the highest level is
known: a gain that follows the voice would change sound that is loud enough.
"""

from typing import Final

import numpy as np

from dictate.events import RATE, Samples

QUIET: Final = 10 ** (-35 / 20)
"""Highest amplitude below which an utterance is too quiet: -35 dBFS. The starter engine loses the
first words at -36 dBFS and most from -49 on; made louder, it loses hardly one down to -52 dBFS."""
NORMAL: Final = 10 ** (-20 / 20)
"""The highest amplitude that it gets then: -20 dBFS, that of a voice at a usual distance."""
_BIT: Final = 1 / 32768
"""The smallest amplitude of 16-bit sound: there is nothing to amplify in it."""


class QuietSound:
    """The sound of an utterance, kept as long as all of it is quiet."""

    def __init__(self) -> None:
        self._kept: list[Samples] | None = []
        self._peak = 0.0

    def feed(self, samples: Samples) -> None:
        """Take more sound."""
        if self._kept is None or not len(samples):
            return
        self._peak = max(self._peak, float(np.abs(samples).max()))
        if self._peak < QUIET:
            self._kept.append(samples)
        else:
            self._kept = None

    def louder(self) -> list[Samples]:
        """The sound at a normal level, in pieces of a second; empty if it was loud enough, or
        nothing in it sounds like speech."""
        if not self._kept or self._peak <= _BIT:
            return []
        from dictate.engines.vad_segments import SpeechMarks  # loads a library that few need

        sound = np.concatenate(self._kept) * np.float32(NORMAL / self._peak)
        pieces = [sound[at : at + RATE] for at in range(0, len(sound), RATE)]
        marks = SpeechMarks()
        for piece in pieces:
            marks.feed(piece)
            if marks.span_s(0, len(sound)):
                return pieces
        marks.finish()
        return pieces if marks.span_s(0, len(sound)) else []
