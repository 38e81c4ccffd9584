"""Code mode: the formatters and signs of programmers, in place of capitals and punctuation. Pure.

A formatter takes the words after it, up to the next formatter, sign or line end, or to the end of
the text. Two in a row work together, the second one first: "dub string snake case foo bar" is
"foo_bar" in double quotes. The engine's own capitals and punctuation are dropped: it writes prose.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from dictate.text.code_signs import code_signs
from dictate.text.phrases import atoms_in
from dictate.text.pieces import (
    Block,
    Break,
    Escape,
    Formatter,
    Literal,
    Outcome,
    Piece,
    Room,
    Sign,
)

_PARTS = re.compile(r"[^\W_]+")
_ENGINES_SIGNS = re.compile(r"(?<!\S)[.,;:!?\u2026]+(?=\s|$)|(?<=\w)[.,;:!?\u2026]+(?=\s|$)")
"""Signs at the end of a word, or on their own."""


def _joined(sign: str, first: Callable[[str], str], rest: Callable[[str], str]) -> "_Format":
    def form(text: str) -> str:
        head, *others = _PARTS.findall(text.lower()) or [""]
        return sign.join([first(head), *map(rest, others)])

    return form


def _spaced(change: Callable[[str], str]) -> "_Format":
    return lambda text: " ".join(map(change, text.split()))


_Format: TypeAlias = Callable[[str], str]


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


_FORMATS: Final[dict[str, tuple[_Format, str]]] = {
    "camel": (_joined("", str, _capital), "camel, camel case, private camel"),
    "pascal": (
        _joined("", _capital, _capital),
        "hammer, hammer case, pascal, pascal case, public camel",
    ),
    "snake": (_joined("_", str, str), "snake, snake case"),
    "constant": (_joined("_", str.upper, str.upper), "constant, constant case, screaming snake"),
    "kebab": (_joined("-", str, str), "kebab, kebab case"),
    "dotted": (_joined(".", str, str), "dotted, dot case"),
    "smash": (_joined("", str, str), "smash, no space, no spaces"),
    "conga": (_joined("/", str, str), "conga, slash case"),
    "slasher": (lambda text: "/" + _joined("/", str, str)(text), "slasher"),
    "packed": (_joined("::", str, str), "packed"),
    "dunder": (lambda text: f"__{_joined('_', str, str)(text)}__", "dunder"),
    "capitals": (str.upper, "all caps, all cap"),
    "small": (str.lower, "all down, lower case"),
    "title": (_spaced(_capital), "title case"),
    "double": (lambda text: f'"{text}"', "dub string, double string"),
    "single": (lambda text: f"'{text}'", "single string"),
}
"""Each formatter with its names, Talon's first. Talon's "string" and "list" are words that
programmers say too often."""

_OPEN_WORDS: Final = (
    "and assert await case class const def del elif else for from if import in is let not or "
    "return switch var while with yield"
)
_KEYWORDS: Final = frozenset(_OPEN_WORDS.split())
"""Words that no sign touches, and after which "-" is the sign of a number."""


def code_phrases(escapes: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
    """Each name of a formatter or a sign. `escapes` are the words that make a name words."""
    listed: dict[str, Formatter | Sign] = {
        spoken: Formatter(name, spoken)
        for name, (_, names) in _FORMATS.items()
        for each in names.split(", ")
        for spoken in _ways_to_write(each)
    }
    listed |= dict(code_signs())
    yield from listed.items()
    for escape in escapes:
        words = len(atoms_in(escape))
        yield from ((f"{escape} {spoken}", Escape(words)) for spoken in listed)


def code_text(pieces: Sequence[Piece]) -> list[str | Break]:
    """The text, cut at the spoken line ends."""
    lines: list[str | Break] = []
    line = _Line()
    for token in _tokens(pieces):
        if isinstance(token, Break):
            lines += [line.text, token]
            line = _Line()
        else:
            line.add(token)
    return [*lines, line.text]


def _ways_to_write(name: str) -> Iterator[str]:
    """How engines may write the name of a formatter: "camel case", "camelcase", "camel-case"."""
    yield name
    if name.endswith(" case"):
        head = name.removesuffix(" case")
        yield from (f"{head}{sign}case" for sign in ("", "-", "_"))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str


def _tokens(pieces: Sequence[Piece]) -> Iterator[_Word | Sign | Break]:
    formatters: list[Formatter] = []
    words: list[str] = []

    def group() -> Iterator[_Word]:
        text = " ".join(words)
        if not text:
            # The name of a formatter that has nothing to format is a word.
            text = " ".join(formatter.spoken for formatter in formatters)
        elif formatters:
            for formatter in reversed(formatters):
                text = _FORMATS[formatter.name][0](text)
        if text:
            yield _Word(text)
        formatters.clear()
        words.clear()

    for piece in pieces:
        match piece:
            case str():
                words += _ENGINES_SIGNS.sub("", piece.lower()).split()
            case Literal(text):
                words.append(text)
            case Formatter():
                if words:
                    yield from group()
                formatters.append(piece)
            case Sign() | Break():
                yield from group()
                yield piece
            case Block(lines):
                yield from group()
                for number, line in enumerate(lines):
                    if number:
                        yield Break.LINE
                    if line:
                        yield _Word(line)
    yield from group()


class _Line:
    """One line of code, to which words and signs are added."""

    def __init__(self) -> None:
        self.text = ""
        self._room = Room.TIGHT
        self._value = False
        """Whether a value ends here: a word or a closing bracket."""
        self._open_quotes: set[str] = set()

    def add(self, token: _Word | Sign) -> None:
        if isinstance(token, _Word):
            self._put(token.text, Room.WORD, Room.WORD)
            self._value = token.text not in _KEYWORDS
            return
        left, right = token.left, token.right
        if token.is_quote:
            left, right = self._quote(token.text)
        elif token.may_lead and not self._value:
            left, right = Room.WORD, Room.TIGHT
        elif left is Room.TIGHT and self._room is Room.WORD and not self._value:
            left = Room.WORD
        self._put(token.text, left, right)
        self._value = left is Room.SHUT and right is Room.WORD

    def _put(self, text: str, left: Room, right: Room) -> None:
        if self.text and self._gap(left):
            self.text += " "
        self.text += text
        self._room = right

    def _gap(self, left: Room) -> bool:
        if self._room is Room.TIGHT or left is Room.SHUT:
            return False
        return Room.SPACE in (self._room, left) or left is Room.WORD

    def _quote(self, sign: str) -> tuple[Room, Room]:
        if sign in self._open_quotes:
            self._open_quotes.remove(sign)
            return Room.SHUT, Room.WORD
        self._open_quotes.add(sign)
        return Room.WORD, Room.TIGHT
