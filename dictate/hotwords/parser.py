"""Parses hotwords.toml and collects every mistake in it."""

import unicodedata
from dataclasses import fields
from math import isfinite
from typing import Any

from dictate.errors import did_you_mean
from dictate.hotwords.language import language_tag
from dictate.hotwords.model import ACTIONS, AUTO, Hotwords, Term, TermState
from dictate.plain_text import clean
from dictate.toml import toml_file
from dictate.toml.positions import Key, span_of
from dictate.toml.toml_file import Document, Problems

MOST_TERMS = 10_000
MOST_FORMS = 16
LONGEST_PHRASE = 64
LONGEST_REPLACEMENT = 500
LONGEST_CONTEXT = 1000
HEAVIEST = 10.0

_TOP = ("context", "words", "word", "replacements", "commands")
_WORD = tuple(field.name for field in fields(Term))


def parse(text: str, name: str = "hotwords.toml", strength: float = 1.0) -> Hotwords:
    """The list in a TOML text. Raises ConfigError with all problems at once."""
    document = toml_file.parse(text, name, toml_file.LARGEST_LIST_BYTES)
    problems = Problems(document)
    hotwords = _Reader(document, problems).read(strength)
    problems.raise_if_any()
    return hotwords


class _Reader:
    """Reports mistakes to `problems`; after a mistake, the values it returns are of no use."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self._data = document.data
        self._text_of_file = document.text
        self._wrong = problems.add
        self._line = problems.line

    def read(self, strength: float) -> Hotwords:
        for name in self._data:
            if name not in _TOP:
                self._wrong((name,), _unknown(name, _TOP))
        return Hotwords(
            terms=self._terms(),
            strength=strength,
            replacements=self._replacements(),
            replacements_in=self._replacements_in(),
            commands=self._commands(),
            context=self._text(("context",), self._data.get("context", ""), LONGEST_CONTEXT),
        )

    def _terms(self) -> tuple[Term, ...]:
        found: list[tuple[Key, Term]] = []
        words = self._list("words", 'words must be a list, like ["Claude Code"]', (str, list, dict))
        for number, word in enumerate(words):
            key: Key = ("words", number)
            if isinstance(word, dict):
                self._wrong(key, "words holds texts only; for more about a term, write [[word]]")
            else:
                found.append((key, Term(self._phrase(key, word))))
        tables = self._list("word", "write [[word]], with two brackets, above each term", (dict,))
        for number, table in enumerate(tables):
            key = ("word", number)
            found.append(((*key, "spelling"), self._term(key, table)))
        if len(found) > MOST_TERMS:
            self._wrong(found[MOST_TERMS][0], f"there are more than {MOST_TERMS} terms")
        self._no_twins([(key, term.spelling) for key, term in found])
        return tuple(term for _, term in found)

    def _term(self, key: Key, table: dict[str, Any]) -> Term:
        for name in table:
            if name in _TOP:
                self._wrong((*key, name), _too_low(name))
            elif name not in _WORD:
                self._wrong((*key, name), _unknown(name, _WORD))
        if "spelling" not in table:
            self._wrong(key, 'this [[word]] has no spelling, like spelling = "Claude Code"')
            return Term("")
        return Term(
            spelling=self._phrase((*key, "spelling"), table["spelling"]),
            weight=self._weight((*key, "weight"), table.get("weight", 1.0)),
            sounds_like=self._forms((*key, "sounds_like"), table.get("sounds_like", [])),
            language=self._language((*key, "language"), table.get("language")),
            state=self._state((*key, "state"), table.get("state", TermState.ACTIVE.value)),
        )

    def _weight(self, key: Key, given: Any) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
            self._wrong(key, "weight must be a number")
        elif not 0 < given <= HEAVIEST:
            self._wrong(key, f"weight must be above 0 and at most {HEAVIEST:g}, not {given:g}")
        else:
            return float(given)
        return 1.0

    def _forms(self, key: Key, given: Any) -> tuple[str, ...]:
        if not isinstance(given, list):
            self._wrong(key, 'sounds_like must be a list, like ["nemo tron"]')
            return ()
        if len(given) > MOST_FORMS:
            self._wrong(key, f"sounds_like has more than {MOST_FORMS} forms")
        return tuple(self._phrase((*key, number), form) for number, form in enumerate(given))

    def _language(self, key: Key, given: Any) -> str | None:
        if given is None:
            return None
        if not isinstance(given, str) or given == AUTO:
            self._wrong(key, 'language must be a tag like "en" or "de-CH"')
            return None
        try:
            return language_tag(given)
        except ValueError as error:
            self._wrong(key, f"language cannot be {given!r}: {error}")
            return None

    def _state(self, key: Key, given: Any) -> TermState:
        states = [state.value for state in TermState]
        if given in states:
            return TermState(given)
        self._wrong(key, f"state must be one of {', '.join(states)}{did_you_mean(given, states)}")
        return TermState.ACTIVE

    def _replacements(self) -> tuple[tuple[str, str], ...]:
        return self._pairs(
            [
                (key, heard, given)
                for key, heard, given in self._table("replacements", '"git hub" = "GitHub"')
                if not self._is_table(key, given)
            ]
        )

    def _replacements_in(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Those of single languages, in tables like [replacements.de]."""
        found = []
        for key, tag, given in self._table("replacements", ""):
            if self._is_table(key, given):
                try:
                    language_tag(tag)
                except ValueError as error:
                    self._wrong(key, f"[replacements.{tag}] cannot be: {error}")
                pairs = [((*key, heard), heard, written) for heard, written in given.items()]
                found.append((tag, self._pairs(pairs)))
        return tuple(found)

    def _is_table(self, key: Key, given: Any) -> bool:
        """Whether this is a [table], not a key with a dot."""
        return isinstance(given, dict) and span_of(self._text_of_file, key) is not None

    def _pairs(self, found: list[tuple[Key, str, Any]]) -> tuple[tuple[str, str], ...]:
        pairs = []
        for key, heard, given in found:
            if heard in _TOP and isinstance(given, list):
                self._wrong(key, _too_low(heard))
                continue
            written = self._text(key, given, LONGEST_REPLACEMENT)
            pairs.append((self._phrase(key, heard), written))
        self._no_twins([(key, heard) for key, heard, _ in found])
        return tuple(pairs)

    def _commands(self) -> tuple[tuple[str, str], ...]:
        found = self._table("commands", '"next line" = "newline"')
        pairs = []
        for key, spoken, action in found:
            if spoken in _TOP and action not in ACTIONS:
                self._wrong(key, _too_low(spoken))
            elif not isinstance(action, str) or action not in ACTIONS:
                meant = did_you_mean(action, ACTIONS)
                self._wrong(key, f"a command is one of {', '.join(ACTIONS)}{meant}")
            else:
                pairs.append((self._phrase(key, spoken), action))
        self._no_twins([(key, spoken) for key, spoken, _ in found])
        return tuple(pairs)

    def _list(self, name: str, message: str, kinds: tuple[type, ...]) -> list[Any]:
        given = self._data.get(name, [])
        if isinstance(given, list) and all(isinstance(item, kinds) for item in given):
            return given
        self._wrong((name,), message)
        return []

    def _table(self, name: str, example: str) -> list[tuple[Key, str, Any]]:
        given = self._data.get(name, {})
        if not isinstance(given, dict):
            self._wrong((name,), f"write [{name}], and below it lines like {example}")
            return []
        return [((name, key), key, value) for key, value in given.items()]

    def _phrase(self, key: Key, given: Any) -> str:
        """A phrase that can be spoken."""
        phrase = self._text(key, given, LONGEST_PHRASE)
        if isinstance(given, str) and not any(character.isalnum() for character in phrase):
            self._wrong(key, "this needs at least one letter or digit")
        return phrase

    def _text(self, key: Key, given: Any, longest: int) -> str:
        if not isinstance(given, str):
            dotted = " (a key with a dot needs quotes, too)" if isinstance(given, dict) else ""
            self._wrong(key, f"this must be a text in quotes{dotted}")
            return ""
        text = unicodedata.normalize("NFC", given.strip())
        if len(text) > longest:
            self._wrong(key, f"this has {len(text)} characters, at most {longest} are allowed")
        elif clean(text) != text:
            self._wrong(key, "this has a line end, a tab or an invisible character")
        return text

    def _no_twins(self, phrases: list[tuple[Key, str]]) -> None:
        seen: dict[str, Key] = {}
        for key, phrase in phrases:
            folded = unicodedata.normalize("NFC", phrase.casefold())
            first = seen.setdefault(folded, key)
            if folded and first != key:
                line = self._line(first)
                self._wrong(key, f'"{phrase}" is in line {line} already: remove one of them')


def _too_low(name: str) -> str:
    return f"{name} must be above the first [table]"


def _unknown(name: str, known: tuple[str, ...]) -> str:
    return f"{name} has no meaning here{did_you_mean(name, known)}"
