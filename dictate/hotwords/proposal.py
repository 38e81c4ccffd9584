"""What is proposed after a correction, and why: a term, a replacement, or nothing. Pure."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from dictate.errors import NotFound
from dictate.hotwords.spoken_words import Words
from dictate.translation import _, ngettext

ALREADY_RIGHT: Final = _("your clip comes out right by now, without any change")


class Action(Enum):
    """What is proposed to the user."""

    ADD = "add"
    """Add the term, or give it this weight."""
    REPLACE = "replace"
    """Write the right words wherever the wrong ones are recognized."""
    LEAVE = "leave"


def action_of(name: str) -> Action:
    """The action of this name, as a client on the bus gives it. Raises NotFound."""
    try:
        return Action(name)
    except ValueError:
        known = ", ".join(action.value for action in Action)
        raise NotFound(
            _("there is no action {name!r}; there are {known}").format(name=name, known=known)
        ) from None


_FUNCTION_WORDS: Final = re.compile(
    "a|about|an|and|are|as|at|be|but|by|can|do|for|from|had|has|have|he|her|his|i|if|in|into|is|it|"
    "its|me|my|no|not|of|on|or|our|she|so|that|the|their|them|then|there|they|this|to|up|us|was|we|"
    "were|what|when|which|who|will|with|you|your"
)
"""English words that are no part of a name's beginning or end when they are in lower case. Those of
other languages are known from the user's other dictations."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The clip, recognized with the term."""

    weight: float
    text: str
    right: bool
    """Whether it has the right words now."""
    others: str
    """What else changed: "storage -> story"."""


@dataclass(frozen=True, slots=True)
class Harm:
    """Another dictation that the term changed."""

    number: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ControlHarm:
    """A control sentence that the term changed."""

    said: str
    before: str
    after: str


@dataclass(slots=True)
class Proof:
    """What was found out, and what is proposed."""

    term: str
    """The hotword that was tried."""
    wrong: str
    right: str
    """The words that the user corrected; the term may be a part of the right ones."""
    action: Action = Action.LEAVE
    weight: float = 1.0
    why: str = ""
    """In a sentence."""
    clip: str = ""
    """The text of the clip without the term; empty if there is no sound."""
    trials: list[Trial] = field(default_factory=list)
    harms: list[Harm] = field(default_factory=list)
    checked: int = 0
    """The number of other dictations that were recognized again with the term."""
    controls: int = 0
    """The number of control sentences that were recognized with the term."""
    control_harms: list[ControlHarm] = field(default_factory=list)
    control_note: str = ""
    """Why there were no more control sentences; empty if all were recognized."""
    literal: list[int] = field(default_factory=list)
    """Other dictations whose text has the wrong words."""
    confirmed: list[int] = field(default_factory=list)
    """Other dictations in which the term made what the user had corrected there by hand."""
    alike: list[int] = field(default_factory=list)
    """Other dictations in which the term made the same of the same wrong words. Only the user knows
    what was said there."""


def term_in(right: str, ordinary: Container[str]) -> str:
    """The part of the right words that is worth a hotword: without ordinary words in lower case at
    its ends, if anything is left then. So "Anthropic about" teaches "Anthropic". `ordinary` has
    words that the user dictates otherwise, in comparable form."""
    words = Words.of(right)
    start, stop = 0, len(words.keys)
    while start < stop and _is_ordinary(words, start, ordinary):
        start += 1
    while start < stop and _is_ordinary(words, stop - 1, ordinary):
        stop -= 1
    return words.text(start, stop) if start < stop else right


def _is_ordinary(words: Words, at: int, ordinary: Container[str]) -> bool:
    word = words.text(at, at + 1)
    return word.islower() and bool(_FUNCTION_WORDS.fullmatch(word) or words.keys[at] in ordinary)


def propose(proof: Proof, reason: str) -> None:
    """Decide what to propose. `reason` says why the term itself is no good, and is empty if it
    works on the clip."""
    if not reason and proof.harms:
        numbers = _numbers(harm.number for harm in proof.harms)
        reason = _(
            "it changed other dictations of yours ({numbers}): if that is right there, "
            "correct them first"
        ).format(numbers=numbers)
    if not reason and proof.control_harms:
        changed = len(proof.control_harms)
        reason = _("it changed {changed} of {count}").format(
            changed=changed, count=_controls(proof.controls)
        )
    if not reason:
        proof.action = Action.ADD
        changed_too = {*proof.alike, *proof.confirmed}
        others = proof.checked - len(changed_too)
        stayed = [
            ngettext(
                "one other dictation stayed as it was",
                "{count} other dictations stayed as they were",
                others,
            ).format(count=others)
            if others
            else _("no other dictation could be checked")
        ]
        if proof.controls:
            stayed.append(
                ngettext(
                    "one control sentence stayed as it was",
                    "{count} control sentences stayed as they were",
                    proof.controls,
                ).format(count=proof.controls)
            )
        proof.why = _("your clip comes out right, and {stayed}").format(
            stayed=_(" and ").join(stayed)
        )
        if proof.confirmed:
            numbers = _numbers(proof.confirmed)
            proof.why += _("; dictation {numbers} comes out as you corrected it, too").format(
                numbers=numbers
            )
        if proof.alike:
            proof.why += _(
                '; "{wrong}" in dictation {numbers} would be "{right}", too: see whether '
                "you said that"
            ).format(wrong=proof.wrong, numbers=_numbers(proof.alike), right=proof.right)
        return
    if reason == ALREADY_RIGHT:
        proof.why = reason
    elif len(Words.of(proof.wrong).keys) < 2:
        # "cloud" is a word of its own: replaced everywhere, it could never be dictated again.
        proof.why = _(
            "{reason}; and to replace a single word everywhere does more harm than good"
        ).format(reason=reason)
    elif literal := set(proof.literal) - set(proof.alike):
        proof.why = _(
            '{reason}; and "{wrong}" is in other texts of yours, where it may be right '
            "(dictation {numbers})"
        ).format(reason=reason, wrong=proof.wrong, numbers=_numbers(literal))
    else:
        proof.action = Action.REPLACE
        proof.why = _('{reason}; and no other text of yours has "{wrong}"').format(
            reason=reason, wrong=proof.wrong
        )


def _controls(number: int) -> str:
    return ngettext("{count} control sentence", "{count} control sentences", number).format(
        count=number
    )


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(numbers))[:5]))


def propose_spelling(proof: Proof) -> None:
    """Decide what to propose where the words were heard and only their spelling was wrong."""
    if proof.literal:
        proof.why = _("it is spelled so in other dictations of yours ({numbers})").format(
            numbers=_numbers(proof.literal)
        )
    else:
        proof.action = Action.ADD
        proof.why = _("the words were heard, and a hotword gives them their spelling")
