"""Spoken signs and line ends, in the language that is spoken."""

import re
from collections.abc import Iterator
from typing import Final

from dictate.hotwords.model import ACTIONS, Hotwords
from dictate.text.languages import SPOKEN_LANGUAGES, SpokenLanguage
from dictate.text.phrases import Match, atoms_in
from dictate.text.pieces import Break, Escape, Mark, Ordinary, Outcome

_BREAKS: Final = dict(zip(ACTIONS, (Break.LINE, Break.PARAGRAPH), strict=True))
_USUAL: Final = SPOKEN_LANGUAGES["en"]

_SIGN_OF_AN_ENGINE = re.compile(
    r"[.,;:!?\u2026\u3002\uff0c\u3001\uff1f\uff01](?=\s|$|[\u3040-\u9fff])"
)
_ENDS_HYPHENED = re.compile(r"\w-$")
_BEGINS_HYPHENED = re.compile(r"-\w|'s\b")
_FIRST_WORD = re.compile(r"^\W*([^\W\d_]+)")


def is_punctuated(text: str) -> bool:
    """Whether the engine that wrote this text seems to punctuate by itself: it wrote a sign, or a
    capital at the start. Engines that do not write "I" at most."""
    if _SIGN_OF_AN_ENGINE.search(text):
        return True
    first = _FIRST_WORD.match(text)
    return first is not None and first[1][0].isupper() and first[1] != "I"


def rules_of(language: str | None) -> SpokenLanguage:
    """The rules for this language (BCP 47, without region); those of English if it is unknown."""
    return _USUAL if language is None else SPOKEN_LANGUAGES.get(language, _USUAL)


def commands(
    hotwords: Hotwords, language: str | None, *, signs: bool, line_ends: bool
) -> Iterator[tuple[str, Outcome]]:
    """Each spoken phrase with its sign or line end, the user's own commands first.

    A language without a list has no spoken signs. Its line ends are the English ones: they collide
    with no word of it, and without them no line end could be spoken.
    """
    rules = rules_of(language)
    listed: dict[str, Outcome] = {}
    if line_ends:
        listed.update(
            (spoken, _BREAKS[action]) for spoken, action in hotwords.commands if action in ACTIONS
        )
        for spoken, command in rules.line_ends.items():
            listed.setdefault(spoken, command)
    if signs and (language is None or language in SPOKEN_LANGUAGES):
        for spoken, command in rules.signs.items():
            listed.setdefault(spoken, command)
    if not listed:
        return
    yield from listed.items()
    yield from ((phrase, Ordinary()) for phrase in rules.phrases)
    for escape in rules.escapes:
        words = len(atoms_in(escape))
        yield from ((f"{escape} {spoken}", Escape(words)) for spoken in listed)


def is_ordinary(match: Match, text: str, rules: SpokenLanguage) -> bool:
    """Whether the name of a sign or line end is an ordinary word in this context."""
    if not isinstance(match.outcome, Mark | Break | tuple):
        return False
    before, after = text[max(match.start - 24, 0) : match.start], text[match.stop :][:16]
    if _ENDS_HYPHENED.search(before) or _BEGINS_HYPHENED.match(after):
        return True
    return bool(rules.before.search(before) or rules.after.match(after))
