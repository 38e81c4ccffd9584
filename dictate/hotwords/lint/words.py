"""How the rules compare words. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from dictate.hotwords.model import Term
from dictate.hotwords.spoken_form import spoken_form
from dictate.translation import _

MOST_NAMED: Final = 3
"""Words that are named where there are more."""


def meet(one: Term, other: Term) -> bool:
    """Whether both may act in one dictation: their languages do not differ."""
    languages = {term.language.partition("-")[0] for term in (one, other) if term.language}
    return len(languages) < 2


def is_english(term: Term) -> bool:
    """Whether it may be spoken in an English text."""
    return term.language is None or term.language.partition("-")[0].lower() == "en"


def forms(term: Term) -> Iterator[str]:
    """What engines may be told to expect for it."""
    yield term.spelling
    yield spoken_form(term.spelling)
    yield from term.sounds_like


def letters(phrase: str) -> int:
    """The number of its letters and digits."""
    return sum(map(str.isalnum, phrase))


def folded(phrase: str) -> str:
    """Without letter case, with single spaces."""
    return " ".join(phrase.casefold().split())


def core(phrase: str) -> str:
    """Letters, digits, and the signs that are said: "c++" is not "c"."""
    plain = phrase if phrase.isascii() else without_accents(phrase)
    return "".join(sign for sign in plain.casefold() if sign.isalnum() or sign in "+#&@%")


def is_sign(sign: str) -> bool:
    """Whether engines write something else for it. Apostrophes and hyphens match in any form."""
    return not (sign.isalnum() or sign.isspace() or sign in "'\u2019-\u2010\u2011") and (
        unicodedata.category(sign)[0] in "PS"
    )


def without_accents(phrase: str) -> str:
    """ "Zoë" -> "Zoe"."""
    if phrase.isascii():
        return phrase
    apart = unicodedata.normalize("NFD", phrase)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def listed(words: Sequence[str]) -> str:
    """In quotes, the first of them only."""
    quoted = [f'"{word}"' for word in words[:MOST_NAMED]]
    more = (
        _(" and {count} more words").format(count=len(words) - MOST_NAMED)
        if len(words) > MOST_NAMED
        else ""
    )
    return ", ".join(quoted) + more
