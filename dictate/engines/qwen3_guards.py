"""When not to believe Qwen3-ASR: it can read out its context, turn in circles, or go on talking
when nobody does. Pure."""

import re
from collections.abc import Collection, Sequence
from typing import Final as Const

from dictate.engines.qwen3_prompt import Context

ECHO_SHARE: Const = 0.8
"""A text with this share of words out of the context is heard again without it."""
FREE_SIGNS: Const = 60
SIGNS_PER_S: Const = 40
"""A text longer than this was not said: fast talkers get to 25 signs in a second."""
FREE_TOKENS: Const = 64
TOKENS_PER_S: Const = 8
"""Decoding ends there: speech has 3 to 5 tokens in a second."""
LONGEST_UNIT: Const = 16
"""Tokens of the longest phrase that is noticed when it repeats."""

_WORD = re.compile(r"\w+")


def most_tokens(sound_s: float) -> int:
    """How many tokens a sound of so many seconds may have."""
    return FREE_TOKENS + int(TOKENS_PER_S * sound_s)


def too_long(text: str, speech_s: float) -> bool:
    """Whether nobody can have said so much in so many seconds of speech."""
    return len(text) > FREE_SIGNS + SIGNS_PER_S * speech_s


def echoes(text: str, context: Context) -> bool:
    """Whether the text may be the context, read out: nearly all of its words are in there. What was
    really said may look like that, too; to hear it again without the context tells."""
    words = _words(text)
    known = set(_words(context.text))
    return bool(words) and sum(word in known for word in words) >= ECHO_SHARE * len(words)


def unlooped(tokens: Sequence[int], digits: Collection[int] = ()) -> int:
    """How many of the tokens to keep: all, or those up to the end of the first of a phrase that is
    repeated at the end so often that nobody said it. `digits` may repeat: a number has noughts."""
    for size in range(1, LONGEST_UNIT + 1):
        often = _often(size)
        unit = list(tokens[-size:])
        if len(tokens) < size * often or set(unit) <= set(digits):
            continue
        if all(list(tokens[-size * n : -size * (n - 1)]) == unit for n in range(2, often + 1)):
            start = len(tokens) - size
            while start >= size and list(tokens[start - size : start]) == unit:
                start -= size
            return start + size
    return len(tokens)


def _often(size: int) -> int:
    """Repetitions that make a loop of a phrase of so many tokens."""
    return 12 if size == 1 else 8 if size <= 3 else 5


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
