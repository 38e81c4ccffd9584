"""What is wrong with a list of hotwords, found before it is spoken. Pure.

Each rule is a function of the list and of what is known beside it (`Known`), and takes the time of
the terms, not of their pairs: 10,000 terms must not take a second. What is not known is not
guessed: without an engine nothing is said about its tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dictate.hotwords.lint import conflicts, single
from dictate.hotwords.lint.findings import Finding, Known, Severity
from dictate.hotwords.model import Hotwords, Term, TermState


def lint(hotwords: Hotwords, known: Known) -> list[Finding]:
    """All findings, the worst first, and of the same severity in the order of the list."""
    terms = [term for term in hotwords.terms if term.state is TermState.ACTIVE]
    found = [
        *single.refused(terms, known),
        *single.signs(terms, known),
        *single.too_short(terms, hotwords.guards.shortest),
        *conflicts.twins(terms),
        *conflicts.sound_twins(terms, known),
        *single.ordinary(terms, known),
        *single.close(terms, known),
        *conflicts.forms(terms, known),
        *conflicts.inside(terms),
        *conflicts.replaced(terms, hotwords),
        *conflicts.spoken(terms, known),
        *single.idle(terms, known),
        *_long(terms, known),
    ]
    at = {term.spelling: number for number, term in enumerate(terms, 1)}
    order = list(Severity)
    found.sort(key=lambda one: (order.index(one.severity), at.get(one.term, 0)))
    return [replace(one, place=known.places.get(one.term, "")) for one in found]


def _long(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    exceeded = [(most, effect) for most, effect in known.comfort if len(terms) > most]
    if exceeded:
        most, effect = max(exceeded)
        yield Finding(
            Severity.HINT,
            "",
            f"{len(terms):,} terms are more than {most:,}: {effect}",
            "remove or quarantine what you do not say",
        )
