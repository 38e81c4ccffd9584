"""What is shown at once, and when: lines of subtitle length. Pure.

An engine gives a text for each segment, without times. Where the aligner has told the times of its
words, a cue begins and ends with a word. Elsewhere the times inside a segment are estimates: each
line gets its share, by letters, of the time in which somebody speaks.
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

LINE: Final = 42
"""Letters of a line at most, as is usual for subtitles, ..."""
LINES: Final = 2
"""... and lines of a cue."""
LEAST_S: Final = 0.08
"""No cue is shorter, also where a word takes no time: it would not be seen, or be left out."""
_SENTENCE_END: Final = re.compile(r"(?<=[.?!\u2026])\s+|(?<=[\u3002\uff01\uff1f])")


@dataclass(frozen=True, slots=True)
class Heard:
    """One segment, heard."""

    start: int
    end: int
    """Samples before it, and before the next one."""
    speech: tuple[tuple[int, int], ...]
    """Where somebody speaks in it, in samples; empty if that could not be told."""
    text: str
    words: tuple[Word, ...] = ()
    """The words of the text with their times; empty where these are not known."""

    @property
    def span(self) -> tuple[float, float]:
        """From the first speech in it to the last, in seconds."""
        stretches = self.speech or ((self.start, self.end),)
        return stretches[0][0] / RATE, stretches[-1][1] / RATE


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at once."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    marks: tuple[tuple[int, float], ...] = ()
    """Where in it a word begins but the first: after how many letters, and at which second. Spaces
    are no letters."""


def cues(heard: Iterable[Heard]) -> Iterator[Cue]:
    """All that was heard, in cues that do not overlap."""
    last_s = 0.0
    for one in heard:
        shown = list(_portions(" ".join(one.text.split())))
        for cue in _timed(shown, one.words) if one.words else _estimated(shown, one):
            start = max(cue.start_s, last_s)
            last_s = max(cue.end_s, start + LEAST_S)
            yield Cue(start, last_s, cue.lines, cue.marks)


def _timed(shown: list[tuple[str, ...]], words: tuple[Word, ...]) -> Iterator[Cue]:
    """A line may end within a word, as at a hyphen: then its share counts."""
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


def _estimated(shown: list[tuple[str, ...]], one: Heard) -> Iterator[Cue]:
    letters = sum(_letters(lines) for lines in shown)
    stretches = one.speech or ((one.start, one.end),)
    before = 0
    for lines in shown:
        after = before + _letters(lines)
        start = _at(stretches, before / letters, ends=False)
        yield Cue(start, _at(stretches, after / letters, ends=True), lines)
        before = after


def _portions(text: str) -> Iterator[tuple[str, ...]]:
    """The lines of each cue. A sentence begins a new cue unless both fit into one."""
    together = ""
    for sentence in filter(None, _SENTENCE_END.split(text)):
        longer = f"{together} {sentence}".strip()
        if together and len(wrap(longer, LINE)) > LINES:
            yield from _lines(together)
            longer = sentence
        together = longer
    yield from _lines(together)


def _lines(text: str) -> Iterator[tuple[str, ...]]:
    width, lines = LINE, wrap(text, LINE)
    # Lines of the same length read better than a long one and a single word.
    while width > 1 and len(narrower := wrap(text, width - 1)) == len(lines):
        width, lines = width - 1, narrower
    for first in range(0, len(lines), LINES):
        yield tuple(lines[first : first + LINES])


def _letters(lines: tuple[str, ...]) -> int:
    return sum(map(len, lines))


def _at(stretches: tuple[tuple[int, int], ...], share: float, *, ends: bool) -> float:
    """Seconds at which this share of the speech is over. Between two stretches what `ends` there
    ends with the earlier one, and what begins there begins with the later one."""
    left = share * sum(end - start for start, end in stretches)
    for start, end in stretches:
        length = end - start
        if left < length - 0.5 or (ends and left < length + 0.5):
            return (start + max(left, 0.0)) / RATE
        left -= length
    return stretches[-1][1] / RATE
