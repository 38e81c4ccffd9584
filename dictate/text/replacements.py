"""The user's replacements: what is recognised, and what is written for it."""

from collections.abc import Iterator

from dictate.hotwords.model import Hotwords
from dictate.text.phrases import Match
from dictate.text.pieces import Literal


def replacements(hotwords: Hotwords, language: str | None) -> Iterator[tuple[str, Literal]]:
    """Each phrase with its replacement; an empty one removes the phrase. Those of the language
    come before those of all."""
    for heard, written in hotwords.replacements_for(language):
        yield heard, Literal(written)


def is_part_of_a_word(match: Match, text: str) -> bool:
    """Whether this phrase is to be removed, but a hyphen joins it to a word: "uh-huh" is no
    "uh"."""
    if match.outcome != Literal(""):
        return False
    before, after = text[max(match.start - 2, 0) : match.start], text[match.stop :][:2]
    return (before[-1:] == "-" and before[:1].isalnum()) or (
        after[:1] == "-" and after[1:].isalnum()
    )
