"""Rules about what gets in the way of a term: other terms, replacements, spoken commands. Pure."""

from collections.abc import Iterator, Sequence

from dictate.hotwords.lint.findings import Finding, Known, Severity
from dictate.hotwords.lint.words import core, folded, is_english, meet
from dictate.hotwords.model import Hotwords, Term
from dictate.phonetics.ordinary import is_ordinary_text
from dictate.translation import _


def twins(terms: Sequence[Term]) -> Iterator[Finding]:
    """Terms that differ in letter case, spaces or signs only."""
    seen: dict[str, Term] = {}
    for term in terms:
        first = seen.setdefault(core(term.spelling), term)
        if first is not term and meet(first, term):
            yield Finding(
                Severity.WARNING,
                term.spelling,
                _("the same as {spelling} but for letter case, spaces or signs").format(
                    spelling=first.spelling
                ),
                _("keep the spelling that you want, and put the other into its sounds_like"),
            )


def sound_twins(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Terms of the same sound."""
    seen: dict[str, Term] = {}
    for term in terms:
        for sounds in known.sounds.get(term.spelling, ()):
            first = seen.setdefault(sounds, term)
            if first is term or not meet(first, term):
                continue
            if core(first.spelling) != core(term.spelling):
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _(
                        "sounds the same as {spelling}: the engine cannot tell which you mean"
                    ).format(spelling=first.spelling),
                    _(
                        "quarantine one of them, or give the one that you say more often "
                        "more weight"
                    ),
                )
            break


def forms(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Spoken forms that are written otherwise, or that are ordinary English."""
    spellings = {folded(term.spelling): term for term in terms}
    owners: dict[str, Term] = {}
    for term in terms:
        for form in term.sounds_like:
            key = folded(form)
            other = spellings.get(key)
            first = owners.setdefault(key, term)
            if other is not None and other is not term and meet(term, other):
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _(
                        'its spoken form "{form}" is written {spelling}, which is a term, too'
                    ).format(form=form, spelling=other.spelling),
                    _("remove this form, or the other term"),
                )
            elif first is not term and meet(first, term):
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _('its spoken form "{form}" is written {spelling}, which has it, too').format(
                        form=form, spelling=first.spelling
                    ),
                    _("leave it with one of them"),
                )
            elif key != folded(term.spelling) and _is_ordinary(key, term, known):
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _(
                        'its spoken form "{form}" is ordinary English: each one you say '
                        "becomes {spelling}"
                    ).format(form=form, spelling=term.spelling),
                    _("choose a longer form that you never mean literally"),
                )


def inside(terms: Sequence[Term]) -> Iterator[Finding]:
    """Terms within longer ones that write them otherwise."""
    alone = {folded(term.spelling): term for term in terms}
    for term in terms:
        words = term.spelling.split()
        for size in range(1, len(words)):
            for start in range(len(words) - size + 1):
                part = " ".join(words[start : start + size])
                other = alone.get(folded(part))
                if other is not None and other.spelling != part and meet(term, other):
                    yield Finding(
                        Severity.WARNING,
                        term.spelling,
                        _("{part} in it is written {spelling} where it stands alone").format(
                            part=part, spelling=other.spelling
                        ),
                        _("write both the same way"),
                    )


def replaced(terms: Sequence[Term], hotwords: Hotwords) -> Iterator[Finding]:
    """Terms that a replacement takes away."""
    tables = (hotwords.replacements, *(pairs for __, pairs in hotwords.replacements_in))
    replaced = {folded(heard): written for pairs in tables for heard, written in pairs}
    if not replaced:
        return
    for term in terms:
        for form in (term.spelling, *term.sounds_like):
            written = replaced.get(folded(form))
            if written is not None and written != term.spelling:
                becomes = f'"{written}"' if written else _("nothing")
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _('a replacement makes {becomes} of "{form}": it comes before the term').format(
                        becomes=becomes, form=form
                    ),
                    _("remove the replacement, or the term"),
                )


def spoken(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Terms that take a spoken command away."""
    for term in terms:
        for form in (term.spelling, *term.sounds_like):
            if writes := known.spoken.get(folded(form)):
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _(
                        '"{form}" no longer writes {writes} when you say it: a term comes '
                        "before a spoken command"
                    ).format(form=form, writes=writes),
                    _("make the term a longer phrase, or give it another spoken form"),
                )


def _is_ordinary(form: str, term: Term, known: Known) -> bool:
    return (
        known.english is not None
        and is_english(term)
        and is_ordinary_text(form.split(), known.english)
    )
