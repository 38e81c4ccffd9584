"""hotwords.toml as the program sees it: neutral, each engine maps it to a mechanism of its own.

Boost terms, replacements and commands are three separate things, here and in the file.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

AUTO = "auto"
"""Instead of a BCP 47 tag: the engine finds out what is spoken."""
ACTIONS: Final = ("newline", "paragraph")
"""What a spoken command may do, as hotwords.toml names it."""


class TermState(Enum):
    """Whether a term goes to the engine."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    """Kept in the file, but it fires where it should not."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase the engine should expect."""

    spelling: str
    """As it shall be written: "Claude Code"."""
    weight: float = 1.0
    """Its own strength, times the strength of all; above 0, at most 10."""
    sounds_like: tuple[str, ...] = ()
    """Spoken forms in ordinary words: "clod code"."""
    language: str | None = None
    """Only for this language (BCP 47); None for all."""
    state: TermState = TermState.ACTIVE


@dataclass(frozen=True, slots=True)
class Guards:
    """What keeps terms from doing harm, for engines that boost; see config.toml, [hotwords]."""

    shortest: int = 3
    """Letters of the shortest term that is boosted."""
    cap: bool = True
    """Whether long lists are boosted less."""
    compare: bool = True
    """Whether a text that differs wildly from the unboosted one gives way to it."""


@dataclass(frozen=True, slots=True)
class Hotwords:
    """The whole list, immutable; two equal lists are the same list."""

    terms: tuple[Term, ...] = ()
    strength: float = 1.0
    """The strength of all, from config.toml."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Heard -> written, whole words, letter case ignored."""
    commands: tuple[tuple[str, str], ...] = ()
    """Spoken -> the name of an action ("new line" -> "newline")."""
    context: str = field(default="")
    """A sentence of the user's own on what this is about; engines that read prompts use it."""
    guards: Guards = Guards()

    def for_language(self, language: str | None) -> tuple[Term, ...]:
        """The active terms that count for this language: for AUTO, those of all."""
        language = None if language and language.lower() == AUTO else language
        return tuple(
            term
            for term in self.terms
            if term.state is TermState.ACTIVE
            and (term.language is None or language is None or _same(term.language, language))
        )


def _same(one: str, other: str) -> bool:
    """Whether two BCP 47 tags name the same language, regions aside."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
