"""Joins texts that follow each other: a space belongs between them where their scripts use spaces.
Pure."""

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from typing import Final

_CLOSING: Final = re.compile(
    r"[,.;:!?\u2026%\u203c\u2047-\u2049\u060c\u061b\u061f\u06d4\u0964\u0965\u0589]+(?![\w(])"
)
"""Signs that end a clause, at the start of a text. Those that begin a word (".NET") are none."""

_TOUCHES_THE_NEXT: Final = tuple("\u00bf\u00a1/\\@#_")
"""Signs that take no space on their right, besides opening brackets."""

_WIDE: Final = ("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "FULLWIDTH", "HALFWIDTH KATAKANA", "YI")
_SOUTH_EAST: Final = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "NEW TAI", "TAI", "JAVANESE")


class _Script(Enum):
    """How a script separates words."""

    SPACED = "spaced"
    WIDE = "wide"
    """No spaces. Its signs have room of their own."""
    SOUTH_EAST = "south-east"
    """No spaces between words, but around numbers and foreign words."""
    NONE = "none"
    """Digits, emoji, signs: as their surroundings."""


def needs_space(before: str, after: str) -> bool:
    """Whether a space belongs between `before`, the text so far, and `after`, which follows it.

    None between texts in a script without spaces, such as Chinese, Japanese, Thai, Lao, Khmer and
    Burmese. Between such a script and another there is one, because people write it so or do not
    miss its absence; only digits touch Chinese and Japanese.
    """
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return False
    if _touches_the_next(before) or _touches_the_last(before, after):
        return False
    last = _script(before[::-1])
    first = _script(after)
    if _Script.WIDE in (last, first):
        return last is not first and _Script.NONE not in (last, first)
    return not last is first is _Script.SOUTH_EAST


def join(texts: Iterable[str]) -> str:
    """The texts in one, with a space wherever one belongs; empty ones do not count."""
    whole = ""
    for text in texts:
        whole += f" {text}" if needs_space(whole, text) else text
    return whole


def _touches_the_next(before: str) -> bool:
    sign = before[-1]
    if sign == '"':
        return before.count('"') % 2 == 1
    if sign == "\u201c":  # opens in English, closes in German, where a low one opens
        return before.count("\u201c") > before.count("\u201e")
    return before.endswith(_TOUCHES_THE_NEXT) or unicodedata.category(sign) == "Ps" or _wide(sign)


def _touches_the_last(before: str, after: str) -> bool:
    sign = after[0]
    if sign == '"':
        return before.count('"') % 2 == 1
    return (
        sign == "\u201d"
        or unicodedata.category(sign) == "Pe"
        or _wide(sign)
        or _CLOSING.match(after) is not None
    )


def _wide(sign: str) -> bool:
    """Whether this is a sign of Chinese or Japanese, which has room of its own."""
    return not sign.isalnum() and ("\u3000" <= sign <= "\u303f" or "\uff00" <= sign <= "\uff65")


def _script(text: str) -> _Script:
    """That of the first letter or digit."""
    for character in text:
        if character.isdigit():
            name = unicodedata.name(character, "")
            return _Script.SOUTH_EAST if name.startswith(_SOUTH_EAST) else _Script.NONE
        if character.isalpha():
            name = unicodedata.name(character, "")
            if name.startswith(_WIDE):
                return _Script.WIDE
            return _Script.SOUTH_EAST if name.startswith(_SOUTH_EAST) else _Script.SPACED
    return _Script.NONE
