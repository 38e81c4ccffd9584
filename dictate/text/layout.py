"""Places spoken signs and line ends, and closes the gaps where something was removed: spaces around
signs, a capital after a full stop.

Engines that punctuate put their own signs around a spoken command ("Hello, comma. World"). Next to
a command, only the spoken sign stays.
"""

import re
from collections.abc import Sequence

from dictate.text.pieces import Block, Break, Glue, Literal, Mark, Piece, Removed
from dictate.text.removal import close_gap

_SIGNS_BEFORE = re.compile(r"(?:(?:^|(?<=\w))[.,;:!?\u2026]+)?\s*$")
_SIGNS_AFTER = re.compile(r"^[.,;:!?\u2026]+(?=\s|$)")
_COMMA_BEFORE = re.compile(r",?\s*$")
_FIRST_WORD = re.compile(r"^([\W_]*)([^\W\d_]+)")
_SIGN = re.compile(r"[^\w\s]")
_WORD = re.compile(r"[^\W_]")
_AROUND = '"()[]'


LONGEST_LINE = 1024
"""Characters at the end of a line that are enough to close a gap there."""


def lay_out(pieces: Sequence[Piece], language: str | None = None) -> list[str | Break]:
    """The text, cut at the spoken line ends. What needs no change stays as it is. `language` is a
    BCP 47 tag without region."""
    lines: list[str | Break] = []
    line = ""
    space: str | None = None  # put before the next words; None keeps what the engine put there
    capital = False
    left = _without_the_engines_signs(pieces)
    for number, piece in enumerate(left):
        match piece:
            case Break():
                lines += [line.rstrip(), piece]
                line, space = "", ""
            case Mark():
                apart = piece.glue in (Glue.RIGHT, Glue.NEITHER) and line and space != ""
                line = line.rstrip() + (" " if apart else "") + piece.sign
                space = "" if piece.glue in (Glue.RIGHT, Glue.BOTH) else " "
                capital = piece.ends_sentence or (capital and piece.sign in _AROUND)
            case Removed():
                # A long line is put away up to a space, so that no gap costs more than another.
                if (cut := line.rfind(" ", 0, max(len(line) - LONGEST_LINE, 0))) > 0:
                    lines.append(line[:cut])
                    line = line[cut:]
                following = left[number + 1] if number + 1 < len(left) else None
                after = following if isinstance(following, str) else ""
                later = _next(left, number + isinstance(following, str))
                last = not isinstance(later, Literal | Block | Removed | str)
                touching = space or ""
                line, rest, moved = close_gap(
                    line + touching, after, capital=piece.capital, last=last
                )
                if touching:
                    line = line.rstrip()
                else:
                    space = None
                capital = capital or moved
                if isinstance(following, str):
                    left[number + 1] = rest
            case Literal(text):
                line += (space or "") + text
                space, capital = None, False
            case Block((first, *others)):
                line = line + (space or "") + first if first else line.rstrip()
                for each in others:
                    lines += [line, Break.LINE]
                    line = each
                at_start = (others and not line) or line.endswith(" ")
                space, capital = ("" if at_start else None), False
            case str(text):
                if space == " " and _SIGN.match(text):
                    space = ""
                if space is not None:
                    text = text.lstrip()
                if not text:
                    continue
                if capital:
                    text = with_capital(text, language)
                    capital = not _WORD.search(text)
                line += (space or "") + text
                space = None
    return [*lines, line]


def _next(pieces: Sequence[Piece], number: int) -> Piece | None:
    """The piece after this one that is more than spaces."""
    for at in range(number + 1, len(pieces)):
        piece = pieces[at]
        if not isinstance(piece, str) or piece.strip():
            return piece
    return None


def with_capital(text: str, language: str | None) -> str:
    """The text with a capital at its first word, unless that has capitals of its own: "iPhone"."""
    match = _FIRST_WORD.match(text)
    if match is None:
        return text
    signs, word = match.groups()
    if not word.islower():
        return text
    if language == "nl" and signs.endswith(("'", "\u2019")) and len(word) == 1:
        head = text[: match.end()]  # "'s morgens" becomes "'s Morgens"
        return head + re.sub(r"^\s+[^\W\d_]", lambda found: found[0].upper(), text[match.end() :])
    size = 2 if language == "nl" and word.startswith("ij") else 1
    head = word[:size].upper() if size == 2 else word[0].title()
    if language in ("tr", "az") and word[0] == "i":
        head = "\u0130"
    return signs + head + word[size:] + text[match.end() :]


def _without_the_engines_signs(pieces: Sequence[Piece]) -> list[Piece]:
    cleared = list(pieces)
    for number, piece in enumerate(pieces):
        if isinstance(piece, str) and _is_alone(pieces, number):
            cleared[number] = ""
        elif isinstance(piece, str):
            before = pieces[number - 1] if number else None
            after = pieces[number + 1] if number + 1 < len(pieces) else None
            cleared[number] = _clear_start(_clear_end(piece, after), before)
    return cleared


def _is_alone(pieces: Sequence[Piece], number: int) -> bool:
    """Whether this is nothing but signs around a snippet that is all that was said."""
    return (
        any(isinstance(piece, Block) for piece in pieces)
        and all(isinstance(piece, Block) or _is_signs(piece) for piece in pieces)
        and _is_signs(pieces[number])
    )


def _is_signs(piece: Piece) -> bool:
    return isinstance(piece, str) and not _WORD.search(piece)


def _clear_end(text: str, after: Piece | None) -> str:
    if isinstance(after, Break) or (isinstance(after, Mark) and _closes(after)):
        return _COMMA_BEFORE.sub("", text)
    if isinstance(after, Mark) and after.glue is not Glue.RIGHT:
        return _SIGNS_BEFORE.sub("", text)
    return text


def _clear_start(text: str, before: Piece | None) -> str:
    if isinstance(before, Break) or (isinstance(before, Mark) and not _closes(before)):
        return _SIGNS_AFTER.sub("", text)
    if isinstance(before, Block) and not before.lines[-1][-1:].isalnum():
        return _SIGNS_AFTER.sub("", text)
    return text


def _closes(mark: Mark) -> bool:
    return mark.sign in _AROUND and mark.glue is Glue.LEFT
