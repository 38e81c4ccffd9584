"""What lint finds, and what it is told beside the list. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dictate.hotwords.model import MAIN
from dictate.phonetics.ordinary import English


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"
    """The term cannot do what it is for."""
    WARNING = "warning"
    """It does less than it seems, or may do harm."""
    HINT = "hint"
    """Good to know; nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    severity: Severity
    term: str
    """Its spelling; empty for what concerns the whole list."""
    problem: str
    advice: str
    place: str = ""
    """File and line: "hotwords.toml:12"; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A term as the engine's model sees it."""

    tokens: tuple[str, ...] = ()
    """The pieces of its spelling; empty if the engine has something else for it, such as a
    pronunciation."""
    problem: str = ""
    """Why the engine cannot use the term; empty if it can."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules are told beside the list. What is missing is not looked into."""

    sounds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Spelling -> its pronunciations."""
    close_words: Callable[[str], Sequence[tuple[float, str]]] = lambda _: ()
    """Pronunciation -> common words of nearly that sound, nearest first, with distances."""
    english: English | None = None
    spoken: Mapping[str, str] = field(default_factory=dict)
    """Spoken command, case-folded -> what it writes, for people."""
    snippet_word: str = ""
    """The guard word of snippets; empty if there is none."""
    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    """Spelling -> what the engine makes of it."""
    last_used: Mapping[str, float] = field(default_factory=dict)
    """Spelling -> when it was last heard, in seconds since 1970; of a term that never was, since
    when it has been in the list."""
    now: float = 0.0
    comfort: Sequence[tuple[int, str]] = ()
    """Numbers of terms, and what the engine does with a longer list."""
    said_as: Callable[[str], str] = lambda phrase: phrase
    """Spelling -> the words that are said for it: "c plus plus"."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Spelling -> file and line."""
    profiles: Sequence[str] = (MAIN,)
    """The profiles of config.toml."""
