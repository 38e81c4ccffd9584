"""What of a library's numbers is taken, and how it is written.

Each rule is there for a sentence in which the library was wrong.
"""

import re
from dataclasses import dataclass, replace

from dictate.text.number_words import NumberWords


@dataclass(frozen=True, slots=True)
class Change:
    """A place in a text, and what is written there."""

    start: int
    stop: int
    written: str

    def moved(self, by: int) -> "Change":
        """The same, so many characters later."""
        return Change(self.start + by, self.stop + by, self.written)

    def overlaps(self, other: "Change") -> bool:
        """Whether both have a character in common."""
        return self.start < other.stop and other.start < self.stop


_WORD = re.compile(r"[\w-]*\w(?:'clock)?")
_WORD_BEFORE = re.compile(r"([\w-]*\w) +$")
_WORD_AFTER = re.compile(r"^ +(\w[\w-]*)")
_ADDRESS = re.compile(r"\w\.[a-z]{2,}", re.IGNORECASE)
_ROMAN = re.compile(r"[IVXLC]{2,}e?")
"""A century."""
_PAIRS = re.compile(r"\d{1,2}(?: \d{1,2}){1,2}")
"""Two or three short numbers, which are no telephone number."""
_POINT_OF_ITS_OWN = re.compile(r"^(\d[\d.]*) 0\.(\d+)$")
_SIGNED = re.compile(r"^[-\u2212](?=\d)")
_DEGREES = re.compile(r"\s*(?:[°%]|gra[du]|degr|por ciento|pour cent)", re.IGNORECASE)
_SEPARATOR = re.compile(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}\b)")
_CLOCK = re.compile(r"^(\d{1,2})\.(\d\d)\b(?!\.)")
_ARTICLE = re.compile(r"an?|eine?|une?", re.IGNORECASE)
_MILLION = re.compile(r" +[mb]ill", re.IGNORECASE)
"""Of "a million"; who means the number says "one"."""
_VAGUE = re.compile(
    r"\b(?:paar|mehrere|einige|viele|several|few|many|quelques|plusieurs|varios|unos|des) +$",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"\b(?:(?:between|zwischen|entre) +(?P<one>\w+) +(?:and|und|et|y)"
    r"|(?P<other>\w+) +(?:to|or|bis|oder|à|ou|o)) +$",
    re.IGNORECASE,
)
_A = re.compile(r"\b(?:a|an|one) +$", re.IGNORECASE)
_OF_A_NAME = re.compile(r"\b(?P<name>[^\W\d_]\w+) +(?:the|der|des|dem|den) +$", re.IGNORECASE)
_DAYS = re.compile(
    r"\w+day|on|\w+tag|mittwoch|january|february|march|april|may|june|july|august|\w+ember"
    r"|october",
    re.IGNORECASE,
)
_PART = re.compile(r"\d(?:st|nd|rd|th)")

