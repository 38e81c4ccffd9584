"""Numbers, dates, times, amounts and addresses, as one writes them.

A library does the work (dictate/inverse_normalization.py). Of what it returns, only places that
hold a number or an address are taken, after the rules of number_rules.py; everything else in the
text stays to the letter. Three things that it leaves alone are added: digits that are said one by
one, numbers with several points, and hours before "a.m." and "p.m.".
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from dictate.inverse_normalization import LANGUAGES, load, normalized
from dictate.inverse_normalization import LONGEST as LONGEST_PART
from dictate.text.number_rules import Change, stands_alone, taken, with_days_alike
from dictate.text.number_words import NUMBER_WORDS, NumberWords

LONGEST: Final = 20_000
"""Characters of a text that are looked at: over 20 minutes of speech. The rest stays words."""
LONG_SENTENCE: Final = 400
"""Characters after which a sentence is cut, where no number stands."""
FEWEST_DIGITS: Final = 4
"""Digits in a row that are written together. After "port", "code" and the like one less will do."""

AROUND: Final = 5
"""Words before and after a number that the library sees."""
NEAR: Final = 2
"""Words between two differences that belong to one number: the name of a currency."""

_SENTENCE = re.compile(r"\S.*?(?:[.?!…](?=\s)|$)")
_WORD = re.compile(r"[\w-]*\w")
_ARTICLE = re.compile(r"one|une?|una", re.IGNORECASE)
_TOKEN = re.compile(r"[\w@](?:\S*[\w@])?|[^\w\s]")
"""A word with the signs inside it, or a sign beside it."""
_ON_THE_CLOCK = re.compile(
    r"\b(?:(\w+) (?:to|until|till|and|or) )?(\w+)(?= [ap]\.m\b)", re.IGNORECASE
)
_PAST = re.compile(r"(?<![ap]\.m\.) (?:past|after|to|before) +$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\b(?:dot|punkt|point|punto|at|arobase|arroba)\s+\w{2,}|\bw\s?w\s?w\b", re.IGNORECASE
)


def prepare_numbers(language: str | None) -> None:
    """Load what this language needs, or all of them if it is None. Blocks."""
    for one in LANGUAGES if language is None else (language,):
        if one in LANGUAGES:
            load(one)


def number_changes(text: str, language: str | None) -> list[Change]:
    """The places in `text` to be written otherwise, from left to right; none in a language (BCP 47,
    without region) that is not one of LANGUAGES."""
    if language is None or language not in LANGUAGES:
        return []
    words = NUMBER_WORDS[language]
    found: list[Change] = []
    for start, part in _parts(text[:LONGEST], words):
        if len(part) <= LONGEST_PART:  # a longer one has nothing but numbers: no speech
            found += (one.moved(start) for one in _changes_in(part, language, words))
    return found


def _parts(text: str, words: NumberWords) -> Iterator[tuple[int, str]]:
    """The sentences, and long ones in parts; each with its place."""
    for sentence in _SENTENCE.finditer(text):
        start = sentence.start()
        if len(sentence[0]) > LONG_SENTENCE:
            for one, following in pairwise(_WORD.finditer(text, start, sentence.end())):
                apart = not any(map(words.number.fullmatch, (one[0], following[0])))
                if one.end() - start > LONG_SENTENCE and apart:
                    yield start, text[start : one.end()]
                    start = one.end()
        yield start, text[start : sentence.end()]


def _changes_in(text: str, language: str, words: NumberWords) -> list[Change]:
    places = list(_places(text, words))
    if not places:
        return []
    own = [*_with_points(text, language, words), *_digit_by_digit(text, words)]
    if language == "en":
        own += _on_the_clock(text, words)
    found = [
        taken(one.moved(start), text, language, words)
        for start, stop in places
        for one in _differences(text[start:stop], language)
    ]
    new = [one for one in found if one is not None and not any(map(one.overlaps, own))]
    in_order = sorted([*own, *new], key=lambda one: one.start)
    return with_days_alike(in_order, text, language, words)


def _places(text: str, words: NumberWords) -> Iterator[tuple[int, int]]:
    """Where numbers and addresses stand, with some words around them: the library takes its time
    for every letter."""
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    said = list(_WORD.finditer(text))
    start = stop = -1
    for number, word in enumerate(said):
        is_number = words.number.fullmatch(word[0]) and (
            not _ARTICLE.fullmatch(word[0]) or words.units.match(text, word.end())
        )
        if not is_number and not any(
            one < word.end() and word.start() < end for one, end in addresses
        ):
            continue
        first = said[max(number - AROUND, 0)].start()
        last = said[min(number + AROUND, len(said) - 1)].end()
        if start >= 0 and first > stop:
            yield start, stop
            start = first
        start = first if start < 0 else start
        while last < len(text) and not text[last].isspace():
            last += 1
        stop = last
    if start >= 0:
        yield start, stop


def _differences(text: str, language: str) -> list[Change]:
    """What the library would write otherwise, letter case and spaces aside."""
    written = normalized(text, language)
    if written == text:
        return []
    before = list(_TOKEN.finditer(text))
    after = list(_TOKEN.finditer(written))
    matcher = SequenceMatcher(
        a=[one[0].casefold() for one in before],
        b=[one[0].casefold() for one in after],
        autojunk=False,
    )
    places: list[tuple[int, int, int, int]] = []
    moves = False
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind == "equal":
            continue
        near = bool(places) and first - places[-1][1] <= NEAR
        if near and (moves or kind != "replace"):
            # "neunzehn Euro neunzig" -> "19,90 Euro": one place.
            places[-1] = (places[-1][0], last, places[-1][2], new_last)
            moves = False
        elif moves:
            return []  # it lost or added a word, so its places are not to be trusted
        else:
            places.append((first, last, new_first, new_last))
            moves = kind != "replace"
    if moves:
        return []
    return [
        Change(
            before[first].start(),
            before[last - 1].end(),
            written[after[new_first].start() : after[new_last - 1].end()],
        )
        for first, last, new_first, new_last in places
    ]


def _digit_by_digit(text: str, words: NumberWords) -> Iterator[Change]:
    """Digits that are said one by one: a code, a telephone number. Who counts, writes words."""
    runs: list[list[re.Match[str]]] = [[]]
    for word in _WORD.finditer(text):
        is_digit = word[0].lower() in words.digits
        apart = runs[-1] and text[runs[-1][-1].end() : word.start()] != " "
        if (not is_digit or apart) and runs[-1]:
            runs.append([])
        if is_digit:
            runs[-1].append(word)
    for run in runs:
        if not run:
            continue
        digits = "".join(words.digits[word[0].lower()] for word in run)
        is_code = words.codes.search(text[: run[0].start()]) is not None
        steps = {int(one) - int(other) for one, other in pairwise(digits)}
        counts = steps in ({1}, {-1}) and not is_code
        alone = stands_alone(text, run[0].start(), run[-1].end(), words)
        if len(run) >= FEWEST_DIGITS - is_code and not counts and alone:
            yield Change(run[0].start(), run[-1].end(), digits)


def _with_points(text: str, language: str, words: NumberWords) -> Iterator[Change]:
    """Numbers with several points, or with one after "version": "two point zero point one"."""
    number = rf"(?:{words.number.pattern})(?:[ -](?:{words.number.pattern})){{0,5}}?"
    pattern = rf"(?<![\w-]){number}(?: {words.point} {number})+(?![\w-])"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        parts = re.split(f" {words.point} ", match[0], flags=re.IGNORECASE)
        if len(parts) < 3 and not words.versions.search(text[: match.start()]):
            continue
        numbers = [words.small.get(part.lower()) or normalized(part, language) for part in parts]
        if all(number.isdigit() for number in numbers):
            yield Change(*match.span(), ".".join(numbers))


def _on_the_clock(text: str, words: NumberWords) -> Iterator[Change]:
    """Hours before "a.m." and "p.m.", also the first one of "six to nine a.m."."""
    for match in _ON_THE_CLOCK.finditer(text):
        said = [words.digits.get((match[group] or "").lower(), "0") for group in (1, 2)]
        first = 1 if said[0] != "0" else 2
        alone = stands_alone(text, match.start(first), match.end(first), words)
        if said[1] == "0" or (first == 2 and (not alone or _PAST.search(text, 0, match.start(2)))):
            continue
        for group in range(first, 3):
            yield Change(*match.span(group), said[group - 1])
