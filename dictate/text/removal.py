"""What is left where something was removed: no stray sign, no second comma, no empty brackets.

The signs on both sides of a filler belonged to it, to its sentence, or to both: "Um, we go", "That
is it, um.", "Yes. Um? No."
"""

import re
from typing import Final

_ENDS: Final = ".!?\u3002\uff0e\uff01\uff1f\u061f\u06d4\u0964\u2026\u203d"
_MIDDLE: Final = ":;\uff1a\uff1b\u061b\u2013\u2014\u2015"
_COMMAS: Final = ",\u3001\uff0c\uff64\u060c\u055d"
_SIGNS: Final = re.escape(_ENDS + _MIDDLE + _COMMAS)

_TRAILING = re.compile(rf"(?:[\s{_SIGNS}]|(?<=\s)-(?=\s|$)|^-(?=\s|$))*$")
_LEADING = re.compile(rf"^(?:[\s{_SIGNS}]|(?<=\s)-(?=\s)|^-(?=\s))*")
_ELLIPSIS = re.compile(r"\.\.+|\u2026")

_PAIRS: Final = (
    *("()", "[]", "{}", "\uff08\uff09", "\u300c\u300d", "\u300e\u300f", "\u3010\u3011"),
    *("\u300a\u300b", "\u00ab\u00bb", "\u00bb\u00ab", "\u201e\u201c", "\u201c\u201d"),
    *("\u201e\u201d", "\u2018\u2019", "\u201a\u2018", '""', "''", "\u00bf?", "\u00a1!"),
)
_CLOSING: Final = tuple({pair[1] for pair in _PAIRS} - {"?", "!"})
_ALWAYS_OPENS: Final = "([{\uff08\u300c\u300e\u3010\u300a\u201e\u201a\u201c\u00bf\u00a1"
_MAY_OPEN: Final = "\"'\u00ab\u00bb\u2018"
"""Signs that open only after a space or another opening sign."""
_OPENING = re.compile(
    rf"(?:[{re.escape(_ALWAYS_OPENS)}]"
    rf"|(?:(?<![^\s])|(?<=[{re.escape(_ALWAYS_OPENS)}]))(?:[{re.escape(_MAY_OPEN)}]|\u00ab\s))$"
)
_SENTENCE_OVER = re.compile(rf"[{_ENDS}][{re.escape(''.join(_CLOSING))}]*\s*$")


_NEAR: Final = 64
"""Characters before the place that are looked at, so that a long text costs no more."""


def close_gap(before: str, after: str, *, capital: bool, last: bool) -> tuple[str, str, bool]:
    """The texts before and after a place where something was removed, as they are to be written,
    and whether the next word begins with a capital.

    `before` ends and `after` begins at that place; an empty `before` is the start of the text.
    `capital`: what was removed began with one. `last`: nothing follows `after`.
    """
    head, near = before[:-_NEAR], before[-_NEAR:]
    near, after, opened = _without_empty_brackets(near, after)
    leading = _LEADING.match(after)
    trailing = _TRAILING.search(near)
    assert leading is not None
    assert trailing is not None
    rest = after[leading.end() :]
    if opened:
        return head + near, rest, capital
    words, signs = head + near[: trailing.start()], trailing[0]
    gap = " " if _spaced(signs) or _spaced(leading[0]) else ""
    first, second = _rank(signs[::-1]), _rank(leading[0])
    if not words:
        return signs, rest, capital
    if first == _END or _SENTENCE_OVER.search(near[: trailing.start()]):
        return words + signs.rstrip() + gap, rest, capital
    if second and second >= first:
        return words, leading[0] + rest, False
    ends = (last and not rest) or rest.startswith(_CLOSING)
    if ends and first <= _WEAK:
        return words, rest, False
    return words + signs.rstrip() + gap, rest, capital and first == _PAUSE


def _without_empty_brackets(before: str, after: str) -> tuple[str, str, bool]:
    """Both texts without brackets and quotes that nothing is left in; whether one is open that
    still has content."""
    while opening := _OPENING.search(before):
        sign = opening[0][0]
        rest = after.lstrip() if sign in "\u00bf\u00a1" else _LEADING.sub("", after)
        if not rest.startswith(tuple(pair[1] for pair in _PAIRS if pair[0] == sign)):
            return before, after, True
        before, after = before[: opening.start()], rest[1:]
    return before, after, False


_COMMA, _WEAK, _PAUSE, _END = range(1, 5)


def _rank(signs: str) -> int:
    """How strongly the first of these signs separates: not at all, as a comma, as a colon or a
    dash, as an ellipsis, as the end of a sentence."""
    signs = signs.strip()
    if not signs:
        return 0
    if _ELLIPSIS.match(signs):
        return _PAUSE
    if signs[0] in _ENDS:
        return _END
    return _COMMA if signs[0] in _COMMAS else _WEAK


def _spaced(signs: str) -> bool:
    return any(sign.isspace() for sign in signs)
