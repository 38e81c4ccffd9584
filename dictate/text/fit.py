"""Fits a text in where it lands: spaces, the first letter and the last full stop. Pure.

Only these three ever change. Words stay as they were recognized, and where it is not certain what
is right, so does everything else. `place.py` says whether a sentence begins at the cursor, and
`first_words.py` which words may become small.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from dictate.text.first_words import FIRST_WORDS
from dictate.text.layout import with_capital
from dictate.text.place import (
    Place,
    in_one_token,
    is_abbreviation,
    line_of,
    place_of,
)
from dictate.text.spaces import gap, touches
from dictate.text.voice_editing import begun

NEAR: Final = 500
"""Characters on each side of the cursor that are looked at."""

_LINE_ENDS: Final = re.compile(r"\r\n|[\r\u2028\u2029\ufffc]")
"""Line ends, and the sign by which applications report a picture or a field within the text."""
_NOTHING: Final = re.compile(r"[\u200b\ufeff]")
"""What some editors put into an empty line."""
_FIRST_WORD: Final = re.compile(r"[\u00bf\u00a1(\[]*([^\W\d_]+)")
_TOKEN: Final = re.compile(r"\S+")
_NAME_SIGNS: Final = re.compile(r"[\d_@/\\]|\w\.\w")
"""Signs within a word by which it is no ordinary one."""
_APOSTROPHES: Final = "'\u2019"
_STOPS: Final = ".!?\u3002\uff0e\uff01\uff1f"
_PERIODS: Final = ".\u3002\uff0e"
_CLOSERS: Final = ")]}\"'\u201d\u2019\u00bb\u201c\u2018"
_PAUSES: Final = ",;:\u2013\u2014\u3001\uff0c\uff1b\uff1a%\u00b0"
"""Signs that go on with a sentence."""
_WITH_CASE: Final = ("LATIN", "GREEK", "CYRILLIC")


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the cursor, as far as it is known."""

    before: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How the texts of a dictation are fitted in."""

    spacing: str = "auto"
    """`text.spacing` of the settings."""
    capitals: str = "auto"
    """`text.capitals` of the settings."""
    language: str | None = None
    """BCP 47; None if it is unknown."""
    keeps: tuple[str, ...] = ()
    """Spellings with which a text may begin, and which stay: the user's terms and replacements."""
    begins: bool = False
    """Whether a text begins a sentence, wherever it lands."""

    def fit(self, text: str, around: Around | None) -> str:
        """The text to write there. None: nothing is known."""
        if self.begins:
            text = begun(text, around.before if around else "", self.language)
        if around is not None:
            text = fit(
                around.before,
                text,
                around.after,
                self.language,
                keeps=self.keeps,
                spaces=self.spacing == "auto",
                capitals=self.capitals == "auto" and not self.begins,
            )
        if self.spacing == "trailing" and text and not text[-1].isspace():
            text = f"{text} "
        return text


def fit(
    before: str,
    text: str,
    after: str,
    language: str | None,
    *,
    keeps: tuple[str, ...] = (),
    spaces: bool = True,
    capitals: bool = True,
) -> str:
    """`text` as a careful typist would write it between `before` and `after`.

    `language` is that of the text (BCP 47); in an unknown one no letter changes. A text that begins
    with one of `keeps` keeps its first letter. `spaces`: whether spaces come around it, and its
    full stop goes where another follows, or the sentence goes on. `capitals`: whether its first
    letter changes. Never raises.
    """
    if not text.strip():
        return text
    base = language.replace("_", "-").partition("-")[0].lower() if language else None
    before = _plain(before[-NEAR:])
    after = _plain(after[:NEAR])
    if in_one_token(before, after):
        return _without_period(text) if spaces else text
    indent = text[: len(text) - len(text.lstrip())]
    if capitals:
        place = place_of(f"{before}{indent}", base)
        text = indent + _with_first_letter(text[len(indent) :], place, before, after, base, keeps)
    if not spaces:
        return text
    line = line_of(before)
    text = _without_second_stop(line, text, after)
    if touches(line, text, base):
        return text + gap(f"{line}{text}", after, base)
    return f" {text}{gap(f'{line} {text}', after, base)}"


def _plain(text: str) -> str:
    return _NOTHING.sub("", _LINE_ENDS.sub("\n", text))


