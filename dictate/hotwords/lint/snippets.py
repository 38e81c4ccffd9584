"""Rules about snippets, which come before all else that is spoken. Pure."""

from collections.abc import Iterator, Sequence

from dictate.hotwords.lint.findings import Finding, Known, Severity
from dictate.hotwords.lint.words import folded
from dictate.hotwords.model import Hotwords, Term
from dictate.translation import _


def snippets(terms: Sequence[Term], hotwords: Hotwords, known: Known) -> Iterator[Finding]:
    """Terms, replacements and commands that a snippet takes away, and names that are too short
    without a guard word."""
    word = known.snippet_word
    spoken = {folded(f"{word} {name}".strip()): name for name, __ in hotwords.snippets}
    for term in terms:
        for form in (term.spelling, *term.sounds_like):
            if name := spoken.get(folded(form)):
                yield Finding(
                    Severity.WARNING,
                    term.spelling,
                    _('"{form}" writes the snippet "{name}": it comes before the term').format(
                        form=form, name=name
                    ),
                    _("give the snippet another name"),
                )
    tables = (hotwords.replacements, *(pairs for __, pairs in hotwords.replacements_in))
    for heard in dict.fromkeys(heard for pairs in tables for heard, __ in pairs):
        if name := spoken.get(folded(heard)):
            yield Finding(
                Severity.WARNING,
                "",
                _('the snippet "{name}" comes before the replacement of "{heard}"').format(
                    name=name, heard=heard
                ),
                _("remove one of them"),
            )
    for phrase, name in spoken.items():
        if writes := known.spoken.get(phrase):
            yield Finding(
                Severity.WARNING,
                "",
                _(
                    '"{phrase}" no longer writes {writes} when you say it, but the snippet "{name}"'
                ).format(phrase=phrase, writes=writes, name=name),
                _("give the snippet another name"),
            )
        elif not word and len(phrase.split()) == 1:
            yield Finding(
                Severity.WARNING,
                "",
                _('each "{phrase}" that you say becomes the snippet').format(phrase=phrase),
                _(
                    "set snippet_word under [text] in config.toml, or give it a name of "
                    "several words"
                ),
            )
