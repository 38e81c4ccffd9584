"""Finds the text in a model's answer: without its thinking, headings, fences and notes. Pure."""

import re
from typing import Final

from dictate.chat.guard_words import ABOUT_THE_TEXT, NOTES
from dictate.plain_text import clean

_THINKING: Final = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_HEADING: Final = re.compile(r"[*#\s]*([^\n:]{1,90}):[*\s]+(?=\S)")
_FENCED: Final = re.compile(r"```[\w+-]*\n(.*?)\n?```", re.DOTALL)
_TAGGED: Final = re.compile(r"<(text|output|result)>\s*(.*?)\s*</\1>", re.DOTALL)
_QUOTES: Final = ('""', "''", "\u201c\u201d", "\u201e\u201c", "\u00ab\u00bb", "\u2018\u2019", "``")
_LINE_ENDS: Final = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")


def text_of(answer: str, raw: str) -> str:
    """The text in `answer`, an edit of `raw`. What belongs to `raw` is never taken for a heading or
    a note. No control characters but line ends, and tabs where `raw` has tabs."""
    text = without_thinking(_LINE_ENDS.sub("\n", answer)).strip()
    text = _without_heading(text, raw)
    for wrapped, group in ((_FENCED, 1), (_TAGGED, 2)):
        if (match := wrapped.fullmatch(text)) and match[0][:5] not in raw:
            text = match[group].strip("\n")
    text = _without_quotes(_without_notes(text, raw), raw)
    tab = "\t" if "\t" in raw else " "
    return "\n".join(tab.join(map(clean, line.split("\t"))) for line in text.split("\n"))


def without_thinking(answer: str) -> str:
    """The answer without what the model thinks before it."""
    return _THINKING.sub("", answer)


def _without_heading(text: str, raw: str) -> str:
    match = _HEADING.match(text)
    about = ABOUT_THE_TEXT.search(match[1]) if match else None
    if match is None or about is None or about[0].casefold() in raw.casefold():
        return text
    return text[match.end() :]


def _without_notes(text: str, raw: str) -> str:
    body, found, last = text.rpartition("\n\n")
    note = NOTES.match(last) if found else None
    if note is None or note[0].strip(" *(").casefold() in raw.casefold():
        return text
    return body.rstrip()


def _without_quotes(text: str, raw: str) -> str:
    for first, last in _QUOTES:
        if (
            len(text) > 2
            and text[0] == first
            and text[-1] == last
            and not raw.lstrip().startswith(first)
            and not ({first, last} & set(text[1:-1]))
        ):
            return text[1:-1].strip()
    return text
