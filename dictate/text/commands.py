"""Spoken signs and line ends.

The names of signs are also words: "the period", "a dash of salt". So a name right after an article
or a similar word, or right before "of", stays a word. Names that are words far more often than
signs ("quote", "point", "dot", "slash", "star") are not commands at all.
"""

import re
from collections.abc import Iterator
from typing import Final

from dictate.hotwords.model import ACTIONS, Hotwords
from dictate.text.pieces import Break, Glue, Mark, Outcome

_BREAKS: Final = dict(zip(ACTIONS, (Break.LINE, Break.PARAGRAPH), strict=True))

NEWLINES: Final = {
    "new line": Break.LINE,
    "newline": Break.LINE,
    "new paragraph": Break.PARAGRAPH,
}

_OPEN, _CLOSE = Glue.RIGHT, Glue.LEFT

PUNCTUATION: Final = {
    "comma": Mark(","),
    "full stop": Mark(".", ends_sentence=True),
    "period": Mark(".", ends_sentence=True),
    "question mark": Mark("?", ends_sentence=True),
    "exclamation mark": Mark("!", ends_sentence=True),
    "exclamation point": Mark("!", ends_sentence=True),
    "colon": Mark(":"),
    "semicolon": Mark(";"),
    "semi colon": Mark(";"),
    "ellipsis": Mark("\u2026"),
    "dot dot dot": Mark("\u2026"),
    "hyphen": Mark("-", Glue.BOTH),
    "dash": Mark("\u2013", Glue.NEITHER),
    "open quote": Mark('"', _OPEN),
    "open quotes": Mark('"', _OPEN),
    "close quote": Mark('"', _CLOSE),
    "close quotes": Mark('"', _CLOSE),
    "open parenthesis": Mark("(", _OPEN),
    "open paren": Mark("(", _OPEN),
    "close parenthesis": Mark(")", _CLOSE),
    "close paren": Mark(")", _CLOSE),
    "open bracket": Mark("[", _OPEN),
    "close bracket": Mark("]", _CLOSE),
}

# Words that can hardly be the last of a clause, so that what follows is a noun, not a sign. "This",
# "that", "one", "no" can ("no comma thanks"), so they are not among them.
_ARTICLE = re.compile(r"(?<![\w'])(?:an?|the|my|your|its|our|their|every|per)\s+$", re.IGNORECASE)
_OF = re.compile(r"\s+of\b(?!\s+course)", re.IGNORECASE)


def commands(
    hotwords: Hotwords, *, punctuation: bool, newlines: bool
) -> Iterator[tuple[str, Outcome]]:
    """Each spoken phrase with its sign or line end, the user's own commands first."""
    if newlines:
        for spoken, action in hotwords.commands:
            yield spoken, _BREAKS[action]
        yield from NEWLINES.items()
    if punctuation:
        yield from PUNCTUATION.items()


def is_ordinary(outcome: Outcome, before: str, after: str) -> bool:
    """Whether the name of a sign or line end is an ordinary word in this context."""
    if not isinstance(outcome, Mark | Break):
        return False
    return bool(_ARTICLE.search(before[-16:]) or _OF.match(after))
