"""The content of hotwords.toml, independent of engines: each engine maps it to its own mechanism.

Terms, replacements and commands are three separate things, here and in the file.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from functools import cached_property
from typing import Any, Final

from dictate.hotwords.limits import composed, folded

AUTO = "auto"
"""In place of a BCP 47 tag: the engine detects the language."""
ACTIONS: Final = ("newline", "paragraph")
"""The actions of spoken commands within a text, by their names in hotwords.toml."""
EDITS: Final = ("scratch", "select", "capital", "new_sentence", "undo")
"""Those of commands that are a whole utterance."""
MAIN: Final = "main"
"""The name of the settings outside of profiles."""
SECOND: Final = "second"
"""The name of the profile that [second] of older files is."""


class TermState(Enum):
    """Whether a term goes to the engine."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    """Kept in the file but not used, because it turns up where it was not said."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase the engine should expect."""

    spelling: str
    """How it is written: "Claude Code"."""
    weight: float = 1.0
    """Its own strength, multiplied by the strength of the list; above 0, at most 10."""
    sounds_like: tuple[str, ...] = ()
    """Spoken forms in ordinary words: "clod code"."""
    language: str | None = None
    """The only language in which it counts (BCP 47); None means all."""
    state: TermState = TermState.ACTIVE
    group: str = ""
    """The name of its group; empty if it is always on."""


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that are on only in some profiles or applications."""

    name: str
    profiles: tuple[str, ...] = ()
    """Their names; empty means all."""
    applications: tuple[str, ...] = ()
    """Names of applications, as in `Focus.application`; empty means all, and also that it does not
    matter whether the application is known."""

    def is_on(self, *, profile: str, application: str) -> bool:
        """Whether its terms count in this profile and application ("" if that is not known)."""
        if self.profiles and profile not in self.profiles:
            return False
        return not self.applications or any(_is(name, application) for name in self.applications)


@dataclass(frozen=True, slots=True)
class Source:
    """A URL that returns more terms, as a JSON list."""

    url: str
    header: str = ""
    """The header that the token is sent in; empty means a bearer token."""
    token_file: str = ""
    refresh_min: float = 60.0
    """Minutes between two requests."""
    group: str = ""
    """The group of its terms."""

    @property
    def name(self) -> str:
        """The URL in messages: without a query, which may have a secret in it."""
        return self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits to the harm of terms, for engines that boost; see config.toml, [hotwords]."""

    shortest: int = 3
    """Minimum number of letters of a term that is boosted."""
    cap: bool = True
    """Whether long lists are boosted less."""
    compare: bool = True
    """Whether the unboosted text replaces a boosted one that differs wildly from it."""


