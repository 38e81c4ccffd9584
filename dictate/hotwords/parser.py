"""Parses hotwords.toml and the files beside it, and collects every mistake in them.

This reads one file, and reports what is wrong in it alone; `merge.py` joins the files and reports
what does not fit together.
"""

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from dictate.errors import ConfigError, did_you_mean
from dictate.hotwords.language import language_tag
from dictate.hotwords.limits import (
    LONGEST_CONTEXT,
    LONGEST_PHRASE,
    LONGEST_REPLACEMENT,
    MOST_FORMS,
    composed,
    why_not_phrase,
    why_not_text,
    why_not_weight,
)
from dictate.hotwords.merge import FileParts, Pairs, merged
from dictate.hotwords.model import (
    ACTIONS,
    AUTO,
    EDITS,
    Group,
    Hotwords,
    Source,
    Term,
    TermState,
)
from dictate.hotwords.snippet import SnippetProblem, check
from dictate.platform.web_address import safe_url
from dictate.toml import toml_file
from dictate.toml.positions import Key, span_of
from dictate.toml.toml_file import Document, Problems
from dictate.translation import _

LONGEST_NAME: Final = 200
"""Maximum characters of the name of a group, an application or a file."""
LONGEST_URL: Final = 2000
SOONEST_MIN, HOURLY, LATEST_MIN = 1, 60.0, 10_080
"""Minutes between two requests of a source: at least, by default, and at most (a week)."""

_TOP = ("context", "words", "word", "group", "source", "replacements", "snippets", "commands")
_ACTIONS = (*ACTIONS, *EDITS)
_WORD = tuple(field.name for field in fields(Term))
_GROUP = (*(field.name for field in fields(Group)), "words")
_SOURCE = tuple(field.name for field in fields(Source))
_STATES = {state.value: state for state in TermState}
_EACH = {"word": "term", "group": "group", "source": "source"}
_EXAMPLES: dict[str | int, str] = {"profiles": "main", "applications": "kitty"}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def parse(text: str, name: str = "hotwords.toml", strength: float = 1.0) -> Hotwords:
    """The list in a single TOML text. Raises ConfigError with all problems at once."""
    return parse_files([(name, text)], strength)[0]


def parse_files(
    files: Sequence[tuple[str, str]], strength: float = 1.0
) -> tuple[Hotwords, list[int]]:
    """The list in these TOML texts, each with its name in messages; and how many of its terms are
    from each, in their order. Raises ConfigError with all problems of all of them at once."""
    parts: list[FileParts] = []
    unreadable: list[str] = []
    for name, text in files:
        try:
            document = toml_file.parse(text, name, toml_file.LARGEST_LIST_BYTES)
        except ConfigError as error:
            unreadable += error.problems
        else:
            parts.append(_Reader(document).read())
    hotwords = merged(parts, strength, whole=not unreadable)
    found = [line for part in parts for line in part.problems.in_lines()]
    if found or unreadable:
        raise ConfigError(unreadable + found)
    return hotwords, [len(part.terms) for part in parts]


