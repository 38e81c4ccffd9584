"""What a text is made of between the steps.

A line end that somebody spoke is an object, not a character: nothing an engine writes can be one.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Break(Enum):
    """A line end that was asked for."""

    LINE = "\n"
    PARAGRAPH = "\n\n"


class Glue(Enum):
    """Which neighbour a sign clings to."""

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
    """Text that is as it has to be: a term's spelling, a replacement. No later step changes it."""

    text: str


Outcome: TypeAlias = Literal | Mark | Break
"""What a spoken phrase becomes."""

Piece: TypeAlias = str | Outcome
"""A str is what the engine wrote."""
