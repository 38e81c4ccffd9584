"""Writes the user's terms where an engine that cannot be told of them heard something else. Pure.

A stretch of the text becomes a term if all evidence together says so. It weighs, in natural
logarithms, how unlikely the words are where they stand (word pairs of English) against how likely
one of the user's terms is, less what the two sounds differ by. "Cloud code" is rare and sounds
nearly like "Claude Code"; "cloud storage" is usual and stays, whatever it sounds like. A word that
no dictionary has is compared by its letters: "Nemetron".

The same guards as for boosting hold: no short terms, no repair of a repair, and only a share of
the text. English only: for other languages there are neither sounds nor word pairs.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from dictate.phonetics.distance import distance
from dictate.phonetics.ordinary import English
from dictate.phonetics.phonemes import sound_key

FEWEST_PHONEMES: Final = 4
"""Shorter terms sound like too much: "Claude" has four."""
FARTHEST: Final = 0.25
"""Distance of the sounds, 0 to 1, up to which a stretch is looked at."""
PER_DISTANCE: Final = 40.0
"""What a distance of 1 costs, in natural logarithms."""
TERM: Final = 10.0
"""Minus the logarithm of how likely it is that a word is one of the terms of a short list."""
PER_LONGER: Final = 1.5
"""What that grows by for each factor e by which the list has more than `SHORT_LIST` terms."""
SHORT_LIST: Final = 100
MARGIN: Final = 4.0
"""What the evidence must exceed; the more, the less is repaired."""
UNKNOWN: Final = -16.0
"""The logarithm of the share of a word that no model of English has."""
LETTERS: Final = 0.65
"""Similarity of the letters, 0 to 1, up from which an unknown word may be a term."""
PER_LETTERS: Final = 20.0
"""What a similarity of 0 costs."""
NO_WORD: Final = 4.0
"""What a word that neither the dictionary nor the model of English has adds to the evidence."""
MOST_WORDS: Final = 20_000
"""Words whose sounds are kept."""
LONGEST_STRETCH: Final = 4
"""Words of a stretch at most."""
FREE_WORDS: Final = 4
FREE_SHARE: Final = 0.25
"""Words that may be repaired: at least this many, and this share of the text. If it is more, the
text has a different subject than the list takes it to have, and all of it stays."""
_ENDINGS: Final = ("s", "es", "d", "ed", "er", "ers", "ing", "ly", "y")
_VARIANTS: Final = 2
_COMBINATIONS: Final = 4

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_IN_NAMES: Final = "/\\@_#(=-+&"
"""Signs beside a word that is a part of a name, a path or a compound. A word in capitals is not
looked at either: an engine that writes an acronym has heard one."""
_LETTER_CLASSES: Final = str.maketrans("bcdegijoquvyz", "pktakaaakafas")


class Repair(NamedTuple):
    """A stretch of the text and the term that is written for it."""

    start: int
    stop: int
    spelling: str
    cost: float
    """What the two differ by."""
    gain: float
    """The evidence, less that."""


@dataclass(frozen=True, slots=True)
class _Sound:
    spelling: str
    sounds: str
    said: str


class Repairs:
    """A list of terms, indexed by sound. Expensive to build, so keep it."""

    def __init__(
        self,
        terms: Mapping[str, Sequence[str]],
        lookup: Callable[[str], str | None],
        english: English,
    ) -> None:
        """`terms`: each spelling with its pronunciations; `lookup`: word -> phonemes, or None."""
        self._lookup = lookup
        self._english = english
        self._by_sound: dict[str, list[_Sound]] = {}
        self._by_letters: dict[str, list[str]] = {}
        self._term = TERM + PER_LONGER * max(0.0, log(max(1, len(terms)) / SHORT_LIST))
        self._sounds: dict[str, list[tuple[str, str]]] = {}
        """Word -> its pronunciations, each with its key."""
        for spelling, sounds in terms.items():
            said = " ".join(_WORD.findall(spelling.lower()))
            for sound in sounds:
                if len(sound.split()) >= FEWEST_PHONEMES:
                    one = _Sound(spelling, sound, said)
                    for key in _near_keys(sound_key(sound)):
                        self._by_sound.setdefault(key, []).append(one)
            letters = _letters(spelling)
            if len(letters) > FEWEST_PHONEMES:
                for key in _near_keys(_letter_key(letters)):
                    self._by_letters.setdefault(key, []).append(spelling)
        self._longest = max(map(len, (*self._by_sound, *self._by_letters)), default=0)

    def find(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Repair]:
        """The repairs of a text, from left to right. `taken` are stretches that stay."""
        words = [_Heard(match[0], *match.span()) for match in _WORD.finditer(text)]
        found = [one for run in _runs(words, text, taken) for one in self._in_run(run)]
        best = _without_overlaps(found)
        repaired = sum(text.count(" ", one.start, one.stop) + 1 for one in best)
        return best if repaired <= max(FREE_WORDS, FREE_SHARE * len(words)) else []

    def repair(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> str:
        """The text with its repairs."""
        for one in reversed(self.find(text, taken)):
            text = text[: one.start] + one.spelling + text[one.stop :]
        return text

    def _in_run(self, run: "list[_Heard]") -> Iterator[Repair]:
        words = [heard.word.lower().replace("\u2019", "'") for heard in run]
        sounds = [self._sounds_of(word) for word in words]
        no_word = [self._is_no_word(word) for word in words]
        unlikely = [self._unlikely(word, before) for before, word in pairwise(["", *words, ""])]
        for first in range(len(words)):
            keys, evidence = [("", "")], unlikely[first] - self._term - MARGIN
            for last in range(first, min(len(words), first + LONGEST_STRETCH)):
                after = words[last + 1] if last + 1 < len(words) else ""
                evidence += unlikely[last + 1]
                keys = [
                    (key + more, f"{sound} {further}".lstrip())
                    for key, sound in keys
                    for more, further in sounds[last]
                    if len(key) + len(more) <= self._longest + 1
                ][:_COMBINATIONS]
                left = evidence - (self._unlikely(after, "") if after else 0.0)
                unknown = any(no_word[first : last + 1])
                if left + NO_WORD * unknown < 0:
                    continue
                stretch = words[first : last + 1]
                for spelling, cost in self._candidates(stretch, keys, unknown=unknown).items():
                    if cost <= left:
                        start, stop = run[first].start, run[last].stop
                        yield Repair(start, stop, spelling, cost, left - cost + MARGIN)

    def _candidates(
        self, words: list[str], keys: list[tuple[str, str]], *, unknown: bool
    ) -> dict[str, float]:
        """The terms that these words may be, with what their distances cost. `unknown` says whether
        one of them is no word."""
        found: dict[str, float] = {}
        said = " ".join(words)
        for whole, sounds in keys:
            for key in _near_keys(whole):
                for one in self._by_sound.get(key, ()):
                    if one.said == said:
                        return {}
                    apart = distance(sounds, one.sounds)
                    if apart <= FARTHEST:
                        cost = PER_DISTANCE * apart
                        found[one.spelling] = min(cost, found.get(one.spelling, cost))
        if unknown:
            letters = "".join(words)
            for key in _near_keys(_letter_key(letters)):
                for spelling in self._by_letters.get(key, ()):
                    if spelling.lower() == said:
                        return {}
                    likeness = Levenshtein.normalized_similarity(letters, _letters(spelling))
                    if likeness >= LETTERS and not _is_a_form(letters, _letters(spelling)):
                        cost = PER_LETTERS * (1.0 - likeness) - NO_WORD
                        found[spelling] = min(cost, found.get(spelling, cost))
        return found

    def _is_no_word(self, word: str) -> bool:
        return not self._sounds_of(word) and self._english.word(word) is None

    def _sounds_of(self, word: str) -> list[tuple[str, str]]:
        found = self._sounds.get(word)
        if found is None:
            if len(self._sounds) >= MOST_WORDS:
                self._sounds.clear()
            names = (word, *(f"{word}({number})" for number in range(2, _VARIANTS + 1)))
            variants = [sound for sound in map(self._lookup, names) if sound]
            found = list({sound_key(sound): sound for sound in reversed(variants)}.items())
            self._sounds[word] = found
        return found

    def _unlikely(self, word: str, before: str) -> float:
        """Minus the logarithm of how likely this word is after another; 0 for none."""
        if not word:
            return 0.0
        english = self._english
        share = english.after(word, before) if before else english.word(word)
        return -(UNKNOWN if share is None else share)


@dataclass(frozen=True, slots=True)
class _Heard:
    word: str
    start: int
    stop: int


def _runs(
    words: list[_Heard], text: str, taken: Sequence[tuple[int, int]]
) -> Iterator[list[_Heard]]:
    """The words between two signs, names, or what else stays: a stretch never crosses these."""
    run: list[_Heard] = []
    for word in words:
        if run and text[run[-1].stop : word.start] != " ":
            yield run
            run = []
        stays = any(start < word.stop and word.start < stop for start, stop in taken)
        beside = text[max(0, word.start - 1) : word.start] + text[word.stop : word.stop + 1]
        acronym = len(word.word) > 1 and word.word.isupper()
        if stays or acronym or any(sign in _IN_NAMES for sign in beside):
            if run:
                yield run
            run = []
        else:
            run.append(word)
    if run:
        yield run


def _near_keys(key: str) -> Iterator[str]:
    """A key, and each that lacks one sign of it: two that differ in one sign have one in common."""
    yield key
    if len(key) > FEWEST_PHONEMES:
        for at in range(len(key)):
            yield key[:at] + key[at + 1 :]


def _is_a_form(letters: str, term: str) -> bool:
    """Whether one is the other with an ending: "pytests" is no misheard "pytest"."""
    longer, shorter = sorted((letters, term), key=len, reverse=True)
    return longer != shorter and longer.startswith(shorter) and longer[len(shorter) :] in _ENDINGS


def _letters(spelling: str) -> str:
    return "".join(filter(str.isalpha, spelling.lower()))


def _letter_key(letters: str) -> str:
    """A coarse key of a spelling, for words whose sound is not known."""
    plain = letters.replace("ph", "f").translate(_LETTER_CLASSES)
    return re.sub(r"(.)\1+", r"\1", plain)


def _without_overlaps(found: list[Repair]) -> list[Repair]:
    """The nearest of those that overlap, from left to right."""
    best: list[Repair] = []
    for one in sorted(found, key=lambda repair: (repair.cost, -repair.gain)):
        if all(one.stop <= other.start or other.stop <= one.start for other in best):
            best.append(one)
    return sorted(best)
