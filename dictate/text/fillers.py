"""Fillers and false starts: "um", and "the the". Pure.

The lists are closed and short. A filler that is a word of the language ("um" in German, "er") is
not in its list, and neither is a word that people double on purpose or by grammar: "that that",
"had had", "very very", "nous nous", "no no". What is said again behind a filler ("I want, um, I
want to go") is a false start, whatever the words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dictate.text.phrases import Match
from dictate.text.pieces import Literal


@dataclass(frozen=True, slots=True)
class _Hesitation:
    """How one hesitates in a language."""

    filler: re.Pattern[str]
    again: re.Pattern[str]
    """A word with what stands between it and its last repetition, and that repetition."""
    restart: re.Pattern[str]
    """The same for some words that are said again behind a filler."""
    goes_on: re.Pattern[str]
    """The end of a text at which no clause can end, so that a comma is that of the filler."""


def _hesitation(fillers: str, doubled: str, goes_on: str) -> _Hesitation:
    # Not in a file name, an address or a word with a hyphen; as a question or a cry it means
    # something.
    filler = rf"(?<![\w'\u2019/@.\\-])(?:{fillers})(?![\w'\u2019/@\\]|-\w|\.\w|\s*[?!])"
    between = r"(?:\s*(?:[,\u2026\u2013\u2014]|\.\.\.|-(?=\s))\s*|\s+)"
    word = r"[^\W_]+(?:['\u2019-][^\W_]+)*"
    restarted = rf"{word}(?: {word}){{1,3}}|{'|'.join(f'{doubled} {goes_on}'.split())}"
    return _Hesitation(
        re.compile(filler, re.IGNORECASE),
        re.compile(
            rf"(?<![\w'\u2019/@.\\-])({'|'.join(doubled.split())})"
            rf"((?:{between}(?:{filler}{between})*\1(?![\w'\u2019/@\\-]))+)",
            re.IGNORECASE,
        ),
        re.compile(
            rf"(?<![\w'\u2019/@.\\-])({restarted})"
            rf"((?:{between}{filler})+{between}\1(?![\w'\u2019/@\\-]))",
            re.IGNORECASE,
        ),
        re.compile(rf"(?<!\w)(?:{'|'.join(f'{doubled} {goes_on}'.split())})(,\s*)$", re.IGNORECASE),
    )


_HESITATIONS: Final = {
    "en": _hesitation(
        r"(?:uh+m*|um+|erm?)(?!\s+(?:huh|oh|hu?m+)\b)",
        "i i'm i'll i've we we're they they're it's there's he's she's the a an and but or because"
        " if our their your",
        "you it to of in on at for with from is are was were be very my that",
    ),
    "de": _hesitation(
        r"[äÄ]+h+m*|[öÖ]+h+m*|ehm+",
        "ich wir und oder ein eine einen einem einer weil dass wenn im zum vom beim für mein meine"
        " unser unsere",
        "er es der die das den dem zu in am mit von aber ist sind war sehr dein",
    ),
    "fr": _hesitation(
        r"e+u+h+m*|heu+",
        "je j'ai il un une et mais les des du dans pour c'est parce",
        "tu elle on le la de à en ou est sont très mon ma que",
    ),
    "es": _hesitation(
        r"e+h+m*|este+(?=\s*(?:\.\.\.|\u2026))|este{2,}",
        "yo el los las un una y pero porque del al mi",
        "la de a en con o es son muy que",
    ),
}
_BEGINS_SENTENCE = re.compile(
    r"(?:^|(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bProf)[.!?\u2026]\s|[:\u00bf\u00a1]\s?"
    r"|(?<=\s)[\"'(\[\u00ab\u201e\u201c\u2018])\s*[\"'(\[\u00ab\u201e\u201c\u2018]*$"
)


def hesitations(text: str, language: str | None) -> Iterator[Match]:
    """The places in `text` to be removed, from left to right; those of a filler inside a false
    start overlap. None in a language (BCP 47, without region) without a list."""
    if language is None or language not in _HESITATIONS:
        return
    rules = _HESITATIONS[language]
    found = [*_false_starts(text, rules), *_fillers(text, rules)]
    yield from sorted(found, key=lambda match: match.start)


def _fillers(text: str, rules: _Hesitation) -> Iterator[Match]:
    for match in rules.filler.finditer(text):
        word = match[0]
        # Such a word in the middle of a sentence is a name, and one in capitals an abbreviation.
        is_name = word[0].isupper() and not _begins_sentence(text, match.start())
        if not is_name and not (len(word) > 1 and word.isupper()):
            start, stop = match.span()
            comma = rules.goes_on.search(text, max(start - 16, 0), start)
            if comma and text[stop : stop + 1] == ",":
                start, stop = comma.start(1), stop + 1  # "I went to the, uh, store"
            yield Match(start, stop, Literal(""))


def _false_starts(text: str, rules: _Hesitation) -> Iterator[Match]:
    for match in rules.again.finditer(text):
        again = [word for word in re.findall(r"[^\W\d_]+", match[2]) if word[0].isupper()]
        if all(word == "I" for word in again):  # not "in the The Hague office"
            yield _said_again(match)
    for match in rules.restart.finditer(text) if rules.filler.search(text) else ():
        once, repeated = match[1], match[2][-len(match[1]) :]
        if not any(b.isupper() and not a.isupper() for a, b in zip(once, repeated, strict=True)):
            yield _said_again(match)


def _said_again(match: re.Match[str]) -> Match:
    """What is removed of a false start."""
    stop = match.end()
    if "," in match[2] and match.string[stop : stop + 2] == ", ":
        stop += 1  # "I, I, think"
    return Match(match.start(2), stop, Literal(""))


def _begins_sentence(text: str, at: int) -> bool:
    return _BEGINS_SENTENCE.search(text[max(at - 16, 0) : at]) is not None
