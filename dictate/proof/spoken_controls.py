"""The control set of a term as sound: each sentence by another voice. Everything here blocks."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Final

from dictate.phonetics.homophones import near_homophones
from dictate.proof import voices
from dictate.proof.controls import controls
from dictate.proof.trial import Clip
from dictate.proof.voices import Voice
from dictate.translation import _

NEAR: Final = 6
"""Words that sound like the term, each in a control sentence of its own."""
LOOK_AT: Final = 40
"""Number of near homophones among which these are looked for."""


def near_words(spelling: str) -> list[str]:
    """Common words that sound like the term or a part of it. Pairs of words are left out: one that
    sounds exactly like the term ("cloud code") is hardly ever meant, and cannot be told from it."""
    found = near_homophones(spelling, LOOK_AT)
    return [words for words in found if " " not in words][:NEAR]


def spoken(
    spelling: str,
    language: str,
    speakers: Sequence[Voice],
    general: int,
    most: int | None = None,
    heard: Sequence[str] = (),
) -> Iterator[Clip]:
    """The sentences around words that sound like the term, then at most `general` others, and at
    most `most` in all; none without speakers, or in a language that has none. `heard` are words
    that the term was taken for: in the place of a name, these are no control."""
    near = near_words(spelling) if language.startswith("en") else []
    near = [words for words in near if words not in heard]
    wanted = controls(language, near, general)[:most] if speakers else []
    for number, (one, voice) in enumerate(zip(wanted, cycle(speakers), strict=False), 1):
        yield Clip(
            _("control {number}, {voice}").format(number=number, voice=voice),
            voices.speak(one.said, voice),
            one.said,
        )
