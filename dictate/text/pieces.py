"""The parts of a text between the steps.

A spoken line end is an object, not a character: no engine output can be mistaken for one.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Break(Enum):
    """A spoken line end."""

    LINE = "\n"
    PARAGRAPH = "\n\n"


class Glue(Enum):
    """The side on which a sign takes no space."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign that was spoken: "comma"."""

    sign: str
    glue: Glue = Glue.LEFT
    ends_sentence: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """Final text: a term's spelling or a replacement. No later step changes it."""

    text: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A snippet that was spoken, with its placeholders."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of the user's own, exactly as they are to be written."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """A place where something recognized is not written: a filler, a sound, an escape."""

    capital: bool = False
    """Whether it began with a capital, which the next word gets at the start of a sentence."""


@dataclass(frozen=True, slots=True)
class Escape:
    """Of a phrase like "literal comma": its first words are removed, and the rest stays words."""

    words: int


@dataclass(frozen=True, slots=True)
class Ordinary:
    """A phrase that contains the name of a sign and means none: "point of view" in French."""


class Room(Enum):
    """What stands between a sign of code and its neighbour."""

    WORD = "word"
    """As beside a word: a space, unless the neighbour takes none."""
    TIGHT = "tight"
    """No space, unless the neighbour always has one."""
    SHUT = "shut"
    """No space, ever."""
    SPACE = "space"
    """Always a space."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of code that was spoken: "open paren"."""

    text: str
    left: Room
    right: Room
    may_lead: bool = False
    """An operator that touches what follows where no value stands before it: "-1", "*args"."""
    is_quote: bool = False
    """Each second one closes."""


@dataclass(frozen=True, slots=True)
class Formatter:
    """The spoken name of a formatter of code: "camel case"."""

    name: str
    spoken: str


Outcome: TypeAlias = (
    Literal
    | Mark
    | Break
    | Escape
    | Ordinary
    | Snippet
    | Sign
    | Formatter
    | tuple[Mark | Break, ...]
)
"""What a spoken phrase becomes."""

Piece: TypeAlias = str | Literal | Block | Mark | Break | Removed | Sign | Formatter
"""A str is text from the engine."""
