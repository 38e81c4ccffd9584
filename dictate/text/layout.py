"""Places spoken signs and line ends: spaces around them, a capital after a full stop.

Engines that punctuate put their own signs around a spoken command ("Hello, comma. World"). Next to
a command, only the spoken sign stays.
"""

import re
from collections.abc import Sequence

from dictate.text.pieces import Break, Glue, Literal, Mark, Piece

_SIGNS_BEFORE = re.compile(r"(?:(?:^|(?<=\w))[.,;:!?\u2026]+)?\s*$")
_SIGNS_AFTER = re.compile(r"^[.,;:!?\u2026]+(?=\s|$)")
_COMMA_BEFORE = re.compile(r",?\s*$")
_COMMA_AFTER = re.compile(r"^,?(?=\s|$)")
_FIRST_LETTER = re.compile(r"^[\W_]*[^\W\d_]")
_SIGN = re.compile(r"[^\w\s]")
_WORD = re.compile(r"[^\W_]")
_AROUND = '"()[]'


def lay_out(pieces: Sequence[Piece]) -> list[str | Break]:
    """The text, cut at the spoken line ends. What needs no change stays as it is."""
    lines: list[str | Break] = []
    line = ""
    space: str | None = None  # put before the next words; None keeps what the engine put there
    capital = False
    for piece in _without_the_engines_signs(pieces):
        match piece:
            case Break():
                lines += [line.rstrip(), piece]
                line, space = "", ""
            case Mark():
                apart = piece.glue in (Glue.RIGHT, Glue.NEITHER) and line and space != ""
                line = line.rstrip() + (" " if apart else "") + piece.sign
                space = "" if piece.glue in (Glue.RIGHT, Glue.BOTH) else " "
                capital = piece.ends_sentence or (capital and piece.sign in _AROUND)
            case Literal(""):
                if space is None:
                    space = " " if line.strip() and line[-1].isspace() else ""
                line = line.rstrip()
            case Literal(text):
                line += (space or "") + text
                space, capital = None, False
            case str(text):
                if space == " " and _SIGN.match(text):
                    space = ""
                if space is not None:
                    text = text.lstrip()
                if not text:
                    continue
                if capital:
                    text = _FIRST_LETTER.sub(lambda match: match[0].upper(), text)
                    capital = not _WORD.search(text)
                line += (space or "") + text
                space = None
    return [*lines, line]


def _without_the_engines_signs(pieces: Sequence[Piece]) -> list[Piece]:
    cleared = list(pieces)
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            before = pieces[number - 1] if number else None
            after = pieces[number + 1] if number + 1 < len(pieces) else None
            cleared[number] = _clear_start(_clear_end(piece, after), before)
    return cleared


def _clear_end(text: str, after: Piece | None) -> str:
    if isinstance(after, Break) or (isinstance(after, Mark) and _closes(after)):
        return _COMMA_BEFORE.sub("", text)
    if isinstance(after, Mark) and after.glue is not Glue.RIGHT:
        return _SIGNS_BEFORE.sub("", text)
    return text


def _clear_start(text: str, before: Piece | None) -> str:
    if before == Literal(""):
        return _COMMA_AFTER.sub("", text)
    if isinstance(before, Break) or (isinstance(before, Mark) and not _closes(before)):
        return _SIGNS_AFTER.sub("", text)
    return text


def _closes(mark: Mark) -> bool:
    return mark.sign in _AROUND and mark.glue is Glue.LEFT
