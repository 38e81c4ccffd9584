"""Keeps a text prompt from steering a model, and finds output that cannot be trusted: a model may
repeat its prompt, or go on writing when nothing is said. Pure."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from dictate.unicode_scripts import signs_per_word, units

ECHO_SHARE: Final = 0.8
"""Share of words from the prompt above which a text may be the prompt itself, repeated."""
ECHO_WORDS: Final = 4
"""Words of the prompt that make an echo; fewer do if they contain two terms. A single term may well
have been said."""
FREE_SIGNS: Final = 60
SIGNS_PER_S: Final = 40
"""Characters that a text may have at once, and per second of sound; more was not said. Fast talkers
reach 25 characters per second."""
FREE_TOKENS: Final = 64
TOKENS_PER_S: Final = 8
"""Tokens that a text may have at once, and per second of sound. Speech has 3 to 5 per second."""

_CONTROL = re.compile(r"<\|[^<>|]*\|>")


def clean(text: str, control: Collection[str]) -> str:
    """The text in one line, without what a model takes for a command: `<|...|>`, and the tokens in
    `control`."""
    before = None
    while before != text:
        # Repeated: removing one token may join the parts of the next.
        before = text
        text = _CONTROL.sub(" ", text)
        for token in control:
            text = text.replace(token, " ")
    return " ".join(text.split())


def most_tokens(sound_s: float) -> int:
    """Maximum number of tokens for a sound of this length."""
    return FREE_TOKENS + int(TOKENS_PER_S * sound_s)


def too_long(text: str, sound_s: float) -> bool:
    """Whether the text is too long to have been said in this time."""
    return len(text) > FREE_SIGNS + SIGNS_PER_S * sound_s


def echoes(text: str, prompt: str, terms: Collection[str]) -> bool:
    """Whether the text may be the prompt, which contains these terms, repeated by the model. Real
    speech may look like that, too; recognising it again without the prompt decides."""
    said, known = units(text), _line(units(prompt))
    words = [1 / signs_per_word(unit) for unit in said]
    echoed = sum(word for at, word in enumerate(words) if _is_known(said, at, known))
    if not words or echoed < ECHO_SHARE * sum(words):
        return False
    found = sum(_line(units(term)) in _line(said) for term in terms)
    return found >= 2 or sum(words) >= ECHO_WORDS


def _is_known(said: Sequence[str], at: int, known: str) -> bool:
    """Whether this unit is in the line together with as many neighbours as make a word: a single
    character of a script without spaces occurs anywhere."""
    size = signs_per_word(said[at])
    starts = range(max(0, at - size + 1), min(at, len(said) - size) + 1)
    return any(_line(said[start : start + size]) in known for start in starts)


def _line(those: Sequence[str]) -> str:
    return f" {' '.join(those)} "
