"""Decides whether a model's answer is an edit of the text. Pure.

A model may answer the question that it is to polish, decline, translate, drop a name or invent a
number. Each guard looks for one of these, and its name is shown when it refuses. They are lenient
about wording: a guard that compares word by word throws good edits away.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from typing import Final

from rapidfuzz import fuzz, process

from dictate.chat.answer_text import text_of
from dictate.chat.guard_words import (
    ASKING,
    KNOWN_LANGUAGES,
    NUMBER_WORDS,
    OPENINGS,
    SPEAKER,
    TAKEN_BACK,
    expanded,
)
from dictate.errors import ChatError
from dictate.translation import _
from dictate.unicode_scripts import signs_per_word, units

FEWEST_WORDS: Final = 4
"""Words from which a text is polished: a shorter one has nothing to polish, and says too little to
see whether an answer belongs to it."""
MOST_CHARACTERS: Final = 4_000
"""Maximum length of a text that is polished or edited."""
MOST_NEW: Final = 0.5
"""Share of the words of a polished text that may be new."""
ALIKE: Final = 75.0
"""Similarity, in percent of rapidfuzz's ratio, from which two words are forms of one."""
OTHER_SCRIPT: Final = 0.2
"""Share of the letters that may be of scripts that the raw text does not have."""

_NUMBER: Final = re.compile(r"\d+(?:[.,:'\u00a0\u202f ]\d+)*")
_NO_DIGIT: Final = re.compile(r"\D+")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_QUESTION_MARK: Final = re.compile(r"[?\uff1f\u061f]")
_ENDS_ASKING: Final = re.compile(r"[?\uff1f\u061f][\"'\u201d\u201c\u00bb)\]!\s]*$")
_MARKUP: Final = re.compile(
    r"^\s*(?:[-*\u2022#>]|\d+[.)])\s|\*\*\S|```|^\s*\||</?[a-z]+>", re.MULTILINE
)


class Guard(Enum):
    """What an answer is refused for."""

    EMPTY = "empty"
    ANSWER = "answer"
    QUESTION = "question"
    MARKUP = "markup"
    LENGTH = "length"
    SCRIPT = "script"
    WORDS = "words"
    NUMBERS = "numbers"
    TERMS = "terms"
    LINES = "lines"
    UNCHANGED = "unchanged"


class Rejected(ChatError):
    """The answer is no edit of the text. The message says why, and quotes neither."""

    def __init__(self, guard: Guard, why: str) -> None:
        super().__init__(_("{why} (guard: {guard})").format(why=why, guard=guard.value))
        self.guard = guard


def is_long_enough(text: str) -> bool:
    """Whether a text has enough words to be polished."""
    return sum(1 / signs_per_word(unit) for unit in units(text)) >= FEWEST_WORDS


def polished(raw: str, answer: str, terms: Collection[str], language: str | None) -> str:
    """The polished text in a model's answer. `terms` are those of the hotword list, in their
    spelling; `language` is the base of a BCP 47 tag, None if unknown. Raises Rejected."""
    text = text_of(answer, raw)
    if _MARKUP.search(text) and not _MARKUP.search(raw):
        raise Rejected(Guard.MARKUP, _("the model made a list, headings or tags of it"))
    # The only line ends are those that were spoken.
    lines = raw.strip().count("\n")
    if text.count("\n") > lines:
        text = " ".join(text.split())
    _refuse_talk(raw, text)
    if set(_words(text)[:1]) & SPEAKER and not set(_words(raw)) & SPEAKER:
        raise Rejected(Guard.ANSWER, _("the model speaks of itself"))
    _refuse_question(raw, text)
    if len(text) > 1.4 * len(raw) + 40 or len(text) < 0.4 * len(raw) - 12:
        much = _("much longer") if len(text) > len(raw) else _("much shorter")
        raise Rejected(Guard.LENGTH, _("the model's text is {much}").format(much=much))
    _refuse_script(raw, text)
    if _new_share(raw, text) > MOST_NEW:
        raise Rejected(Guard.WORDS, _("more than half of the words are new"))
    _refuse_numbers(raw, text, language)
    if any(term not in text for term in _kept(raw, _occurrences(raw, terms))):
        raise Rejected(Guard.TERMS, _("one of your terms is gone"))
    if text.count("\n") < lines:
        raise Rejected(Guard.LINES, _("a line end that you said is gone"))
    head, __, tail = raw.partition(raw.strip())
    return f"{head}{text}{tail}"


