"""What is wrong with a list of hotwords, found before it is spoken. Pure.

Each rule is a function of the list and of what is known beside it (`Known`), and takes the time of
the terms, not of their pairs: 10,000 terms must not take a second. What is not known is not
guessed: without an engine nothing is said about its tokens.
"""

from collections.abc import Iterator
from dataclasses import replace

from dictate.hotwords.lint import conflicts, single
from dictate.hotwords.lint.findings import Finding, Known, Severity
from dictate.hotwords.lint.snippets import snippets
from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.translation import _


def lint(hotwords: Hotwords, known: Known) -> list[Finding]:
    """All findings, the worst first, and of the same severity in the order of the list."""
    terms = _active(hotwords)
    # What no dictation has together cannot be in each other's way.
    lists = {id(one): one for name in known.profiles for one in hotwords.uses(profile=name)}
    together = [_active(one) for one in lists.values()]
    found = [
        *single.refused(terms, known, hotwords.guards.shortest),
        *single.signs(terms, known),
        *single.too_short(terms, hotwords.guards.shortest),
        *(one for some in together for one in conflicts.twins(some)),
        *(one for some in together for one in conflicts.sound_twins(some, known)),
        *single.ordinary(terms, known),
        *single.close(terms, known),
        *(one for some in together for one in conflicts.forms(some, known)),
        *(one for some in together for one in conflicts.inside(some)),
        *conflicts.replaced(terms, hotwords),
        *conflicts.spoken(terms, known),
        *snippets(terms, hotwords, known),
        *single.idle(terms, known),
        *_profiles(hotwords, known),
        *_long(max(map(len, together)), known),
    ]
    at = {term.spelling: number for number, term in enumerate(terms, 1)}
    order = list(Severity)
    found = list(dict.fromkeys(found))  # two terms may be together in several lists
    found.sort(key=lambda one: (order.index(one.severity), at.get(one.term, 0)))
    return [replace(one, place=known.places.get(one.term, "")) for one in found]


def _active(hotwords: Hotwords) -> list[Term]:
    return [term for term in hotwords.terms if term.state is TermState.ACTIVE]


def _profiles(hotwords: Hotwords, known: Known) -> Iterator[Finding]:
    for group in hotwords.groups:
        for name in group.profiles:
            if name not in known.profiles:
                yield Finding(
                    Severity.WARNING,
                    "",
                    _(
                        'the group "{name}" is for the profile "{profile}", which config.toml '
                        "does not have"
                    ).format(name=group.name, profile=name),
                    _("correct the name, or add the profile; there are {profiles}").format(
                        profiles=", ".join(known.profiles)
                    ),
                )


def _long(count: int, known: Known) -> Iterator[Finding]:
    exceeded = [(most, effect) for most, effect in known.comfort if count > most]
    if exceeded:
        most, effect = max(exceeded)
        yield Finding(
            Severity.HINT,
            "",
            _("{count:,} terms are more than {most:,}: {effect}").format(
                count=count, most=most, effect=effect
            ),
            _("remove or quarantine what you do not say, or put it into groups"),
        )