_MONTH_BEFORE = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r" +$",
    re.IGNORECASE,
)
_DAY_AND_YEAR = re.compile(r"^(\d{1,2}) (\d{4})$")
_DATE = re.compile(
    r"(?P<day>\d{1,2})(?:\.| de)?"
    r" (?:jan(?:uar[yi]?|vier)|enero|febr?(?:uar[yi]?|ero)|f[eé]vrier|mar(?:ch|s|zo)|märz"
    r"|a[pvb]ril|mayo?|mai|jun[ei]|juin|junio|jul[iy]|juillet|julio|august|août|agosto"
    r"|sept(?:ember|embre|iembre)|o[ck]tob(?:er|re)|octubre|nov(?:ember|embre|iembre)"
    r"|de[cz]ember|décembre|diciembre)\b",
    re.IGNORECASE,
)
"""A day and its month, as the library writes them."""
_DAY_BEFORE = re.compile(
    r"(?<![\w-])(?P<day>[\w-]*\w),?"
    r" (?:to|and|or|until|till|through|bis(?: zum)?|und|oder|au|et(?: le)?|ou(?: le)?|al|y(?: el)?"
    r"|o(?: el)?)(?: the| den)? $",
    re.IGNORECASE,
)
"""A day before another one, of the same month."""
_ORDINAL = re.compile(r"\w+(?:st|nd|rd|th)|\w+(?:st|t)e[nrs]?|premier|primero", re.IGNORECASE)
_MAY_OR_MARCH = re.compile(r"\b(may|march)(?: +the)? +$", re.IGNORECASE)
_NAMES_A_DATE = re.compile(
    r"\b(?:on|in|by|until|till|since|from|before|after|of|for|through|is|was) +$", re.IGNORECASE
)
_NAMES_A_YEAR = re.compile(
    r"\b(?:in|by|until|till|since|from|to|before|after|of|around|about|year|and|summer|winter"
    r"|spring|autumn|fall|\d{1,2}) +$",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(?:one|two|three|four|six|seven|eight|nine|eleven|twelve) to\b", re.IGNORECASE)
_YEAR_AS_CLOCK = re.compile(r"^(1[789]|20):(\d\d)$")
_AT = re.compile(r"^(.*?)\bat +(?=\S)", re.IGNORECASE | re.DOTALL)
_NAMES_AN_ADDRESS = re.compile(
    r"(?:\b(?:e-?mail\w*|mail\w*|write|wrote|contact|reach|send|sent|message|address|cc|ask)"
    r"\W+(?:\w+\W+){0,2}|\b(?:at|to|is|from) +)$",
    re.IGNORECASE,
)
_NO_LOCAL_PART = re.compile(
    r"look(?:s|ed|ing)?|see|work(?:s|ed|ing)?|lives?|available|hosted|found|meet|buy|order|is|are|was"
    r"|were|be|it|here|there|up|out|us|in|sign(?:ed)?|register(?:ed)?|listed|published",
    re.IGNORECASE,
)
_NO_HOST = re.compile(r"(?:^|@|\s)(?:the|a|an|this|that|every|any|each|my|your)\.", re.IGNORECASE)
_SLASHES = re.compile(r"^(?: +slash +\w+)+", re.IGNORECASE)


def stands_alone(text: str, start: int, stop: int, words: NumberWords) -> bool:
    """Whether no number that is written as words goes on right before or after this place."""
    before, after = _WORD_BEFORE.search(text[:start]), _WORD_AFTER.match(text[stop:])
    if before is not None and (words.is_point(before[1]) or words.continues(before[1])):
        return False
    if after is not None and words.is_point(after[1]):
        after = _WORD_AFTER.match(text[stop + after.end() :])
    return after is None or not words.continues(after[1])


def taken(change: Change, text: str, language: str, words: NumberWords) -> Change | None:
    """The change as it is made in this text, or None if it is not."""
    heard = text[change.start : change.stop]
    if _loses_a_word(change, heard, words):
        return None
    if "@" in change.written or _ADDRESS.search(change.written):
        return _address(change, text) if language == "en" else _apart(change, heard)
    if _ROMAN.fullmatch(change.written):
        return change
    if not any(sign.isdigit() for sign in change.written):
        return None
    before, after = text[: change.start], text[change.stop :]
    if _ARTICLE.fullmatch(heard) and _MILLION.match(after):
        return None
    is_scale = heard.lower() in words.scales
    if is_scale and (_VAGUE.search(before) or not words.units.match(after)):
        return None
    if language in ("fr", "es") and _SIGNED.match(change.written) and not _DEGREES.match(after):
        return _unsigned(change, heard)
    change = _joined(change, heard, words)
    if _PAIRS.fullmatch(change.written) or heard.lower().startswith(f"{words.point} "):
        return None
    if _touches_a_number(change, text, words):
        return None
    if words.codes.search(before):
        change = replace(change, written=_SEPARATOR.sub("", change.written))
    if other := _RANGE.search(before):
        change = _with_its_range(change, other, before, words)
    if _is_of_a_name(change, heard, before):
        return None
    if language == "en":
        return _english(change, text)
    if language in ("de", "es") and words.point not in heard.lower() and "," not in change.written:
        return replace(change, written=_CLOCK.sub(r"\1:\2", change.written))
    return change


def with_days_alike(
    changes: list[Change], text: str, language: str, words: NumberWords
) -> list[Change]:
    """ "From the third to the fifth of October" has both days as words, or both as numbers."""
    found: list[Change] = []
    for change in changes:
        date = _DATE.match(change.written + text[change.stop :])
        before = _DAY_BEFORE.search(text[: change.start])
        if date is None or before is None or not _is_a_day(before["day"], words):
            found.append(change)
            continue
        start, stop = before.span("day")
        if any(one.start < stop and start < one.stop for one in found):
            found.append(_as_ordinal(change, date["day"], text) if language == "en" else change)
        elif language in ("fr", "es") and (digit := words.digits.get(before["day"].lower())):
            between = text[stop : change.start]
            found.append(Change(start, change.stop, digit + between + change.written))
    return found


def _is_a_day(word: str, words: NumberWords) -> bool:
    return bool(words.number.fullmatch(word) or _ORDINAL.fullmatch(word))


def _as_ordinal(change: Change, day: str, text: str) -> Change:
    """ "The 25th of October", not "25 October"."""
    heard = text[change.start : change.stop].lower()
    the, of = "the " * heard.startswith("the "), " of" * (" of" in heard)
    ordinal = f"{the}{day}{_ending(int(day))}{of}"
    return replace(change, written=ordinal + change.written.removeprefix(day))


def _ending(day: int) -> str:
    """Of the ordinal in English."""
    if 10 < day < 20:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _is_of_a_name(change: Change, heard: str, before: str) -> bool:
    """ "Louis the Fourteenth" and "Ludwig der Vierzehnte" are no numbers."""
    match = _OF_A_NAME.search(before)
    if match is None or not heard[0].isupper() or not re.fullmatch(r"\d+\D{0,2}", change.written):
        return False
    return match["name"][0].isupper() and not _DAYS.fullmatch(match["name"])


def _loses_a_word(change: Change, heard: str, words: NumberWords) -> bool:
    """Whether more is gone than what a number or an address takes in."""
    return not all(
        words.number.fullmatch(word)
        or words.absorbed.fullmatch(word)
        or word.casefold() in change.written.casefold()
        for word in _WORD.findall(heard)
    )


def _apart(change: Change, heard: str) -> Change:
    """Without the word before an address, which the library may have joined to it."""
    first = heard.partition(" ")[0]
    if len(first) > 1 and change.written.lower().startswith(f"{first.lower()}www."):
        at = len(heard) - len(heard[len(first) :].lstrip())
        return Change(change.start + at, change.stop, change.written[len(first) :])
    return change


def _address(change: Change, text: str) -> Change | None:
    """ "He works at google dot com" names no mail address."""
    change = _apart(change, text[change.start : change.stop])
    if _NO_HOST.search(change.written):
        return None
    local, sign, host = change.written.rpartition("@")
    if sign and local.isalpha():
        before = text[: change.start]
        said = _AT.match(text[change.start : change.stop])
        named = not before.strip() or _NAMES_AN_ADDRESS.search(before)
        if said is not None and (not named or _NO_LOCAL_PART.fullmatch(local)):
            change = Change(change.start + said.end(), change.stop, host)
    if path := _SLASHES.match(text[change.stop :]):
        names = [name for name in path[0].split() if name.lower() != "slash"]
        written = "/".join((change.written, *names))
        change = Change(change.start, change.stop + path.end(), written)
    return change


def _unsigned(change: Change, heard: str) -> Change | None:
    """ "Al menos diez" is no negative number."""
    written = _SIGNED.sub("", change.written)
    gap = heard.find(" ") + 1
    if gap == 0 or (written.isdigit() and int(written) < 10):
        return None
    return Change(change.start + gap, change.stop, written)


def _joined(change: Change, heard: str, words: NumberWords) -> Change:
    """ "Section two point one" is 2.1, not 2 and 0.1."""
    match = _POINT_OF_ITS_OWN.match(change.written)
    if match is None:
        return change
    written = f"{match[1]}.{match[2]}"
    points = heard.lower().split().count(words.point)
    return replace(change, written=written) if written.count(".") == points else change


def _touches_a_number(change: Change, text: str, words: NumberWords) -> bool:
    """Whether a number that stays words stands right beside it: "twenty four seven"."""
    if not change.written[0].isdigit() or not change.written[-1].isdigit():
        return False  # "two $20 bills"
    return not stands_alone(text, change.start, change.stop, words)


def _with_its_range(
    change: Change, other: re.Match[str], before: str, words: NumberWords
) -> Change:
    """ "Between five and ten" gets two numbers of one kind."""
    name = other.lastgroup
    assert name is not None
    start = other.start(name)
    digits = words.small.get(other[name].lower())
    if digits is None or digits == "1" or not change.written.isdigit():
        return change
    return Change(start, change.stop, digits + before[other.end(name) :] + change.written)


def _english(change: Change, text: str) -> Change | None:
    before, after = text[: change.start], text[change.stop :]
    heard = text[change.start : change.stop]
    if _PART.search(change.written) and after.startswith(" of") and _A.search(before):
        return None
    if _SPAN.match(heard) and ":" in change.written:
        return None  # "nine to five pm" is not 4:51
    month = _MAY_OR_MARCH.search(before)
    if month is not None and not heard[0].isdigit():
        says_month = month[1][0].isupper() or _NAMES_A_DATE.search(before[: month.start()])
        ordinal = re.search(r"(?:st|second|ird|th)\b", heard)
        if ordinal and not says_month:
            return None
    if _MONTH_BEFORE.search(before):
        return replace(change, written=_DAY_AND_YEAR.sub(r"\1, \2", change.written))
    if (year := _YEAR_AS_CLOCK.match(change.written)) and not re.search(r"\bat +$", before):
        return replace(change, written=year[1] + year[2])
    said_as_year = not re.search(r"hundred|thousand", heard) and heard.count(" ") > 0
    if re.fullmatch(r"1[0-7]\d\d", change.written) and said_as_year:
        return change if _NAMES_A_YEAR.search(before) else None
    return change
