"""When each written word was said. Pure.

The aligner drops punctuation and joins what it separated: for "C++, /etc/hosts" it returns the
times of "C" and "etchosts". So its words are found again in the text by their letters. The text
itself never changes: a word is what stands between two spaces. In scripts without spaces it is a
word of the aligner, with the punctuation around it.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dictate.translation import _

_MAX_PER_S: Final = 50
"""Maximum number of letters in a second: nobody speaks faster."""
_SLACK_S: Final = 0.5
"""Seconds that a text may be faster: the aligner's steps are 0.08 s, so short words may take no
time."""
_MAX_BEYOND_S: Final = 0.2
"""Maximum seconds after the end of the sound: the aligner's last step may end there."""
_MAX_MOVED: Final = 0.5
"""Maximum share of times that contradict the others; beyond it, all of them are useless."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, with its punctuation, and when it was said, in seconds."""

    text: str
    start_s: float
    end_s: float


class AlignmentFailed(Exception):
    """The aligner's times cannot be right; the message says why."""


def place(
    text: str, aligned: Sequence[tuple[str, float, float]], moved: int, begin_s: float, end_s: float
) -> tuple[Word, ...]:
    """The words of a text that was said between `begin_s` and `end_s`, each with its time.

    `aligned` are the aligner's words with their times after `begin_s`; `moved` is the number of
    times that it changed because they contradicted the others. Joined, the words are the text
    without its spaces. Their times never go back. Raises AlignmentFailed.
    """
    _check_times(aligned, moved, end_s - begin_s)
    spans = _spans(text, [word for word, __, __ in aligned])
    times: list[tuple[int, float, float]] = []
    for span, (__, start, end) in zip(spans, aligned, strict=True):
        if span is not None:
            times.append((span[0], min(begin_s + start, end_s), min(begin_s + end, end_s)))
    if not times:
        raise AlignmentFailed(_("the aligner found no words in it"))
    found: list[Word] = []
    unplaced: list[str] = []
    for at, piece in _pieces(text, [span for span in spans if span is not None]):
        within = [(start, end) for where, start, end in times if at <= where < at + len(piece)]
        if not within:
            unplaced.append(piece)
            continue
        begun = within[0][0]
        # A word without letters ("&") was said, if at all, between its neighbours.
        found += _share(unplaced, found[-1].end_s if found else begun, begun)
        found.append(Word(piece, begun, within[-1][1]))
        unplaced = []
    return (*found, *_share(unplaced, found[-1].end_s, found[-1].end_s))


def _check_times(aligned: Sequence[tuple[str, float, float]], moved: int, length_s: float) -> None:
    if not aligned:
        raise AlignmentFailed(_("the aligner found no words in it"))
    times = [at for __, start, end in aligned for at in (start, end)]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise AlignmentFailed(_("the aligner's times go backwards"))
    if times[0] < 0 or times[-1] > length_s + _MAX_BEYOND_S:
        raise AlignmentFailed(_("the aligner's times lie outside the sound"))
    if moved > _MAX_MOVED * len(times):
        raise AlignmentFailed(_("the aligner's times contradict each other"))
    # Nowhere too fast: of all stretches that end with this word, the fastest counts.
    slack, letters = math.inf, 0
    for word, start, end in aligned:
        slack = min(slack, letters - _MAX_PER_S * start)
        letters += len(word)
        if letters - _MAX_PER_S * end - slack > _MAX_PER_S * _SLACK_S:
            raise AlignmentFailed(_("the aligner's times are faster than anyone can speak"))


def too_fast(text: str, seconds: float) -> bool:
    """Whether the text is too long to be said in this time."""
    return len(text) > _MAX_PER_S * (seconds + _SLACK_S)


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int] | None]:
    """Where the letters of each word begin and end in the text; None for a word without letters."""
    wanted = [[letter for letter, __ in _letters(word, "LN")] for word in words]
    whole = [letter for letters in wanted for letter in letters]
    # Japanese text is normalised before it is split, which turns some symbols into letters.
    for kinds in ("LN", "LNS"):
        found = _letters(text, kinds)
        if [letter for letter, __ in found] == whole:
            break
    else:
        raise AlignmentFailed(_("the aligner's words are not those of the text"))
    spans: list[tuple[int, int] | None] = []
    before = 0
    for letters in wanted:
        after = before + len(letters)
        spans.append((found[before][1], found[after - 1][1] + 1) if letters else None)
        before = after
    return spans


def _letters(text: str, kinds: str) -> list[tuple[str, int]]:
    """The letters and digits of a text, in their plain form without accents, each with its place.
    `kinds` are the kinds of characters they come from: letters, numbers, symbols."""
    return [
        (letter, at)
        for at, sign in enumerate(text)
        if unicodedata.category(sign)[0] in kinds
        for letter in unicodedata.normalize("NFKD", sign)
        if unicodedata.category(letter)[0] in "LN"
    ]


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """The written words, each with its place."""
    cuts = set()
    for (__, before), (at, __) in pairwise(spans):
        if _is_wide(text[before - 1]) or _is_wide(text[at]):
            while at > before and unicodedata.category(text[at - 1]) in ("Ps", "Pi"):
                at -= 1  # an opening bracket belongs to what it opens
            cuts.add(at)
    for word in re.finditer(r"\S+", text):
        start = word.start()
        for at in (*sorted(cut for cut in cuts if start < cut < word.end()), word.end()):
            yield start, text[start:at]
            start = at


def _is_wide(letter: str) -> bool:
    """Whether its script has no spaces: ideographs and kana."""
    return unicodedata.name(letter, "").startswith(
        ("CJK ", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")
    )


def _share(pieces: Sequence[str], start_s: float, end_s: float) -> list[Word]:
    """The words with the time shared evenly."""
    part = (end_s - start_s) / len(pieces) if pieces else 0.0
    edges = [min(start_s + number * part, end_s) for number in range(len(pieces) + 1)]
    return [Word(piece, *edge) for piece, edge in zip(pieces, pairwise(edges), strict=True)]
