"""Which terms reach an engine that has room for few, such as one that takes a prompt. Pure.

The list of a dictation has only the groups and the language that count in it. Of these terms come
first

1. those that sound like something in a draft of the text, if there is one, the most alike first;
2. the heavier ones: that they need more is what the user, or a trial of theirs, found out;
3. those that stand first in the file.

When a term was used last has no say: a list would become another one with each dictation, and an
engine would have to take it in anew.
"""

from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz

from dictate.hotwords.model import Term
from dictate.unicode_scripts import units

MOST_PROMPTED: Final = 50
"""Maximum number of terms in a prompt. More cost time without a gain, and others report harm."""
ALIKE: Final = 60.0
"""Likeness in letters, 0 to 100, from which a term counts as one that sounds like something in a
draft: "Claude Code" has 80 if it has "cloud code", "Kubernetes" 60 if it has "cuban eddies". Of
eleven names in two sentences without them, two reached it by chance, which costs others a place and
no more."""


def ranked(terms: Iterable[Term], *, draft: str = "") -> list[Term]:
    """The terms, those first that the engine should get. `draft` is a text of the same sound."""
    heard = "".join(units(draft))

    def rank(term: Term) -> tuple[float, float]:
        return -_likeness(term, heard), -term.weight

    return sorted(terms, key=rank)


def _likeness(term: Term, heard: str) -> float:
    """How much the draft has something that sounds like the term; 0 if nothing does."""
    if not heard:
        return 0.0
    forms = ("".join(units(form)) for form in (term.spelling, *term.sounds_like))
    # Of forms that are longer than the draft, a part would be found in it.
    alike = (
        fuzz.partial_ratio(form, heard, score_cutoff=ALIKE)
        for form in forms
        if 0 < len(form) <= len(heard)
    )
    return max(alike, default=0.0)