def edited(selection: str, answer: str) -> str:
    """The text in a model's answer that replaces `selection`, with the white space around it as it
    was. Raises Rejected."""
    text = text_of(answer, selection)
    _refuse_talk(selection, text)
    if len(text) > 4 * len(selection) + 1_000:
        raise Rejected(Guard.LENGTH, _("the model's text is much longer"))
    inner = selection.strip()
    if text.strip() == inner:
        raise Rejected(Guard.UNCHANGED, _("the model changed nothing"))
    before, __, after = selection.partition(inner)
    return f"{before}{text.strip()}{after}"


def _refuse_talk(raw: str, text: str) -> None:
    if not units(text):
        raise Rejected(Guard.EMPTY, _("the model answered nothing"))
    opening = OPENINGS.match(" ".join(_words(expanded(text))))
    # Fillers may stand before what was said.
    if opening and opening[0] not in " ".join(_words(expanded(raw)))[: len(opening[0]) + 60]:
        raise Rejected(Guard.ANSWER, _("the model answered or declined"))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text.replace("\u2019", "'"))]


def _refuse_question(raw: str, text: str) -> None:
    why = _("a question became something else")
    if _QUESTION_MARK.search(raw):
        ends = _ENDS_ASKING.search(raw) is not None
        if not (_ENDS_ASKING if ends else _QUESTION_MARK).search(text):
            raise Rejected(Guard.QUESTION, why)
        return
    asked, got = _words(raw)[:1], _words(text)[:1]
    if asked and asked[0] in ASKING and asked != got and not _QUESTION_MARK.search(text):
        raise Rejected(Guard.QUESTION, why)


def _refuse_script(raw: str, text: str) -> None:
    known = set(_scripts(raw))
    found = list(_scripts(text))
    strange = sum(script not in known for script in found)
    if known and strange > OTHER_SCRIPT * len(found):
        raise Rejected(Guard.SCRIPT, _("the model's text is in another script"))


def _scripts(text: str) -> Iterator[str]:
    """The script of each letter, by the first word of its name."""
    for letter in text:
        if letter.isascii():
            if letter.isalpha():
                yield "LATIN"
        elif letter.isalpha():
            yield unicodedata.name(letter, "?").partition(" ")[0]


def _new_share(raw: str, text: str) -> float:
    """The share of words in `text` that are in `raw` in no form. Digits do not count."""
    found = [unit for unit in units(text) if not unit.isdecimal()]
    known = set(units(raw))
    new = {unit for unit in set(found) - known if not _is_form(unit, known)}
    return sum(unit in new for unit in found) / len(found) if found else 0.0


def _is_form(unit: str, known: Iterable[str]) -> bool:
    if len(unit) < 4:
        return False
    return process.extractOne(unit, known, scorer=fuzz.ratio, score_cutoff=ALIKE) is not None


def _refuse_numbers(raw: str, text: str, language: str | None) -> None:
    said, found = _numbers(raw), {_digits(number) for number in _numbers(text)}
    spots = ((match.group(), match.end()) for match in _NUMBER.finditer(raw))
    if any(_digits(number) not in found for number in _kept(raw, spots)):
        raise Rejected(Guard.NUMBERS, _("a number is gone or has changed"))
    new = found - {_digits(number) for number in said}
    known = language is None or language in KNOWN_LANGUAGES
    if new and known and not NUMBER_WORDS.search(raw):
        raise Rejected(Guard.NUMBERS, _("the model invented a number"))


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(text)


def _digits(number: str) -> str:
    return _NO_DIGIT.sub("", number)


def _occurrences(raw: str, terms: Collection[str]) -> Iterator[tuple[str, int]]:
    """Each of the terms that stands in the text as a word, and where it ends."""
    for term in terms:
        if term in raw:
            for match in re.finditer(rf"(?<!\w){re.escape(term)}(?!\w)", raw):
                yield term, match.end()


def _kept(raw: str, spots: Iterable[tuple[str, int]]) -> set[str]:
    """What the speaker did not take back."""
    return {what for what, end in spots if not TAKEN_BACK.match(raw, end)}
