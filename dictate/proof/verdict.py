"""What a trial has shown, in a sentence. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Final

from dictate.proof.trial import DEFAULT, Compared, Tried, misheard, occurrences
from dictate.translation import _

MOST: Final = 0.75
"""Share of the clips that have to be right for a term to work."""
GAIN: Final = 0.9
"""Share of the clips that are right at any weight: where a term does not reach `MOST`, the lowest
weight that has these is advised."""
FORM_WORDS: Final = 2
"""Words that a misheard form may have more than the term."""
MOST_FORMS: Final = 3
"""Maximum number of misheard forms that are named."""


class Kind(Enum):
    """The outcome; the values are part of the JSON."""

    KNOWN = "needs no hotword"  # untranslated
    WORKS = "works"
    WEIGHT = "needs weight"  # untranslated
    PARTLY = "works in part"  # untranslated
    CANNOT = "cannot work"  # untranslated
    HARMS = "harms"

    @property
    def good(self) -> bool:
        """Whether the term should be on the list."""
        return self in (Kind.WORKS, Kind.WEIGHT, Kind.PARTLY)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a trial."""

    kind: Kind
    sentence: str
    weight: float | None = None
    """The weight that the term should have; None if it should not be on the list."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was measured for one term."""

    spelling: str
    engine: str
    """Its name."""
    takes_hotwords: bool
    unusable: str
    """Why the engine cannot use the term; empty if it can."""
    tried: Sequence[Tried]
    weight: float | None
    """The weight at which harm was looked for; None if the term is right at no weight."""
    controls: Sequence[Compared] = ()
    history: Sequence[Compared] = ()

    @property
    def harms(self) -> bool:
        """Whether a control sentence changed, or a dictation in another way than by the term, which
        may well have been said there."""
        return changed(self.controls) > 0 or any(
            not occurrences(change.after, self.spelling)
            for one in self.history
            for change in one.reading.changes
        )


def right_at(tried: Sequence[Tried], weight: float) -> int:
    """Number of clips that are right at this weight."""
    return sum(one.turns_at is not None and one.turns_at <= weight for one in tried)


def changed(compared: Sequence[Compared]) -> int:
    """Number of clips whose text is another one with the term."""
    return sum(one.changed for one in compared)


def advised_weight(tried: Sequence[Tried], below: float = inf) -> float | None:
    """The lowest weight, from the default up, with which a term works, or is as good as it gets,
    below this weight; a lower one if only lower ones are left, and None if it is right at none."""
    weights = sorted({one.weight for each in tried for one in each.readings if one.weight < below})
    reachable = right_at(tried, weights[-1]) if weights else 0
    enough = min(MOST * len(tried), GAIN * reachable)
    candidates = [weight for weight in weights if weight >= DEFAULT] or weights
    return next((w for w in candidates if reachable and right_at(tried, w) >= enough), None)


def judge(found: Evidence) -> Verdict:
    """The verdict."""
    name, tried, weight = f'"{found.spelling}"', found.tried, found.weight
    without = sum(one.right_without for one in tried)
    if weight is None:
        return Verdict(
            Kind.CANNOT,
            _("{name} cannot work because {why_not}.").format(name=name, why_not=_why_not(found)),
        )
    right, usual = right_at(tried, weight), weight == DEFAULT
    hits = _("right in {right} of {count} clips, {without} without it").format(
        right=right, count=len(tried), without=without
    )
    rest = _rest(found)
    at = (
        _("at the default strength") if usual else _("with weight {weight:g}").format(weight=weight)
    )
    if found.harms:
        return Verdict(
            Kind.HARMS,
            _("{name} harms {at}: {rest}; {hits}.").format(name=name, at=at, rest=rest, hits=hits),
        )
    if right <= without and without >= MOST * len(tried):
        return Verdict(
            Kind.KNOWN,
            _("{name} needs no hotword: {hits}; {rest}.").format(name=name, hits=hits, rest=rest),
        )
    if right <= without:
        return Verdict(
            Kind.CANNOT,
            _("{name} cannot work because {why_not}; {hits}.").format(
                name=name, why_not=_why_not(found), hits=hits
            ),
        )
    if right < MOST * len(tried):
        heard = _forms(found)
        instead = _("; what is heard instead: {heard}").format(heard=heard) if heard else ""
        return Verdict(
            Kind.PARTLY,
            _("{name} works in part {at}: {hits}{instead}; {rest}.").format(
                name=name, at=at, hits=hits, instead=instead, rest=rest
            ),
            weight,
        )
    if weight <= DEFAULT:
        return Verdict(
            Kind.WORKS,
            _("{name} works {at}: {hits}; {rest}.").format(name=name, at=at, hits=hits, rest=rest),
            weight,
        )
    by_default = right_at(tried, DEFAULT)
    hits = _("{hits}, {by_default} at the default strength").format(
        hits=hits, by_default=by_default
    )
    return Verdict(
        Kind.WEIGHT,
        _("{name} needs weight {weight:g}: {hits}; {rest}.").format(
            name=name, weight=weight, hits=hits, rest=rest
        ),
        weight,
    )


def _why_not(found: Evidence) -> str:
    if not found.tried:
        return _("there is no clip in which it is said")
    if found.unusable:
        return _("{engine} cannot use it ({unusable})").format(
            engine=found.engine, unusable=found.unusable
        )
    heard = _forms(found)
    advice = (
        _("it hears {heard}").format(heard=heard)
        if heard
        else _("it hears nothing that could be it")
    )
    why = (
        _("what {engine} hears is too far from it").format(engine=found.engine)
        if found.takes_hotwords
        else _("{engine} takes no hotwords").format(engine=found.engine)
    )
    return _("{why}: {advice}. A form that you never mean can be given with --sounds-like").format(
        why=why, advice=advice
    )


def _forms(found: Evidence) -> str:
    """What is most often heard where the term was said. Where much around it was misheard, too, its
    place is not known."""
    longest = len(found.spelling.split()) + FORM_WORDS
    forms = Counter(
        form
        for one in found.tried
        if not one.right_without
        and (form := misheard(one.clip.said, one.without.recognized, found.spelling))
        and len(form.split()) <= longest
    )
    return ", ".join(f'"{form}"' for form, __ in forms.most_common(MOST_FORMS))


def _rest(found: Evidence) -> str:
    """What became of the clips that should stay as they are."""
    parts = [
        _("{changed} of {count} {what}").format(
            changed=changed(compared) or _("none"), count=len(compared), what=what
        )
        for compared, what in (
            (found.controls, _("control sentences")),
            (found.history, _("dictations of yours")),
        )
        if compared
    ]
    own = _(": see whether you said it") if changed(found.history) else ""
    if not parts:
        return _("there was nothing to look for harm in")
    return _("{parts} changed{own}").format(parts=_(" and ").join(parts), own=own)
