"""The fourth stage: from the raw transcript to the written text. Pure functions, in this order.

    repeats         a phrase that the engine repeats without end, once
    annotations     sounds are not written                    "[BLANK_AUDIO]", "(coughs)"
    repair          terms that the engine could not know      "cloud code" -> "Claude Code"
    spelling        the user's terms in their spelling        "claude code" -> "Claude Code"
    snippets        several lines for a few words             "insert my address"
    replacements    the user's phrases replaced               "git hub" -> "GitHub"
    commands        spoken signs and line ends                "comma", "new line"
    numbers         as one writes them, if wanted             "twenty percent" -> "20%"
    fillers         removed, if wanted                        "um", "the the"
    punctuation     in the user's style                       no full stop, small letters
    layout          spaces around signs, capitals after them, no gap where something was removed
    sanitise        no control characters; last, always

When the text is written, `fit.py` fits it in where it lands.

Snippets, spelling, replacements and commands find phrases in one pass: the longest match wins, and
the result of one step is never matched by another. Of equal phrases a snippet wins over a
replacement, that over a spelling, and a spelling over a command. A number with such a phrase in it
stays as it is; only the name of a sign inside a number is a part of the number ("drei Komma fünf").

In code mode (`code.py`), formatters and signs of code take the place of the spoken signs, of the
style of punctuation and of the layout.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain

from dictate.config.schema import TextSettings
from dictate.hotwords.language import LAYOUT
from dictate.hotwords.model import AUTO, Hotwords
from dictate.plain_text import clean
from dictate.text.annotations import Annotation, annotations
from dictate.text.code import code_phrases, code_text
from dictate.text.commands import commands, is_ordinary, is_punctuated, rules_of
from dictate.text.fillers import hesitations
from dictate.text.languages import SpokenLanguage
from dictate.text.layout import lay_out
from dictate.text.number_rules import Change
from dictate.text.numbers import number_changes, prepare_numbers
from dictate.text.phrases import Match, Phrases
from dictate.text.pieces import (
    Block,
    Break,
    Escape,
    Formatter,
    Literal,
    Mark,
    Ordinary,
    Outcome,
    Piece,
    Removed,
    Sign,
    Snippet,
)
from dictate.text.punctuation import in_style
from dictate.text.repair import Repairs
from dictate.text.repeats import unrepeated
from dictate.text.replacements import is_part_of_a_word, replacements
from dictate.text.sanitise import sanitise
from dictate.text.snippets import SnippetValues, filled, snippets
from dictate.text.spelling import spellings

_SPACES = re.compile(r"\s{2,}")

MOST_LISTS = 32
"""Maximum number of sorted lists of phrases that are kept: one for each profile, application with
terms of its own, and language."""
LONGEST = 100_000
"""Maximum characters of a text that the steps look at: two hours of speech. The rest is written as
it was recognized, so that a broken engine cannot stop the event loop for seconds."""


def polish(
    text: str,
    hotwords: Hotwords,
    settings: TextSettings,
    *,
    language: str | None = None,
    punctuates: bool | None = None,
    audio_s: float = 0.0,
    repairs: Repairs | None = None,
    values: SnippetValues | None = None,
) -> str:
    """The text to write for a whole utterance; empty if nothing remains. Never raises.

    `language` is that of the utterance (BCP 47); None or AUTO means that it is unknown.
    `punctuates` says whether the engine writes punctuation by itself; None means that its text
    shows it. `audio_s` is the length of the sound in seconds, 0 if unknown. `repairs`, for an
    engine that knows no terms, are of the same list; they act on English only. `values` are those
    of the placeholders of snippets; None means that no snippet is written. The only line ends in
    the result are spoken ones, and those of snippets.
    """
    # Cleaned before matching, too: an invisible character must not hide a phrase.
    text = _SPACES.sub(_one_space, clean(text))
    text, rest = _divided(unrepeated(text, audio_s))
    base = _base(language)
    signs = settings.spoken_punctuation == "on" or (
        settings.spoken_punctuation == "auto"
        and not (is_punctuated(text) if punctuates is None else punctuates)
    )
    phrases = _phrases(hotwords, settings, base, signs=signs, snippets=values is not None)
    if repairs is not None and base == "en":
        # What is a phrase already stays one.
        text = repairs.repair(
            text, [(match.start, match.stop) for match in _found(text, phrases, rules_of(base))]
        )
    numbers = number_changes(text, base) if settings.numbers else []
    fillers = hesitations(text, base) if settings.fillers == "remove" else ()
    cuts = _pieces(text, phrases, base, numbers, fillers)
    filling = values or SnippetValues()
    pieces = [filled(piece, filling) if isinstance(piece, Snippet) else piece for piece in cuts]
    if not any(map(_is_written, [*pieces, rest])):
        return ""
    if settings.code:
        lines = code_text(pieces)
    else:
        lines = lay_out(in_style(pieces, settings.punctuation, base), base)
    return f"{sanitise(lines)}{rest}".strip(" ")


def _divided(text: str) -> tuple[str, str]:
    """The part for the steps, which ends with a word where words have spaces, and the rest."""
    if len(text) <= LONGEST:
        return text, ""
    cut = text.rfind(" ", 0, LONGEST)
    cut = cut if cut > 0 else LONGEST
    return text[:cut], text[cut:]


def prepare(hotwords: Hotwords, settings: TextSettings, languages: Collection[str | None]) -> None:
    """Sort the phrases of a long list, and load what the steps need, ahead of the first text in one
    of these languages. Blocks: call it off the loop."""
    for language in {_base(language) for language in languages}:
        if settings.numbers:
            prepare_numbers(language)
        for signs in {False, settings.spoken_punctuation != "off"}:
            _phrases(hotwords, settings, language, signs=signs, snippets=bool(hotwords.snippets))


@lru_cache(maxsize=MOST_LISTS)
def _phrases(
    hotwords: Hotwords,
    settings: TextSettings,
    language: str | None,
    *,
    signs: bool,
    snippets: bool,
) -> Phrases:
    signs = signs and not settings.code
    spoken = commands(hotwords, language, signs=signs, line_ends=settings.spoken_newlines)
    if settings.code:
        # Its names are English in every language, so the English escape is understood, too.
        escapes = dict.fromkeys((*rules_of(language).escapes, *rules_of("en").escapes))
        spoken = chain(spoken, code_phrases(tuple(escapes)))
    word = settings.snippet_word if snippets else None
    return _own_phrases(hotwords, language, word).then(spoken)


@lru_cache(maxsize=MOST_LISTS)
def _own_phrases(hotwords: Hotwords, language: str | None, snippet_word: str | None) -> Phrases:
    """Those of the user's, which win over commands; with snippets if they have a guard word, maybe
    an empty one."""
    own: chain[tuple[str, Outcome]] = chain(
        replacements(hotwords, language), spellings(hotwords, language)
    )
    if snippet_word is not None:
        escapes = rules_of(language).escapes
        own = chain(snippets(hotwords, snippet_word, escapes), own)
    return Phrases(own)


def _pieces(
    text: str,
    phrases: Phrases,
    language: str | None,
    numbers: Iterable[Change],
    fillers: Iterable[Match],
) -> Iterator[Piece | Snippet]:
    """The text, cut at its phrases, numbers, fillers and annotations."""
    rules = rules_of(language)
    found = list(_found(text, phrases, rules))
    matches = [*_sounds(text, found), *_clear_of(found, fillers), *_with_numbers(found, numbers)]
    done = 0
    for match in sorted(matches, key=lambda match: match.start):
        if match.start < done or isinstance(match.outcome, Ordinary):
            continue
        if match.start > done:
            yield text[done : match.start]
        done = match.stop
        if isinstance(match.outcome, tuple):
            yield from match.outcome
        elif isinstance(match.outcome, Escape) or match.outcome == Literal(""):
            yield Removed(capital=text[match.start].isupper())
        else:
            yield match.outcome
    if done < len(text):
        yield text[done:]


def _found(text: str, phrases: Phrases, rules: SpokenLanguage) -> Iterator[Match]:
    return phrases.find(
        text,
        lambda match, plain: is_ordinary(match, plain, rules) or is_part_of_a_word(match, plain),
    )


def _with_numbers(phrases: list[Match], numbers: Iterable[Change]) -> list[Match]:
    """The phrases, which go from left to right, and the numbers."""
    found = list(phrases)
    for number in numbers:
        inside = _overlapping(phrases, number)
        if all(_yields(one, number) for one in inside):
            for one in inside:
                found.remove(one)
            found.append(Match(number.start, number.stop, Literal(number.written)))
    return found


def _clear_of(phrases: list[Match], fillers: Iterable[Match]) -> Iterator[Match]:
    """The fillers that share nothing with a phrase."""
    return (one for one in fillers if not _overlapping(phrases, one))


def _overlapping(phrases: list[Match], place: Match | Change) -> list[Match]:
    """The phrases, which go from left to right, that share a character with this place."""
    first = bisect_right(phrases, place.start, key=lambda one: one.stop)
    return phrases[first : bisect_left(phrases, place.stop, key=lambda one: one.start)]


def _yields(phrase: Match, number: Change) -> bool:
    """Whether this phrase is no more than a part of the number."""
    if isinstance(phrase.outcome, Mark | Sign):
        return number.start < phrase.start and phrase.stop < number.stop
    return isinstance(phrase.outcome, Ordinary)


def _sounds(text: str, phrases: list[Match]) -> Iterator[Match]:
    """The annotations, but none that is part of a phrase of the user's own: that stays. Where it is
    uncertain, a phrase within it is enough."""
    first = 0
    for one in annotations(text):
        while first < len(phrases) and phrases[first].stop <= one.start:
            first += 1
        phrase = phrases[first] if first < len(phrases) else None
        if phrase is None or phrase.start >= one.stop or (one.certain and not _covers(phrase, one)):
            yield Match(one.start, one.stop, Literal(""))


def _covers(match: Match, one: Annotation) -> bool:
    return match.start <= one.start and one.stop <= match.stop


def _is_written(piece: Piece) -> bool:
    """Whether there is more to this piece than signs, which alone are no text."""
    if isinstance(piece, str):
        return any(unicodedata.category(sign)[0] not in "PZC" for sign in piece)
    return isinstance(piece, Mark | Break | Literal | Block | Sign | Formatter)


def _one_space(spaces: re.Match[str]) -> str:
    return " " if " " in spaces[0] else spaces[0][0]


def _base(language: str | None) -> str | None:
    """The language without its region; None if it is unknown."""
    base = (language or AUTO).replace("_", "-").partition("-")[0].lower()
    return None if base in (AUTO, LAYOUT, "und") else base
