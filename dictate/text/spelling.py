"""The user's terms: however one was heard or cased, it is written as they write it."""

from collections.abc import Iterator

from dictate.hotwords.model import Hotwords
from dictate.text.pieces import Literal


def spellings(hotwords: Hotwords) -> Iterator[tuple[str, Literal]]:
    """Each way in which an active term may be heard, with its spelling."""
    terms = hotwords.for_language(None)
    # Where one term sounds like another's spelling, the spelling is what was meant: it comes first.
    for term in terms:
        yield term.spelling, Literal(term.spelling)
    for term in terms:
        for form in term.sounds_like:
            yield form, Literal(term.spelling)
