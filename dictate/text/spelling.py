"""The user's terms, written in the user's spelling whatever form was recognised."""

from collections.abc import Iterator

from dictate.hotwords.model import Hotwords
from dictate.hotwords.spoken_form import spoken_form
from dictate.text.pieces import Literal


def spellings(hotwords: Hotwords, language: str | None) -> Iterator[tuple[str, Literal]]:
    """Each form of a term that is active in this language, with its spelling."""
    terms = hotwords.for_language(language)
    # Spellings first: where one term sounds like the spelling of another, the spelling is meant.
    for term in terms:
        yield term.spelling, Literal(term.spelling)
    for term in terms:
        for form in (*term.sounds_like, spoken_form(term.spelling)):
            yield form, Literal(term.spelling)
