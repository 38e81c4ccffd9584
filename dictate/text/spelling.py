"""The user's terms, written in the user's spelling whatever form was recognised."""

import re
from collections.abc import Iterator
from functools import lru_cache

from dictate.hotwords.model import Hotwords
from dictate.hotwords.spoken_form import spoken_form
from dictate.text.pieces import Literal

MOST_LISTS = 32
"""Maximum number of lists whose spellings are kept."""


def spellings(hotwords: Hotwords, language: str | None) -> Iterator[tuple[str, Literal]]:
    """Each form of a term that is active in this language, with its spelling."""
    terms = hotwords.for_language(language)
    # Spellings first: where one term sounds like the spelling of another, the spelling is meant.
    for term in terms:
        yield term.spelling, Literal(term.spelling)
    for term in terms:
        for form in (*term.sounds_like, spoken_form(term.spelling)):
            yield form, Literal(term.spelling)


@lru_cache(maxsize=MOST_LISTS)
def kept_spellings(hotwords: Hotwords, language: str | None) -> tuple[str, ...]:
    """What keeps its first letter wherever it is written: the terms, and what is written for the
    user's phrases and snippets."""
    terms = (term.spelling for term in hotwords.for_language(language))
    written = (written for _, written in hotwords.replacements_for(language) if written)
    lines = (re.split(r"[\n{]", text, maxsplit=1)[0].strip() for _, text in hotwords.snippets)
    return (*terms, *written, *filter(None, lines))
