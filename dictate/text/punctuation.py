"""The user's style of punctuation: the signs and capitals of the engine, as it wrote them or fewer.

Only text from the engine is changed. Signs that were spoken stay, and so do terms, replacements and
numbers. The sign of an abbreviation, of a decimal, a time, an address or a file name is none of a
sentence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from dictate.text.pieces import Break, Mark, Piece, Removed

SHORT: Final = 100
"""Maximum characters of a text that is short: one line of a chat."""

_ABBREVIATION: Final = (
    r"(?:\b[^\W\d_]\.[^\W\d_]"  # "p.m." and "e.g."
    r"|\b(?:[zZ]\. ?[bB]|[dD]\. ?[hH]|[uU]\. ?[aA]|[oO]\. ?[äÄ])"
    r"|\b(?:etc|usw|bzw|vs|Mr|Mrs|Ms|Dr|Prof|Nr|Sra?|Hr))"
)
_AT_ABBREVIATION = re.compile(rf"{_ABBREVIATION}$", re.IGNORECASE)
_GERMAN_ORDINAL = re.compile(
    r"\d$|\b(?:z|d|u|o)$",  # "am 3. Oktober", and the first point of "z. B."
)
_GERMAN_GOES_ON = re.compile(
    r"\.\s+(?:[a-zäöü]|B\.|Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober"
    r"|November|Dezember|Jahrhundert)"
)
_SIGNS = re.compile(
    r"\s*[.,;:!?\u2026\u3002\uff0e\uff0c\u3001\uff1b\uff1a\uff01\uff1f]+"
    r"(?=\s|$|[\"'\u2019\u201d\u201c\u00bb)\]])"
    r"|[\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f]|[\u00bf\u00a1]"
)
_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d\u00bb)\]]*(?:\s|$)")
_LAST_STOP = re.compile(r"(?<![.\u3002])[.\u3002](?=[\"'\u2019\u201d\u00bb)\]]*\s*$)")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def in_style(pieces: Sequence[Piece], style: str, language: str | None) -> list[Piece]:
    """The pieces in a style of `text.punctuation`. `language` is a BCP 47 tag without region, None
    if it is unknown."""
    if style == "short":
        return _without_last_stop(pieces, language)
    if style == "full":
        return list(pieces)
    lower = style == "lower"
    return [_bare(piece, language, lower=lower) for piece in pieces]


def _bare(piece: Piece, language: str | None, *, lower: bool) -> Piece:
    if isinstance(piece, str):
        bare = _SIGNS.sub(lambda signs: _kept(signs, language), piece)
        return _WORD.sub(lambda word: _small(word[0], language), bare) if lower else bare
    if lower and isinstance(piece, Mark):
        return replace(piece, ends_sentence=False)
    return Removed() if lower and isinstance(piece, Removed) else piece


def _kept(signs: re.Match[str], language: str | None) -> str:
    """What remains of these signs."""
    at = signs.end() - len(signs[0].lstrip())
    return "." if signs.string[at] == "." and _abbreviates(signs.string, at, language) else ""


def _abbreviates(text: str, at: int, language: str | None) -> bool:
    """Whether the point at this place belongs to the word before it."""
    before = text[max(at - 16, 0) : at]
    if _AT_ABBREVIATION.search(before):
        return True
    goes_on = language == "de" and _GERMAN_GOES_ON.match(text, at)
    return bool(goes_on and _GERMAN_ORDINAL.search(before))


def _small(word: str, language: str | None) -> str:
    """The word without its capital, unless that is a part of its spelling: NASA, iPhone, I."""
    if language in (None, "en") and re.match(r"I(?:['\u2019]|$)", word):
        return word
    rest = word[1:]
    return word[0].lower() + rest if rest == rest.lower() else word


def _without_last_stop(pieces: Sequence[Piece], language: str | None) -> list[Piece]:
    """The pieces without the full stop of a short text that is one sentence."""
    styled = list(pieces)
    if any(isinstance(piece, Break) for piece in pieces) or _sentences(pieces, language) != 1:
        return styled
    if sum(map(len, _texts(pieces))) > SHORT:
        return styled
    for number in range(len(styled) - 1, -1, -1):
        piece = styled[number]
        if isinstance(piece, str) and piece.strip():
            stop = _LAST_STOP.search(piece)
            if stop and not _AT_ABBREVIATION.search(piece[: stop.start()]):
                styled[number] = piece[: stop.start()] + piece[stop.end() :]
            break
        if not isinstance(piece, Removed | str):
            break
    return styled


def _sentences(pieces: Sequence[Piece], language: str | None) -> int:
    """How many sentences end in the pieces."""
    marks = sum(isinstance(piece, Mark) and piece.ends_sentence for piece in pieces)
    return marks + sum(
        not _abbreviates(text, end.start(), language)
        for text in _texts(pieces)
        for end in _END.finditer(text)
    )


def _texts(pieces: Sequence[Piece]) -> Iterator[str]:
    """What the engine wrote."""
    return (piece for piece in pieces if isinstance(piece, str))
