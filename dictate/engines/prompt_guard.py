"""What a model is told as a text must not steer it, and when not to believe what it then writes: it
may read the words out, or go on talking when nobody does. Pure."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from dictate.engines.unicode_scripts import signs_per_word, units

ECHO_SHARE: Final = 0.8
"""A text with this share of words out of what the model was told may be that, read out."""
ECHO_WORDS: Final = 4
"""So many words of it make an echo; fewer do if they are two terms. One term alone may be said."""
FREE_SIGNS: Final = 60
SIGNS_PER_S: Final = 40
"""A text longer than this was not said: fast talkers get to 25 characters in a second."""
FREE_TOKENS: Final = 64
TOKENS_PER_S: Final = 8
"""So many tokens a text may have: speech has 3 to 5 in a second."""

_CONTROL = re.compile(r"<\|[^<>|]*\|>")


def clean(text: str, control: Collection[str]) -> str:
    """The text in one line, without anything that a model takes for a command: `<|...|>`, and the
    tokens in `control`."""
    before = None
    while before != text:
        # Again, as taking one out of the middle may put another together.
        before = text
        text = _CONTROL.sub(" ", text)
        for token in control:
            text = text.replace(token, " ")
    return " ".join(text.split())


def most_tokens(sound_s: float) -> int:
    """How many tokens a sound of so many seconds may have."""
    return FREE_TOKENS + int(TOKENS_PER_S * sound_s)


def too_long(text: str, sound_s: float) -> bool:
    """Whether nobody can have said so much in so many seconds."""
    return len(text) > FREE_SIGNS + SIGNS_PER_S * sound_s


def echoes(text: str, told: str, terms: Collection[str]) -> bool:
    """Whether the text may be what the model was told, with these terms in it, read out. What was
    really said may look like that, too; to hear it again without the words tells."""
    said, known = units(text), _line(units(told))
    words = [1 / signs_per_word(unit) for unit in said]
    echoed = sum(word for at, word in enumerate(words) if _is_known(said, at, known))
    if not words or echoed < ECHO_SHARE * sum(words):
        return False
    found = sum(_line(units(term)) in _line(said) for term in terms)
    return found >= 2 or sum(words) >= ECHO_WORDS


def _is_known(said: Sequence[str], at: int, known: str) -> bool:
    """Whether this unit is in the line, within as many as make a word: a single sign of a script
    without spaces turns up anywhere."""
    size = signs_per_word(said[at])
    starts = range(max(0, at - size + 1), min(at, len(said) - size) + 1)
    return any(_line(said[start : start + size]) in known for start in starts)


def _line(those: Sequence[str]) -> str:
    return f" {' '.join(those)} "
