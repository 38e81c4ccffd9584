"""When not to believe a model that is told the words as a text: it may read them out, or go on
talking when nobody does. Pure."""

import re
from collections.abc import Collection
from typing import Final as Const

ECHO_SHARE: Const = 0.8
"""A text with this share of words out of what the model was told may be that, read out."""
ECHO_WORDS: Const = 4
"""So many words of it make an echo; fewer do if they are two terms. One term alone may be said."""
FREE_SIGNS: Const = 60
SIGNS_PER_S: Const = 40
"""A text longer than this was not said: fast talkers get to 25 characters in a second."""

_WORD = re.compile(r"\w+")


def too_long(text: str, sound_s: float) -> bool:
    """Whether nobody can have said so much in so many seconds."""
    return len(text) > FREE_SIGNS + SIGNS_PER_S * sound_s


def echoes(text: str, told: str, terms: Collection[str]) -> bool:
    """Whether the text may be what the model was told, with these terms in it, read out. What was
    really said may look like that, too; to hear it again without the words tells."""
    words, known = _words(text), set(_words(told))
    if not words or sum(word in known for word in words) < ECHO_SHARE * len(words):
        return False
    said = f" {' '.join(words)} "
    found = sum(f" {' '.join(_words(term))} " in said for term in terms)
    return found >= 2 or len(words) >= ECHO_WORDS


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
