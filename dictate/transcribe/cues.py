"""Cues: which lines of a subtitle are shown together, and when. Pure.

An engine returns a text for each segment, without times. If the aligner has found the times of the
words, a cue begins and ends with a word. Otherwise the times inside a segment are estimates: each
line gets a share of the time with speech, in proportion to its letters.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from textwrap import wrap
from typing import Final

from dictate.events import RATE
from dictate.transcribe.words import Word

MAX_LINE: Final = 42
"""Maximum number of letters in a line, as is usual for subtitles."""
MAX_LINES: Final = 2
"""Maximum number of lines in a cue."""
MIN_CUE_S: Final = 0.08
"""Minimum seconds of a cue, even for a word that takes no time: players skip shorter ones."""
_SENTENCE_END: Final = re.compile(r"(?<=[.?!\u2026])\s+|(?<=[\u3002\uff01\uff1f])")


@dataclass(frozen=True, slots=True)
class TranscribedSegment:
    """A segment and its text."""

    start: int
    end: int
    """Number of samples before it (`start`) and before the next segment (`end`)."""
    speech: tuple[tuple[int, int], ...]
    """Where it contains speech, in samples; empty if the detector found none."""
    text: str
    words: tuple[Word, ...] = ()
    """The words of the text with their times; empty if these are not known."""

    @property
    def span(self) -> tuple[float, float]:
        """From its first speech to its last, in seconds."""
        stretches = self.speech or ((self.start, self.end),)
        return stretches[0][0] / RATE, stretches[-1][1] / RATE


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines that are shown together."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    marks: tuple[tuple[int, float], ...] = ()
    """Where each word except the first begins: the number of letters before it, without spaces, and
    the time in seconds."""


def cues(transcribed: Iterable[TranscribedSegment]) -> Iterator[Cue]:
    """All segments, as cues that do not overlap."""
    last_s = 0.0
    for one in transcribed:
        shown = list(_lines_of_cues(" ".join(one.text.split())))
        for cue in _timed(shown, one.words) if one.words else _estimated(shown, one):
            start = max(cue.start_s, last_s)
            last_s = max(cue.end_s, start + MIN_CUE_S)
            yield Cue(start, last_s, cue.lines, cue.marks)


def _timed(shown: list[tuple[str, ...]], words: tuple[Word, ...]) -> Iterator[Cue]:
    """Cues with the times of words. A line may end inside a word, at a hyphen for example; the time
    there is in proportion to the letters."""
    begins = [0, *accumulate(len(word.text) for word in words)]

    def second(letters: int, number: int) -> float:
        word = words[number]
        share = (letters - begins[number]) / len(word.text)
        return word.start_s + share * (word.end_s - word.start_s)

    before = 0
    for lines in shown:
        after = before + sum(len("".join(line.split())) for line in lines)
        first, behind = bisect_right(begins, before) - 1, bisect_left(begins, after)
        marks = ((begins[n] - before, words[n].start_s) for n in range(first + 1, behind))
        yield Cue(second(before, first), second(after, behind - 1), lines, tuple(marks))
        before = after


def _estimated(shown: list[tuple[str, ...]], one: TranscribedSegment) -> Iterator[Cue]:
    letters = sum(_letters(lines) for lines in shown)
    stretches = one.speech or ((one.start, one.end),)
    before = 0
    for lines in shown:
        after = before + _letters(lines)
        start = _at(stretches, before / letters, ends=False)
        yield Cue(start, _at(stretches, after / letters, ends=True), lines)
        before = after


def _lines_of_cues(text: str) -> Iterator[tuple[str, ...]]:
    """The lines of each cue. A sentence begins a new cue, unless it fits into the previous one."""
    together = ""
    for sentence in filter(None, _SENTENCE_END.split(text)):
        longer = f"{together} {sentence}".strip()
        if together and len(wrap(longer, MAX_LINE)) > MAX_LINES:
            yield from _lines(together)
            longer = sentence
        together = longer
    yield from _lines(together)


def _lines(text: str) -> Iterator[tuple[str, ...]]:
    width, lines = MAX_LINE, wrap(text, MAX_LINE)
    # Lines of similar length read better than a long line and a single word.
    while width > 1 and len(narrower := wrap(text, width - 1)) == len(lines):
        width, lines = width - 1, narrower
    for first in range(0, len(lines), MAX_LINES):
        yield tuple(lines[first : first + MAX_LINES])


def _letters(lines: tuple[str, ...]) -> int:
    return sum(map(len, lines))


def _at(stretches: tuple[tuple[int, int], ...], share: float, *, ends: bool) -> float:
    """The time in seconds at which this share of the speech is over. Between two stretches of
    speech, a cue that ends there gets the end of the first one, and a cue that begins there gets
    the start of the second one."""
    left = share * sum(end - start for start, end in stretches)
    for start, end in stretches:
        length = end - start
        if left < length - 0.5 or (ends and left < length + 0.5):
            return (start + max(left, 0.0)) / RATE
        left -= length
    return stretches[-1][1] / RATE
