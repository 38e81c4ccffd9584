"""What kind of place a cursor is in: does a sentence begin there, or go on? Pure."""

import re
from enum import Enum
from typing import Final


class Place(Enum):
    """Where the first word of a text would stand."""

    SENTENCE = "sentence"
    """At the start of a sentence, a paragraph or an item of a list."""
    MIDDLE = "middle"
    """Within a sentence."""
    ADDRESS = "address"
    """Behind the sign that begins a host: "john@", "https://"."""
    UNSURE = "unsure"
    """It may be either: behind a colon, an opening quote, an ellipsis, within a path."""


_ITEM: Final = re.compile(
    r"\s*(?:>\s*)*(?:(?:[-*+\u2022\u2023\u25e6\u2013\u2014]|\d{1,3}[.)]|\(?[a-z][.)]|#{1,6}"
    r"|//+!?|--|;+|/\*+|%+)\s*)?(?:\[[ xX]?\]\s*)?"
)
"""What begins a line and is no part of the sentence: bullets, numbers, the signs of Markdown, of a
quoted mail and of comments."""
_LETTER_OPENING: Final = re.compile(r",[ \t]*\n[ \t]*\n?[ \t]*$")
"""A German letter goes on with a small letter behind "Liebe Anna,"."""
_HOST_BEGINS: Final = re.compile(r"(?:\w@|://|(?<!\S)www\.)$")
_UNFINISHED: Final = re.compile(
    r"(?:(?:(?:https?|ftp|file|ssh)://|www\.|[~.]{0,2}/|\w+@)\S*[/@_=&#~-]|\\|[\w\])]=)$"
)
"""The end of an address, a path or an assignment that goes on."""
_ONE_TOKEN: Final = re.compile(
    r"\w://|^(?:www\.|~?/\w|\.{1,2}/|[A-Za-z]:\\)|\w@\w|\w_|_\w|\\\w|\w\.[a-z]\w|\d[.,:]\d"
)
"""Within an address, a path, a file name, an identifier or a number."""
_AT_ITS_END: Final = ".,;:!?)]}>\u2026\"'\u201d\u2019\u00bb"
_CLOSERS: Final = ")]}\"'\u201d\u2019\u00bb\u201c\u00ab*_"
_OPENERS: Final = "([{"
_QUOTES: Final = "\"'\u201c\u201d\u201e\u201a\u2018\u00ab\u00bb"
_GO_ON: Final = ",;\u2013\u2014-%\u00b0$\u00a3\u20ac\u00a5"
_ENDS: Final = "!?\u3002\uff0e\uff01\uff1f\u061f\u06d4\u0964"
_MAY_END: Final = (
    r"etc|usw|usf|al|inc|ltd|co|corp|jr|sr|bros|a\.m|p\.m|no|nr|str|st|ave|blvd|min|max|std|mio|mrd"
    r"|(?:\w\.)+\w|\w"
)
_NEVER_END: Final = (
    r"e\.?g|i\.?e|vs|cf|viz|approx|dr|mr|mrs|ms|prof|fig|esp|resp"  # English
    r"|z\.\s?b|d\.\s?h|u\.\s?a|i\.\s?d\.\s?r|bzw|vgl|ca|evtl|ggf|inkl|exkl|zzgl|sog|bspw|abs|hr|frl"
    r"|p\.\s?ex|c\.-à-d|env|chap|p\.\s?ej|sra|srta|dra|ud|uds|núm|pág|art|tel"
)
_ABBREVIATION: Final = re.compile(
    rf"(?<!\w)(?:(?P<never>{_NEVER_END})|(?:{_MAY_END}))\.$", re.IGNORECASE
)
_ORDINAL: Final = re.compile(r"(?<!\w)\d{1,2}\.$")


def line_of(before: str) -> str:
    """The part of the line before the cursor."""
    return before[before.rfind("\n") + 1 :]


def opens_quote(before: str) -> bool:
    """Whether the quotation mark at the end opens something."""
    sign, rest = before[-1], before[:-1]
    if sign in "\u00ab\u00bb":  # which of them opens, depends on the language
        other = "\u00bb" if sign == "\u00ab" else "\u00ab"
        return rest.count(other) <= rest.count(sign)
    return not rest or rest[-1].isspace() or rest[-1] in f"{_OPENERS}{_QUOTES}"


def is_abbreviation(text: str) -> bool:
    """Whether the full stop at the end is part of an abbreviation: "etc.", "z. B."."""
    return _ABBREVIATION.search(text) is not None


def in_one_token(before: str, after: str) -> bool:
    """Whether the cursor is within a path, an address, an identifier or a number."""
    left = re.search(r"\S*$", before)
    right = re.match(r"\S*", after)
    assert left is not None
    assert right is not None
    begin, end = left[0].lstrip("([{<\"'\u201c\u201e\u00ab"), right[0].rstrip(_AT_ITS_END)
    if not begin or not end or not re.search(r"[\w/\\@~.=:-]$", begin):
        return False
    if re.match(r"[^\w/\\@.:#?&=%-]", end) or (begin.endswith(".") and end[0].isupper()):
        return False
    return _ONE_TOKEN.search(begin + end) is not None


def is_unfinished(before: str) -> bool:
    """Whether an address, a path or an assignment ends here that goes on: "https://", "~/src/"."""
    return _UNFINISHED.search(before) is not None or _HOST_BEGINS.search(before) is not None


def place_of(before: str, language: str | None) -> Place:
    """What kind of place is behind `before`, in a text in this language (without region)."""
    line = line_of(before)
    if not line.strip():
        return _at_a_line_start(before[: len(before) - len(line)], language)
    if _ITEM.fullmatch(line) and (line[-1].isspace() or line.strip() not in ("#", ";", "%")):
        return Place.SENTENCE
    if _HOST_BEGINS.search(line):
        return Place.ADDRESS
    if line.endswith(("/", "_", "#", "\\")) or is_unfinished(line):
        return Place.UNSURE
    return _behind(line.rstrip(), language)


def _at_a_line_start(before: str, language: str | None) -> Place:
    above = before.rstrip()
    if not above:
        return Place.SENTENCE
    if language == "de" and _LETTER_OPENING.search(before):
        return Place.MIDDLE
    if before[len(above) :].count("\n") > 1 or above.endswith((".", ":", *_ENDS)):
        return Place.SENTENCE
    return Place.UNSURE  # a list, a poem, or a line that is broken by hand


def _behind(line: str, language: str | None) -> Place:
    """`line` ends with a sign or a word."""
    sign, rest = line[-1], line.rstrip(f"{_OPENERS}\u00bf\u00a1 ")
    if rest != line:
        return place_of(rest, language) if rest else Place.SENTENCE
    if sign in _QUOTES and opens_quote(line):
        return Place.UNSURE
    line = line.rstrip(_CLOSERS).rstrip() or line
    if line.endswith(("...", "\u2026")):
        return Place.UNSURE
    if line[-1] in _ENDS:
        return Place.SENTENCE
    if line[-1] == ".":
        if abbreviation := _ABBREVIATION.search(line):
            return Place.MIDDLE if abbreviation["never"] else Place.UNSURE
        return Place.UNSURE if language == "de" and _ORDINAL.search(line) else Place.SENTENCE
    if line[-1].isalnum() or line[-1] in _GO_ON or sign in ")]":
        return Place.MIDDLE
    return Place.UNSURE
