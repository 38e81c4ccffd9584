"""The trial of one term: which clips come out right with it, from which weight on, and what else
changes.

The user's list is in force throughout, without the term and with it. Weights are tried upwards
until a clip is right: more weight does not unlearn a term.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from rapidfuzz.distance import Levenshtein

from dictate.events import Samples
from dictate.hotwords.model import Hotwords, Term
from dictate.proof.decoder import Decoder, Heard
from dictate.translation import _

DEFAULT: Final = 1.0
"""The weight of a term that has none in hotwords.toml."""
WEIGHTS: Final = (0.5, DEFAULT, 1.6, 2.5, 4.0)
"""The weights that are tried: each some 1.6 times the one before."""

Report = Callable[[str, int, int], None]
"""Called before each clip with what is tried, the number of the clip, and how many there are."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound, and what is known of it."""

    name: str
    """Who speaks, or where it is from."""
    sound: Samples = field(repr=False, compare=False)
    said: str = ""
    """Its words; empty if they are not known."""


@dataclass(frozen=True, slots=True)
class Change:
    """Words of the text without the term, and what stands there with it."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One clip with the term at one weight."""

    weight: float
    heard: Heard
    right: bool
    """Whether the term is in the text."""
    by_text_step: bool
    """Whether only the text steps brought it: the engine recognized other words."""
    changes: tuple[Change, ...]
    """What differs from the text without the term."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A clip in which the term is said."""

    clip: Clip
    without: Heard
    right_without: bool
    readings: tuple[Reading, ...]
    """By weight, lowest first; those that were needed to know where it turns."""

    @property
    def turns_at(self) -> float | None:
        """The lowest weight at which the term is in the text."""
        return min((one.weight for one in self.readings if one.right), default=None)


@dataclass(frozen=True, slots=True)
class Compared:
    """A clip that should stay as it is, without the term and with it."""

    clip: Clip
    without: Heard
    reading: Reading

    @property
    def changed(self) -> bool:
        """Whether its text is another one with the term."""
        return self.without.text != self.reading.heard.text


class Trial:
    """One term with one engine."""

    def __init__(self, decoder: Decoder, hotwords: Hotwords, term: Term, report: Report) -> None:
        """`hotwords` is the user's list, with the term or without it."""
        self._decoder = decoder
        self._term = term
        self._report = report
        folded = term.spelling.casefold()
        others = tuple(one for one in hotwords.terms if one.spelling.casefold() != folded)
        self.without = replace(hotwords, terms=others)

    def at(self, weight: float) -> Hotwords:
        """The list with the term at this weight."""
        terms = (*self.without.terms, replace(self._term, weight=weight))
        return replace(self.without, terms=terms)

    async def speak(self, clips: Sequence[Clip], weights: Iterable[float]) -> list[Tried]:
        """Try clips in which the term is said. One list after the other: a list is expensive to
        change."""
        tried = [
            Tried(clip, heard, self._is_in(heard.text), ())
            for clip, heard in zip(
                clips, await self._decode(clips, self.without, _("without the term")), strict=True
            )
        ]
        usual = DEFAULT if DEFAULT in (weights := sorted(weights)) else weights[0]
        await self._add(tried, usual, lambda __: True)
        for weight in weights:
            if weight < usual:
                await self._add(tried, weight, lambda one: one.turns_at and not one.right_without)
            if weight > usual:
                await self._add(tried, weight, lambda one: one.turns_at is None)
        return tried

    async def compare(
        self, clips: Sequence[Clip], weight: float, what: str, before: Sequence[Compared] = ()
    ) -> list[Compared]:
        """Compare clips that should stay as they are. `before` is a comparison of these clips at a
        higher weight: what did not change at that one is taken over."""
        known = {compared.clip.name: compared for compared in before}
        again = [clip for clip in clips if clip.name not in known or known[clip.name].changed]
        found = {name: compared for name, compared in known.items() if not compared.changed}
        plain = {name: compared.without for name, compared in known.items()}
        fresh = [clip for clip in again if clip.name not in plain]
        heard = await self._decode(
            fresh, self.without, _("{what} without the term").format(what=what)
        )
        plain |= {clip.name: one for clip, one in zip(fresh, heard, strict=True)}
        heard = await self._decode(
            again, self.at(weight), _("{what} with the term").format(what=what)
        )
        for clip, one in zip(again, heard, strict=True):
            without = plain[clip.name]
            found[clip.name] = Compared(clip, without, self._read(weight, without, one))
        return [found[clip.name] for clip in clips]

    async def _add(
        self, tried: list[Tried], weight: float, wanted: Callable[[Tried], object]
    ) -> None:
        places = [place for place, one in enumerate(tried) if wanted(one)]
        clips = [tried[place].clip for place in places]
        heard = await self._decode(
            clips, self.at(weight), _("weight {weight:g}").format(weight=weight)
        )
        for place, one in zip(places, heard, strict=True):
            reading = self._read(weight, tried[place].without, one)
            readings = (*tried[place].readings, reading)
            tried[place] = replace(
                tried[place], readings=tuple(sorted(readings, key=lambda one: one.weight))
            )

    async def _decode(self, clips: Sequence[Clip], hotwords: Hotwords, what: str) -> list[Heard]:
        heard = []
        for number, clip in enumerate(clips, 1):
            self._report(what, number, len(clips))
            heard.append(await self._decoder.decode(clip.sound, hotwords))
        return heard

    def _read(self, weight: float, without: Heard, heard: Heard) -> Reading:
        right = self._is_in(heard.text)
        recognized = occurrences(heard.recognized.casefold(), self._term.spelling.casefold())
        return Reading(
            weight, heard, right, right and not recognized, changes(without.text, heard.text)
        )

    def _is_in(self, text: str) -> bool:
        return occurrences(text, self._term.spelling) > 0


def occurrences(text: str, spelling: str) -> int:
    """How often a term stands in a text, as whole words and in its spelling."""
    return len(re.findall(rf"(?<!\w){re.escape(spelling)}(?!\w)", text))


def changes(before: str, after: str) -> tuple[Change, ...]:
    """What differs between two texts, as few and as short stretches of words as possible."""
    return tuple(change for change in stretches(before, after) if change.before != change.after)


def stretches(before: str, after: str) -> list[Change]:
    """All of both texts: stretches of words that are equal, and such that differ, in turn."""
    one, other = before.split(), after.split()
    found = []
    operations = Levenshtein.opcodes(one, other)
    for __, group in groupby(operations, key=lambda operation: operation.tag == "equal"):
        stretch = list(group)
        first, last = stretch[0], stretch[-1]
        gone = " ".join(one[first.src_start : last.src_end])
        came = " ".join(other[first.dest_start : last.dest_end])
        found.append(Change(gone, came))
    return found


def misheard(said: str, text: str, spelling: str) -> str:
    """The words that stand in the text where the term was said; empty if there are none."""
    parts = re.split(rf"(?<!\w){re.escape(spelling)}(?!\w)", said, maxsplit=1)
    if len(parts) != 2:
        return ""
    head, tail = (_words(part) for part in parts)
    heard = _words(text)
    # The term as one word of its own, which stands for any number of words.
    whole = [*head, spelling, *tail]
    start, stop = len(head), len(head) + 1
    found = [
        heard[one.dest_start : one.dest_end]
        for one in Levenshtein.opcodes(whole, heard)
        if one.tag != "equal" and one.src_start <= stop and one.src_end >= start
    ]
    return " ".join(word for words in found for word in words)


def _words(text: str) -> list[str]:
    return [word.strip(".,;:!?\"'").casefold() for word in text.split()]
