"""When each written word was said. Pure.

The aligner leaves signs out and joins what they parted: of "C++, /etc/hosts" it tells the times of
"C" and of "etchosts". So its words are found again in the text by their letters, and the text is
never touched: what stands between two spaces is a word, and in scripts without spaces each word of
the aligner's, with the signs around it.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_MOST_PER_S: Final = 50
"""Letters in a second that nobody can say."""
_FREE_S: Final = 0.5
"""The aligner's steps are 0.08 s: some short words may take none."""
_BEYOND_S: Final = 0.2
"""Its last step may end after the sound."""
_MOST_MOVED: Final = 0.5
"""Where more of its times contradict each other, they tell nothing."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, with its signs, and when it is said, in seconds."""

    text: str
    start_s: float
    end_s: float


class Unplaced(Exception):
    """The times cannot be the words'; the message says why."""


def place(
    text: str, told: Sequence[tuple[str, float, float]], moved: int, begin_s: float, end_s: float
) -> tuple[Word, ...]:
    """The words of a text that was said between `begin_s` and `end_s`, each with its time.

    `told` are the aligner's words with their times, from `begin_s`; so many of these it `moved`, as
    they contradicted the others. Put together, the words are the text without its spaces. Their
    times follow one another. Raises Unplaced.
    """
    _doubt(told, moved, end_s - begin_s)
    spans = _spans(text, [word for word, _, _ in told])
    times: list[tuple[int, float, float]] = []
    for span, (_, start, end) in zip(spans, told, strict=True):
        if span is not None:
            times.append((span[0], min(begin_s + start, end_s), min(begin_s + end, end_s)))
    if not times:
        raise Unplaced("the aligner found no words in it")
    found: list[Word] = []
    signs: list[str] = []
    for at, piece in _pieces(text, [span for span in spans if span is not None]):
        within = [(start, end) for where, start, end in times if at <= where < at + len(piece)]
        if not within:
            signs.append(piece)
            continue
        begun = within[0][0]
        # What has no letters ("&") was said, if it was, between its neighbours.
        found += _share(signs, found[-1].end_s if found else begun, begun)
        found.append(Word(piece, begun, within[-1][1]))
        signs = []
    return (*found, *_share(signs, found[-1].end_s, found[-1].end_s))


def _doubt(told: Sequence[tuple[str, float, float]], moved: int, length_s: float) -> None:
    if not told:
        raise Unplaced("the aligner found no words in it")
    times = [at for _, start, end in told for at in (start, end)]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise Unplaced("the aligner's times go backwards")
    if times[0] < 0 or times[-1] > length_s + _BEYOND_S:
        raise Unplaced("the aligner's times lie outside of the sound")
    if moved > _MOST_MOVED * len(times):
        raise Unplaced("the aligner's times contradict each other")
    # Anywhere: of all stretches that end with this word, the fastest counts.
    slack, letters = math.inf, 0
    for word, start, end in told:
        slack = min(slack, letters - _MOST_PER_S * start)
        letters += len(word)
        if letters - _MOST_PER_S * end - slack > _MOST_PER_S * _FREE_S:
            raise Unplaced("nobody speaks as fast as the aligner's times say")


def too_fast(text: str, seconds: float) -> bool:
    """Whether nobody can say this in so many seconds."""
    return len(text) > _MOST_PER_S * (seconds + _FREE_S)


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int] | None]:
    """Where the letters of each word begin and end in the text; None for one that has none."""
    wanted = [[letter for letter, _ in _letters(word, "LN")] for word in words]
    whole = [letter for letters in wanted for letter in letters]
    # Japanese text is normalised before it is parted into words, which makes letters of some signs.
    for kinds in ("LN", "LNS"):
        there = _letters(text, kinds)
        if [letter for letter, _ in there] == whole:
            break
    else:
        raise Unplaced("the aligner's words are not those of the text")
    spans: list[tuple[int, int] | None] = []
    before = 0
    for letters in wanted:
        after = before + len(letters)
        spans.append((there[before][1], there[after - 1][1] + 1) if letters else None)
        before = after
    return spans


def _letters(text: str, kinds: str) -> list[tuple[str, int]]:
    """Its letters and digits, without accents and in their plain form, each with its place; made of
    the characters of these kinds (letters, numbers, symbols)."""
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
    for (_, before), (at, _) in pairwise(spans):
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
    """Whether it is of a script without spaces: ideographs and kana."""
    return unicodedata.name(letter, "").startswith(
        ("CJK ", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")
    )


def _share(pieces: Sequence[str], start_s: float, end_s: float) -> list[Word]:
    """The time shared evenly."""
    part = (end_s - start_s) / len(pieces) if pieces else 0.0
    edges = [min(start_s + number * part, end_s) for number in range(len(pieces) + 1)]
    return [Word(piece, *edge) for piece, edge in zip(pieces, pairwise(edges), strict=True)]
