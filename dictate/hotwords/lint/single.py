"""Rules about one term at a time. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from dictate.hotwords.lint.findings import Finding, Known, Severity
from dictate.hotwords.lint.words import forms, is_english, is_sign, letters, listed, without_accents
from dictate.hotwords.model import Term
from dictate.hotwords.spoken_form import spoken_form
from dictate.phonetics.ordinary import COMMON, VERY_COMMON, ordinary_share
from dictate.translation import _

IDLE_DAYS: Final = 90
"""Days after which a term that was not heard is mentioned."""
CLOSE: Final = 0.12
"""Distance of two sounds from which on an engine takes one for the other: "Claude" and "cloud" have
0.08."""
LETTERS_PER_TOKEN: Final = 1.5
"""Below this, a model writes a term nearly letter by letter: it knows no part of it."""


def refused(terms: Sequence[Term], known: Known, shortest: int) -> Iterator[Finding]:
    """Terms that the engine cannot use, or knows no part of. Those shorter than `shortest` letters
    have a finding of their own."""
    for term in terms:
        seen = known.tokens.get(term.spelling)
        if seen is None or max(map(letters, forms(term))) < shortest:
            continue
        if seen.problem:
            advice = _("give it sounds_like with what you see instead, and it is spelled your way")
            yield Finding(Severity.ERROR, term.spelling, seen.problem, advice)
        elif len(seen.tokens) > 2 and letters(term.spelling) < LETTERS_PER_TOKEN * len(seen.tokens):
            yield Finding(
                Severity.HINT,
                term.spelling,
                _("the engine knows no part of it: {tokens}").format(tokens=" ".join(seen.tokens)),
                _("if it is not recognized, give it more weight, or sounds_like with what you see"),
            )


def signs(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Signs and accents that engines do not write."""
    for term in terms:
        if term.sounds_like or term.spelling in known.tokens:
            continue
        said_with_names = spoken_form(term.spelling) or term.spelling
        if signs := [sign for sign in dict.fromkeys(said_with_names) if is_sign(sign)]:
            said = known.said_as(term.spelling)
            yield Finding(
                Severity.WARNING,
                term.spelling,
                _(
                    "engines write words for {signs}, and only {spelling} itself is "
                    "recognized as the term"
                ).format(signs=" ".join(signs), spelling=term.spelling),
                _('add sounds_like = ["{said}"]').format(said=said),
            )
        elif (plain := without_accents(term.spelling)) != term.spelling:
            yield Finding(
                Severity.HINT,
                term.spelling,
                _("an engine that knows no accents writes {plain}, and it stays so").format(
                    plain=plain
                ),
                _('add sounds_like = ["{plain}"]').format(plain=plain),
            )


def too_short(terms: Sequence[Term], shortest: int) -> Iterator[Finding]:
    """Terms that are not boosted."""
    for term in terms:
        if max(map(letters, forms(term))) < shortest:
            yield Finding(
                Severity.WARNING,
                term.spelling,
                _(
                    "too short: engines do not prefer terms of fewer than {shortest} "
                    "letters, which would turn up everywhere"
                ).format(shortest=shortest),
                _(
                    "it is spelled your way all the same; to have it preferred, use a longer "
                    "phrase, or a longer sounds_like"
                ),
            )


def ordinary(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Terms that are ordinary words in another letter case."""
    english = known.english
    if english is None:
        return
    for term in terms:
        share = ordinary_share(term.spelling, english) if is_english(term) else None
        if share is None or term.spelling.isupper():
            continue
        word = term.spelling.lower()
        written = _('"{word}" is an ordinary word, and is always written {spelling}').format(
            word=word, spelling=term.spelling
        )
        if share >= VERY_COMMON:
            advice = _("remove it, or make it a longer phrase: the engine knows the word anyway")
            yield Finding(Severity.WARNING, term.spelling, written, advice)
        elif word != term.spelling:
            advice = _(
                "leave it if you never mean {word}; otherwise make it a longer phrase"
            ).format(word=word)
            yield Finding(Severity.HINT, term.spelling, written, advice)


def close(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Common words of nearly the same sound, for a term that the engine hardly expects."""
    for term in terms:
        word = without_accents(term.spelling).lower()
        if " " in word or not is_english(term) or _is_common(word, known):
            continue
        near = {
            other: None
            for sounds in known.sounds.get(term.spelling, ())
            for apart, other in known.close_words(sounds)
            if apart <= CLOSE and other != word
        }
        if near:
            first = next(iter(near))
            yield Finding(
                Severity.HINT,
                term.spelling,
                _("sounds nearly like {listed}").format(listed=listed(list(near))),
                _(
                    'harmless unless it appears where you say "{first}": then lower its '
                    'weight; never put "{first}" into sounds_like'
                ).format(first=first),
            )


def idle(terms: Sequence[Term], known: Known) -> Iterator[Finding]:
    """Terms that were not heard for long."""
    for term in terms:
        used = known.last_used.get(term.spelling)
        if used is not None and (days := (known.now - used) / 86400) >= IDLE_DAYS:
            yield Finding(
                Severity.HINT,
                term.spelling,
                _("not heard for {days:.0f} days").format(days=days),
                _("remove or quarantine it if you do not need it: a short list does less harm"),
            )


def _is_common(word: str, known: Known) -> bool:
    share = known.english.word(word) if known.english else None
    return share is not None and share >= COMMON