@dataclass(frozen=True, eq=False)
class Hotwords:
    """The whole list, or that of one dictation; immutable. Two equal lists are the same list.

    Lists are compared by their digest, which is kept: with 10,000 terms, to compare and hash them
    by their fields would take longer than some dictations may.
    """

    terms: tuple[Term, ...] = ()
    strength: float = 1.0
    """The strength of the list, from config.toml."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Recognized -> written; whole words, regardless of letter case."""
    replacements_in: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """The same for single languages: BCP 47 tag -> replacements."""
    snippets: tuple[tuple[str, str], ...] = field(default=(), metadata={"leaves": False})
    """Name -> text with placeholders. They never leave the daemon."""
    commands: tuple[tuple[str, str], ...] = ()
    """Spoken -> the name of an action ("new line" -> "newline")."""
    context: str = field(default="")
    """A sentence of the user about the topic; engines that take prompts use it."""
    guards: Guards = Guards()
    groups: tuple[Group, ...] = ()
    """Of the whole list; that of one dictation has none."""
    sources: tuple[Source, ...] = ()
    """The same."""

    def for_use(self, *, profile: str = MAIN, application: str) -> "Hotwords":
        """The list of one dictation: without the terms of the groups that are off in this profile
        and application ("" if that is not known). Two calls that mean the same terms return the
        same object."""
        if not self.groups and not self.sources:
            return self
        off = frozenset(
            group.name
            for group in self.groups
            if not group.is_on(profile=profile, application=application)
        )
        if off not in self._uses:
            terms = tuple(term for term in self.terms if term.group not in off)
            self._uses[off] = replace(self, terms=terms, groups=(), sources=())
        return self._uses[off]

    @cached_property
    def _uses(self) -> dict[frozenset[str], "Hotwords"]:
        """The lists that were asked for, by the groups that are off."""
        return {}

    def stronger(self, factor: float) -> "Hotwords":
        """The list with a strength so many times as high. Two calls return the same object."""
        if factor not in self._stronger:
            self._stronger[factor] = replace(self, strength=self.strength * factor)
        return self._stronger[factor]

    @cached_property
    def _stronger(self) -> dict[float, "Hotwords"]:
        return {}

    def replacing(self, pairs: tuple[tuple[str, str], ...]) -> "Hotwords":
        """The list with these replacements before its own. Two calls with the same ones return the
        same object."""
        if not pairs:
            return self
        if pairs not in self._replacing:
            own = {folded(heard) for heard, _ in pairs}

            def others(given: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
                return tuple(pair for pair in given if folded(pair[0]) not in own)

            self._replacing[pairs] = replace(
                self,
                replacements=(*pairs, *others(self.replacements)),
                replacements_in=tuple((tag, others(each)) for tag, each in self.replacements_in),
            )
        return self._replacing[pairs]

    @cached_property
    def _replacing(self) -> dict[tuple[tuple[str, str], ...], "Hotwords"]:
        return {}

    def uses(self, *, profile: str) -> tuple["Hotwords", ...]:
        """Every list that a dictation in this profile can have, first that of an unknown
        application."""
        names = ("", *self._applications)
        lists = (self.for_use(profile=profile, application=name) for name in names)
        return tuple({id(each): each for each in lists}.values())

    @property
    def by_application(self) -> bool:
        """Whether the list of a dictation depends on its application."""
        return any(group.applications for group in self.groups)

    @property
    def _applications(self) -> Iterator[str]:
        return (name for group in self.groups for name in group.applications)

    @cached_property
    def encoded(self) -> bytes:
        """What engines get of it, as JSON, in the same form in every process."""
        return canonical_json(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal. The first call takes some 50 ms for 10,000 terms:
        make it off the loop."""
        return hashlib.sha256(self.encoded).hexdigest()

    @property
    def is_encoded(self) -> bool:
        """Whether the digest is known already."""
        return "digest" in self.__dict__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hotwords):
            return NotImplemented
        return self is other or (self.digest == other.digest and self.snippets == other.snippets)

    def __hash__(self) -> int:
        return hash(self.digest)

    def term(self, spelling: str) -> Term | None:
        """The term with this spelling, regardless of letter case; None if there is none."""
        wanted = folded(composed(spelling))
        return next((term for term in self.terms if folded(term.spelling) == wanted), None)

    def for_language(self, language: str | None) -> tuple[Term, ...]:
        """The active terms for this language; AUTO means those of all languages."""
        language = None if language and language.lower() == AUTO else language
        return tuple(
            term
            for term in self.terms
            if term.state is TermState.ACTIVE
            and (term.language is None or language is None or _same(term.language, language))
        )

    def replacements_for(self, language: str | None) -> tuple[tuple[str, str], ...]:
        """The replacements for this language; AUTO means those of all languages."""
        language = None if language and language.lower() == AUTO else language
        own = (
            pair
            for tag, pairs in self.replacements_in
            if language is None or _same(tag, language)
            for pair in pairs
        )
        return (*own, *self.replacements)


def _is(name: str, application: str) -> bool:
    """Whether the user's name for an application means this one. On some desktops it has a domain
    in front: org.kde.konsole."""
    name, application = name.casefold(), application.casefold()
    return name in (application, application.rpartition(".")[2])


def canonical_json(value: Any) -> bytes:
    """A value of JSON, or a list of hotwords, in the one form that is hashed."""
    return json.dumps(value, default=_content, sort_keys=True, separators=(",", ":")).encode()


def _content(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    found = {
        one.name: getattr(value, one.name)
        for one in fields(value)
        if one.metadata.get("leaves", True)
    }
    # A number in a file may lack its fraction: 1 is 1.0.
    numbers = {one.name: float(found[one.name]) for one in fields(value) if one.type is float}
    return found | numbers


def _same(one: str, other: str) -> bool:
    """Whether two BCP 47 tags name the same language, regardless of the region."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()
