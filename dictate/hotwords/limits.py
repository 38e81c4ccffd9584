"""What a term may be, wherever it comes from: a file of the user, or a source. Pure."""

import unicodedata
from math import isfinite
from typing import Any, Final

from dictate.plain_text import clean
from dictate.translation import _

MOST_TERMS: Final = 10_000
MOST_FORMS: Final = 16
LONGEST_PHRASE: Final = 64
LONGEST_REPLACEMENT: Final = 500
LONGEST_CONTEXT: Final = 1000
HEAVIEST: Final = 10.0
LARGEST_SHOWN: Final = 1e9
"""Up to here, a number that is wrong is part of the message."""


def composed(given: str) -> str:
    """A text of the user in the form in which texts are compared (NFC), without blanks around."""
    given = given.strip()
    return given if given.isascii() else unicodedata.normalize("NFC", given)


def folded(phrase: str) -> str:
    """A phrase without letter case: two terms with the same one are the same term."""
    if phrase.isascii():
        return phrase.lower()
    return unicodedata.normalize("NFC", phrase.casefold())


def why_not_text(text: str, longest: int) -> str | None:
    """What is wrong with a composed text, such as "has a line end", or None."""
    if len(text) > longest:
        return _("has {count} characters, at most {longest} are allowed").format(
            count=len(text), longest=longest
        )
    if not text.isprintable() and clean(text) != text:
        return _("has a line end, a tab or an invisible character")
    return None


def why_not_phrase(text: str) -> str | None:
    """What is wrong with a composed text as a phrase that can be spoken, or None."""
    if not any(map(str.isalnum, text)):
        return _("needs at least one letter or digit")
    return why_not_text(text, LONGEST_PHRASE)


def why_not_weight(given: Any) -> str | None:
    """What is wrong with a weight, or None."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or (isinstance(given, float) and not isfinite(given)):
        return _("weight must be a number")
    if not 0 < given <= HEAVIEST:
        # A longer number may be too long to be written.
        shown = _(", not {given:g}").format(given=given) if abs(given) < LARGEST_SHOWN else ""
        return _("weight must be above 0 and at most {heaviest:g}{shown}").format(
            heaviest=HEAVIEST, shown=shown
        )
    return None
