"""What became of a text in the field into which it was written. Pure.

Applications report the text around the cursor, often a part of the field, and the user types there
for many reasons. So the words of the text are looked up by alignment, between those that stood
before and after it. A correction changes a few of them. Words before or after the text are no part
of it. Words at its ends that are gone were deleted, or are out of sight: neither is a correction.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from rapidfuzz import fuzz
from rapidfuzz.distance import Postfix, Prefix

from dictate.hotwords.corrections import one_by_one, word_spans
from dictate.hotwords.spoken_words import Words
from dictate.word_alignment import aligned

KEPT_PER_CHANGED: Final = 2
"""Minimum number of words that stayed for each that changed."""
ALIKE: Final = 60.0
"""Percentage of equal letters from which words count as the same ones, heard or spelled
differently, whatever else stayed: "cloud" and "Claude" have 73, "get hub" and "GitHub" 83."""
LONGEST: Final = 6
"""Maximum number of words that are looked for among others that were typed next to them."""


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text where it was written."""

    text: str
    before: str
    """What stands before it, as far as that is known."""
    after: str

    @classmethod
    def find(cls, text: str, around: str, cursor: int) -> Self | None:
        """The text in what stands around the `cursor`, a position in characters that need not be
        exact; None if it is not there."""
        places = [at for at in range(len(around)) if around.startswith(text, at)] if text else []
        if places:
            at = min(places, key=lambda at: abs(at + len(text) - cursor))
            return cls(text, around[:at], around[at + len(text) :])
        line = around[:cursor]
        if line.strip() and text.endswith(line):  # no more than the last line is reported
            return cls(text, "", around[cursor:])
        return None

    def became(self, now: str) -> str | None:
        """The text with the user's corrections, where `now` stands around the cursor; the text as
        it was if there are none; None if it is not in sight, or more than corrected."""
        if now.count(self.text) >= f"{self.before}{self.text}{self.after}".count(self.text):
            return self.text
        before, now, after = _differing(self.before, now, self.after)
        here, new = Words.of(self.text), Words.of(now)
        kept, lost, changes = _compare(Words.of(before), here, Words.of(after), new)
        if not changes:
            return self.text if kept > lost else None
        changed = lost + sum(max(each.b - each.a, each.d - each.c) for each in changes)
        few = changed * KEPT_PER_CHANGED <= kept
        if few or (not lost and _likeness(here, new, changes) >= ALIKE):
            return self._with(changes, here, now, new)
        return None

    def _with(self, changes: list["_Change"], here: Words, now: str, new: Words) -> str:
        old_spans, new_spans = word_spans(self.text, here), word_spans(now, new)
        result, done = "", 0
        for a, b, c, d in changes:
            begin = old_spans[a][0]
            unchanged = self.text[done:begin]
            done = old_spans[b - 1][1] if a < b else begin
            if c == d:
                result += unchanged.rstrip(" ")
            else:
                right = now[new_spans[c][0] : new_spans[d - 1][1]]
                result += unchanged + right + " " * (a == b)
        return result + self.text[done:]


class _Change(NamedTuple):
    """Words `a` to `b` of the text, in whose place are the words `c` to `d` of the field."""

    a: int
    b: int
    c: int
    d: int


def _differing(before: str, now: str, after: str) -> tuple[str, str, str]:
    """The same without whole words that they begin and end with alike, which takes less time."""
    begin = before.rfind(" ", 0, Prefix.similarity(before, now)) + 1
    before, now = before[begin:], now[begin:]
    end = after.find(" ", len(after) - Postfix.similarity(after, now))
    if end < 0:
        return before, now, after
    return before, now[: len(now) - (len(after) - end)], after[:end]


def _compare(
    before: Words, here: Words, after: Words, new: Words
) -> tuple[int, int, list["_Change"]]:
    """How many words of the text stand there, how many do not, and those that were changed."""
    start, stop = len(before.keys), len(before.keys) + len(here.keys)
    kept, lost, changes = 0, 0, list[_Change]()
    old = [*one_by_one(before), *one_by_one(here), *one_by_one(after)]
    for equal, a, b, c, d in aligned(old, one_by_one(new)):
        inside = min(b, stop) - max(a, start)
        if b <= start or a >= stop:
            continue  # typed before or after it
        if equal:
            kept += inside
        elif c == d and ((a <= start and c == 0) or (b >= stop and d == len(new.keys))):
            continue  # out of sight
        elif a < start or b > stop:
            lost += inside
        elif change := _change(here, _Change(a - start, b - start, c, d), new):
            changes.append(change)
        else:
            lost += inside
    return kept, lost, changes


def _change(here: Words, change: _Change, new: Words) -> _Change | None:
    """What of these words is a correction; None if nothing is."""
    a, b, c, d = change
    at_start, at_end = a == 0, b == len(here.keys)
    if (at_start or at_end) and d - c > b - a:
        if b - a > LONGEST:
            return None
        # More was typed before or after it.
        change = _most_alike(here, change, new)
        if _likeness(here, new, [change]) < ALIKE:
            return None
    elif (at_start or at_end) and c == d:
        return None
    old, now = _letters(here, a, b), _letters(new, change.c, change.d)
    being_deleted = len(now) < len(old) and (old.startswith(now) or old.endswith(now))
    return None if now and being_deleted else change


def _most_alike(here: Words, change: _Change, new: Words) -> _Change:
    """The words next to the rest of the text that resemble most those that were there."""
    a, b, c, d = change
    longest = b - a + 1
    candidates = [
        _Change(a, b, first, last)
        for first in (range(c, d) if a == 0 else (c,))
        for last in (range(first + 1, min(first + longest, d) + 1) if b == len(here.keys) else (d,))
        if last - first <= longest
    ]
    return max(candidates, key=lambda each: _likeness(here, new, [each]), default=change)


def _likeness(here: Words, new: Words, changes: list[_Change]) -> float:
    """Percentage of letters that the changed words share with those in their place."""
    old = "".join(_letters(here, each.a, each.b) for each in changes)
    return fuzz.ratio(old, "".join(_letters(new, each.c, each.d) for each in changes))


def _letters(words: Words, start: int, stop: int) -> str:
    return "".join(words.keys[start:stop])
