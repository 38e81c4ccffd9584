"""Whether a space belongs between a text and what stands around it. Pure.

`joining.needs_space` knows the scripts and most signs. Here is what takes more of the line to know:
which quotes open, what is an apostrophe, and where an address or a word goes on.
"""

import re
from typing import Final

from dictate.joining import needs_space
from dictate.text.place import is_unfinished, opens_quote

_APOSTROPHES: Final = "'\u2019"
_ELIDED: Final = re.compile(
    rf"(?<!\w)(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|aujourd)[{_APOSTROPHES}]$",
    re.IGNORECASE,
)
_ENDING: Final = re.compile(rf"[{_APOSTROPHES}](?:s|t|d|m|re|ve|ll)\b", re.IGNORECASE)
_HYPHENS: Final = "-\u2010\u2011"
_BOTH: Final = frozenset(
    ["and", "or", "to", "und", "oder", "bzw", "sowie", "bis", "et", "ou", "y", "o", "e"]
)
"""Words before which a hyphen ends a word: "pre- and post-war"."""
_MONEY: Final = re.compile(r"(?<![^\s(\[])[$\u00a3\u20ac\u00a5]$")
_OPENING_TAG: Final = re.compile(r"<[A-Za-z][^<>]*>$")


def gap(before: str, after: str, language: str | None) -> str:
    """A space, if one belongs between the two, or nothing."""
    return "" if touches(before, after, language) else " "


def touches(before: str, after: str, language: str | None) -> bool:
    """Whether no space belongs between the two. `before` begins at its line's start."""
    if not needs_space(before, after):
        return True
    left, right = before[-1], after[0]
    return (
        is_unfinished(before)
        or _opens(before)
        or _closes(before, after)
        or (left in _APOSTROPHES and language in ("fr", "it") and bool(_ELIDED.search(before)))
        or (left in _HYPHENS and before[-2:-1].isalpha() and not _is_both(after))
        or (right in _HYPHENS and after[1:2].isalnum())
        or (right.isdigit() and bool(_MONEY.search(before)))
        or (left.isdigit() and bool(re.match(r"[.,:]\d|\u00b0", after)))
        or bool(_ENDING.match(after))
        or bool(_OPENING_TAG.search(before))
        or after.startswith("</")
    )


def _is_both(after: str) -> bool:
    word = re.match(r"\w+", after)
    return word is not None and word[0].lower() in _BOTH


def _opens(before: str) -> bool:
    """Whether the quote or the sign of Markdown at the end opens something."""
    sign = before[-1]
    if sign in "'\u2018\u201a\u00ab\u00bb":
        return opens_quote(before)
    if sign == "`":
        return before.count("`") % 2 == 1
    return before.endswith("**") and before.count("**") % 2 == 1


def _closes(before: str, after: str) -> bool:
    """Whether the quote or the sign of Markdown at the start of `after` closes something."""
    sign = after[0]
    if sign in "'\u2019":
        return not after[1:2].isalnum()
    if sign in "\u00ab\u00bb":
        other = "\u00bb" if sign == "\u00ab" else "\u00ab"
        return before.count(other) > before.count(sign)
    if sign == "\u201c":
        return before.count("\u201e") > before.count("\u201c")
    if sign == "`":
        return before.count("`") % 2 == 1
    return after.startswith("**") and before.count("**") % 2 == 1