class _Reader:
    """Reports mistakes to its problems; after a mistake, the values it returns are of no use."""

    def __init__(self, document: Document) -> None:
        self._data = document.data
        self._text_of_file = document.text
        self._parts = FileParts(document.name, Problems(document))
        self._wrong = self._parts.problems.add

    def read(self) -> FileParts:
        for name in self._data:
            if name not in _TOP:
                self._wrong((name,), _unknown(name, _TOP))
        self._read_terms()
        for number, table in enumerate(self._list("group", "[[group]]", (dict,))):
            self._read_group(("group", number), table)
        for number, table in enumerate(self._list("source", "[[source]]", (dict,))):
            self._read_source(("source", number), table)
        self._read_replacements()
        self._read_snippets()
        self._read_commands()
        context = self._data.get("context", "")
        self._parts.context = self._text(("context",), context, LONGEST_CONTEXT)
        return self._parts

    def _read_terms(self) -> None:
        terms = self._parts.terms
        words = self._words(("words",), self._data.get("words", []))
        terms += [(key, Term(phrase)) for key, phrase in words]
        for number, table in enumerate(self._list("word", "[[word]]", (dict,))):
            key: Key = ("word", number)
            term = self._term(key, table)
            if term.group:
                self._parts.group_keys[len(terms)] = (*key, "group")
            terms.append(((*key, "spelling"), term))

    def _words(self, key: Key, given: Any) -> list[tuple[Key, str]]:
        """A list of terms, the short way."""
        if not _is_list(given, (str, list, dict)):
            self._wrong(key, _('words must be a list, like ["Claude Code"]'))
            return []
        found = []
        for number, word in enumerate(given):
            place = (*key, number)
            if isinstance(word, dict):
                self._wrong(
                    place, _("words holds texts only; for more about a term, write [[word]]")
                )
            else:
                found.append((place, self._phrase(place, word)))
        return found

    def _term(self, key: Key, table: dict[str, Any]) -> Term:
        self._no_others(key, table, _WORD)
        if "spelling" not in table:
            self._wrong(key, _('this [[word]] has no spelling, like spelling = "Claude Code"'))
            return Term("")
        return Term(
            spelling=self._phrase((*key, "spelling"), table["spelling"]),
            weight=self._weight((*key, "weight"), table.get("weight", 1.0)),
            sounds_like=self._forms((*key, "sounds_like"), table.get("sounds_like", [])),
            language=self._language((*key, "language"), table.get("language")),
            state=self._state((*key, "state"), table.get("state", TermState.ACTIVE.value)),
            group=self._name((*key, "group"), table.get("group", "")),
        )

    def _read_group(self, key: Key, table: dict[str, Any]) -> None:
        self._no_others(key, table, _GROUP)
        if not table.get("name"):
            self._wrong(key, _('this [[group]] has no name, like name = "code"'))
            return
        profiles = self._names((*key, "profiles"), table.get("profiles", []))
        applications = self._names((*key, "applications"), table.get("applications", []))
        name = self._name((*key, "name"), table["name"])
        self._parts.groups.append(((*key, "name"), Group(name, profiles, applications)))
        words = self._words((*key, "words"), table.get("words", []))
        self._parts.terms += [(place, Term(phrase, group=name)) for place, phrase in words]

    def _read_source(self, key: Key, table: dict[str, Any]) -> None:
        self._no_others(key, table, _SOURCE)
        if "url" not in table:
            self._wrong(
                key, _('this [[source]] has no url, like url = "http://localhost:8100/words"')
            )
            return
        header = self._name((*key, "header"), table.get("header", ""))
        if header and not _HEADER.fullmatch(header):
            self._wrong((*key, "header"), _('header must be the name of one, like "X-Token"'))
        token_file = self._name((*key, "token_file"), table.get("token_file", ""))
        if token_file and not token_file.startswith(("/", "~/")):
            self._wrong(
                (*key, "token_file"), _("token_file must be a path that begins with / or ~/")
            )
        if header and not token_file:
            self._wrong((*key, "header"), _("header needs a token_file: the file with its value"))
        source = Source(
            url=self._url((*key, "url"), table["url"]),
            header=header,
            token_file=token_file,
            refresh_min=self._minutes((*key, "refresh_min"), table.get("refresh_min", HOURLY)),
            group=self._name((*key, "group"), table.get("group", "")),
        )
        self._parts.sources.append((key, source))

    def _no_others(self, key: Key, table: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in table:
            if name in known:
                continue
            low = name in _TOP and name != "group"
            self._wrong((*key, name), _too_low(name) if low else _unknown(name, known))

    def _url(self, key: Key, given: Any) -> str:
        url = self._text(key, given, LONGEST_URL)
        form = _("write https://HOST/PATH, or http://127.0.0.1:PORT/PATH for this machine")
        try:
            return safe_url(url, "http", form, _("the list"), with_query=True)[0]
        except ValueError as error:
            if isinstance(given, str):
                self._wrong(key, str(error))
            return ""

    def _minutes(self, key: Key, given: Any) -> float:
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        if is_number and SOONEST_MIN <= given <= LATEST_MIN:
            return float(given)
        self._wrong(
            key,
            _("refresh_min must be from {soonest_min} to {latest_min:,} minutes").format(
                soonest_min=SOONEST_MIN, latest_min=LATEST_MIN
            ),
        )
        return HOURLY

    def _weight(self, key: Key, given: Any) -> float:
        if reason := why_not_weight(given):
            self._wrong(key, reason)
            return 1.0
        return float(given)

    def _forms(self, key: Key, given: Any) -> tuple[str, ...]:
        if not isinstance(given, list):
            self._wrong(key, _('sounds_like must be a list, like ["nemo tron"]'))
            return ()
        if len(given) > MOST_FORMS:
            self._wrong(
                key, _("sounds_like has more than {most_forms} forms").format(most_forms=MOST_FORMS)
            )
        return tuple(self._phrase((*key, number), form) for number, form in enumerate(given))

    def _language(self, key: Key, given: Any) -> str | None:
        if given is None:
            return None
        if not isinstance(given, str) or given == AUTO:
            self._wrong(key, _('language must be a tag like "en" or "de-CH"'))
            return None
        try:
            return language_tag(given)
        except ValueError as error:
            self._wrong(
                key, _("language cannot be {given!r}: {error}").format(given=given, error=error)
            )
            return None

    def _state(self, key: Key, given: Any) -> TermState:
        if isinstance(given, str) and given in _STATES:
            return _STATES[given]
        meant = did_you_mean(given, _STATES)
        self._wrong(
            key,
            _("state must be one of {states}{meant}").format(
                states=", ".join(_STATES), meant=meant
            ),
        )
        return TermState.ACTIVE

    def _read_replacements(self) -> None:
        """Those of all languages, and those of single ones in tables like [replacements.de]."""
        of_all = []
        for key, heard, given in self._table("replacements", _('"git hub" = "GitHub"')):
            if not self._is_table(key, given):
                of_all.append((key, heard, given))
                continue
            try:
                language_tag(heard)
            except ValueError as error:
                self._wrong(
                    key,
                    _("[replacements.{heard}] cannot be: {error}").format(heard=heard, error=error),
                )
            pairs = [((*key, spoken), spoken, written) for spoken, written in given.items()]
            self._parts.replacements_in.append((heard, self._pairs(pairs)))
        self._parts.replacements = self._pairs(of_all)

    def _is_table(self, key: Key, given: Any) -> bool:
        """Whether this is a [table], not a key with a dot."""
        return isinstance(given, dict) and span_of(self._text_of_file, key) is not None

    def _pairs(self, found: list[tuple[Key, str, Any]]) -> Pairs:
        pairs = []
        for key, heard, given in found:
            if heard in _TOP and isinstance(given, list):
                self._wrong(key, _too_low(heard))
                continue
            written = self._text(key, given, LONGEST_REPLACEMENT)
            pairs.append((key, self._phrase(key, heard), written))
        return pairs

    def _read_snippets(self) -> None:
        for key, spoken, text in self._table("snippets", _('"my address" = "Example Street 1"')):
            if spoken in _TOP and isinstance(text, list):
                self._wrong(key, _too_low(spoken))
                continue
            phrase = self._phrase(key, spoken)
            if not isinstance(text, str):
                self._text(key, text, LONGEST_REPLACEMENT)  # reports it
                continue
            try:
                check(text)
            except SnippetProblem as problem:
                self._parts.problems.add_at(key, problem.piece, str(problem))
            self._parts.snippets.append((key, phrase, text))

    def _read_commands(self) -> None:
        for key, spoken, action in self._table("commands", _('"next line" = "newline"')):
            if spoken in _TOP and action not in _ACTIONS:
                self._wrong(key, _too_low(spoken))
            elif not isinstance(action, str) or action not in _ACTIONS:
                meant = did_you_mean(action, _ACTIONS)
                self._wrong(
                    key,
                    _("a command is one of {actions}{meant}").format(
                        actions=", ".join(_ACTIONS), meant=meant
                    ),
                )
            else:
                self._parts.commands.append((key, self._phrase(key, spoken), action))

    def _list(self, name: str, written: str, kinds: tuple[type, ...]) -> list[Any]:
        given = self._data.get(name, [])
        if _is_list(given, kinds):
            return list(given)
        what = _EACH[name]
        self._wrong(
            (name,),
            _("write {written}, with two brackets, above each {what}").format(
                written=written, what=what
            ),
        )
        return []

    def _table(self, name: str, example: str) -> list[tuple[Key, str, Any]]:
        given = self._data.get(name, {})
        if not isinstance(given, dict):
            self._wrong(
                (name,),
                _("write [{name}], and below it lines like {example}").format(
                    name=name, example=example
                ),
            )
            return []
        return [((name, key), key, value) for key, value in given.items()]

    def _names(self, key: Key, given: Any) -> tuple[str, ...]:
        if not _is_list(given, (str,)):
            self._wrong(
                key,
                _('{key} must be a list, like ["{examples}"]').format(
                    key=key[-1], examples=_EXAMPLES[key[-1]]
                ),
            )
            return ()
        return tuple(self._name((*key, number), each) for number, each in enumerate(given))

    def _name(self, key: Key, given: Any) -> str:
        return self._text(key, given, LONGEST_NAME)

    def _phrase(self, key: Key, given: Any) -> str:
        """A phrase that can be spoken."""
        if not isinstance(given, str):
            return self._text(key, given, LONGEST_PHRASE)
        phrase = composed(given)
        if reason := why_not_phrase(phrase):
            self._wrong(key, _("this {reason}").format(reason=reason))
        return phrase

    def _text(self, key: Key, given: Any, longest: int) -> str:
        if not isinstance(given, str):
            dotted = _(" (a key with a dot needs quotes, too)") if isinstance(given, dict) else ""
            self._wrong(key, _("this must be a text in quotes{dotted}").format(dotted=dotted))
            return ""
        text = composed(given)
        if reason := why_not_text(text, longest):
            self._wrong(key, _("this {reason}").format(reason=reason))
        return text


def _is_list(given: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(given, list) and all(isinstance(item, kinds) for item in given)


def _too_low(name: str) -> str:
    return _("{name} must be above the first [table]").format(name=name)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    return _("{name} has no meaning here{did_you_mean}").format(
        name=name, did_you_mean=did_you_mean(name, known)
    )