# The first letter.


def _with_first_letter(
    text: str,
    place: Place,
    before: str,
    after: str,
    language: str | None,
    keeps: tuple[str, ...],
) -> str:
    found, token = _FIRST_WORD.match(text), _TOKEN.match(text)
    if language not in FIRST_WORDS or found is None or token is None or _begins_with(text, keeps):
        return text
    at, word = found.start(1), found[1]
    named = _NAME_SIGNS.search(token[0]) is not None
    if place is Place.SENTENCE:
        return text if named else with_capital(text, language)
    if not word[0].isupper() or not (word[1:].islower() or len(word) == 1):
        return text
    small = text[:at] + word[0].lower() + text[at + 1 :]
    if place is Place.ADDRESS:
        return small
    if place is Place.MIDDLE and not named and _is_small(text, found, before, after, language):
        return small
    return text


def _begins_with(text: str, keeps: tuple[str, ...]) -> bool:
    # All at once first, which is fast: a list may have thousands.
    return text.startswith(keeps) and any(
        text.startswith(kept) and not text[len(kept) : len(kept) + 1].isalnum() for kept in keeps
    )


def _is_small(
    text: str, found: re.Match[str], before: str, after: str, language: str | None
) -> bool:
    """Whether the first word is an ordinary one that is small in mid-sentence."""
    words = FIRST_WORDS[language or ""]
    word, rest = found[1].lower(), text[found.end() :]
    if rest[:1] and rest[0] in _APOSTROPHES and word in words.elided:
        return True
    token = re.match(r"[^\s.,;:!?]*", rest)
    assert token is not None
    if any(sign.isupper() for sign in token[0]):
        return False  # "Spider-Man"
    if len(word) == 1 and not re.search(r"\w", rest):
        return False  # "A" alone is a label
    if word in words.always or (word + token[0].replace("\u2019", "'")) in words.always:
        return True
    following = re.match(r"[ \t]*([^\W\d_])", rest[token.end() :] or after)
    capital = following is not None and following[1].isupper()
    if word in words.before_a_noun:
        return capital
    if capital:
        return False
    if word in words.in_no_name:
        return True
    # The user, or the engine, wrote it small elsewhere.
    elsewhere = rf"(?<![\w@/.-]){re.escape(word)}(?![\w@/-])"
    return language != "de" and bool(re.search(elsewhere, f"{before}\n{rest}\n{after}"))


# The last full stop.


def _without_second_stop(line: str, text: str, after: str) -> str:
    """The text without its last sign, if that stands behind the cursor already, or is a full stop
    and the sentence goes on."""
    sign = text[-1]
    if sign not in _STOPS or text[-2:-1] in (".", "\u2026", sign):
        return text
    behind = after.lstrip(" \t\u00a0\u202f")
    if not behind or behind[0] == "\n":
        return text
    if behind[0] in _STOPS:
        is_second = sign in _PERIODS or sign == behind[0]
        is_name = behind is not after and re.match(r"\.\w", behind)  # ".NET"
        return _without_period(text) if is_second and not is_name else text
    if sign in _PERIODS and not is_abbreviation(text) and _goes_on(line, behind):
        return _without_period(text)
    return text


def _without_period(text: str) -> str:
    if text[-1:] not in _STOPS or text[-2:-1] in (".", "\u2026"):
        return text
    left = text[:-1].rstrip(" \u00a0\u202f")
    return left if any(map(str.isalnum, left)) else text


def _goes_on(line: str, behind: str) -> bool:
    """Whether the sentence of the text goes on with `behind`."""
    if behind[0] in _PAUSES:
        return True
    beyond = behind.lstrip(_CLOSERS)
    if beyond == behind:
        return _is_small_word(behind)
    if beyond[:1] and beyond[0] in f"{_STOPS},;:":
        return True
    bracket = max(line.rfind(sign) for sign in "([{")
    if behind[0] in ")]}" and bracket >= 0:
        opened_in = place_of(line[:bracket], None)
        return opened_in is Place.MIDDLE or _is_small_word(beyond.lstrip())
    return False


def _is_small_word(text: str) -> bool:
    word = re.match(r"[^\W\d_]+", text)
    return (
        word is not None
        and word[0].islower()
        and unicodedata.name(word[0][0], "").startswith(_WITH_CASE)
    )
