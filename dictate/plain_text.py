"""Text that no window can mistake for anything else.

Control characters are removed (terminals execute them), and so are characters that reorder or hide
text. Some scripts and emoji need format characters, which stay: joiners where they join, the tags
of a flag, variation selectors, the signs before Arabic numbers.
"""

import re
import unicodedata
from typing import Final

_LINE_ENDS_AND_TABS = re.compile(r" *[\t-\r\x1c-\x1f\x85\u2028\u2029]+ *")
_FLAG_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")

_ZWNJ, _ZWJ, _EMOJI_FORM = "\u200c", "\u200d", "\ufe0f"
_VISIBLE_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
_MONGOLIAN_VOWEL_SEPARATOR = "\u180e"

# Scripts whose letters change shape when they join: Arabic to Myanmar, the Philippine scripts to
# Vedic signs, Syloti Nagri to Meetei, Arabic forms, and the Indic and African ones further up.
_JOINING: Final = (
    (0x0600, 0x109F),
    (0x1700, 0x1CFF),
    (0xA800, 0xABFF),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFE),
    (0x10A00, 0x11FFF),
    (0x1E900, 0x1E95F),
)


def clean(text: str) -> str:
    """`text` as one harmless line; line ends and tabs become spaces. Idempotent, never raises."""
    if text.isprintable():
        return text
    text = _LINE_ENDS_AND_TABS.sub(" ", text)
    kept: list[str] = []
    flags = {at for match in _FLAG_TAGS.finditer(text) for at in range(*match.span())}
    for at, character in enumerate(text):
        before = kept[-1] if kept else ""
        if at in flags or _harmless(character, before, text[at + 1 : at + 2]):
            kept.append(character)
    return "".join(kept)


def _harmless(character: str, before: str, after: str) -> bool:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Zl", "Zp"):
        return False
    if category != "Cf" or character in _VISIBLE_FORMAT:
        return True
    if character == _MONGOLIAN_VOWEL_SEPARATOR:
        return _is_mongolian(before) and _is_mongolian(after)
    if character == _ZWJ and _is_emoji(before):
        return unicodedata.category(after or " ") in ("So", "Sm")
    return character in (_ZWNJ, _ZWJ) and _joins(before)


def _is_emoji(before: str) -> bool:
    return before == _EMOJI_FORM or bool(before and unicodedata.category(before) in ("So", "Sk"))


def _is_mongolian(character: str) -> bool:
    return "\u1800" <= character <= "\u18af"


def _joins(character: str) -> bool:
    if not character or unicodedata.category(character)[0] not in "LM":
        return False
    return any(low <= ord(character) <= high for low, high in _JOINING)
