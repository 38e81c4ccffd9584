"""The line of each key in a TOML text, which no parser reports.

The text is known to be valid, so the code here only follows it and does not check it.
"""

import re
from typing import TypeAlias

import tomli

Key: TypeAlias = tuple[str | int, ...]
"""The path to a value: ("engine", "use"); ("word", 2, "weight") in the third [[word]]."""

_STRING = r"""
    \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})? | '''(?:[^']|'(?!''))*+(?:'{3,5})?
  | "(?:[^"\\\n]|\\[^\n])*+"? | '[^'\n]*+'?
"""
"""A string of any of the four kinds. An unterminated one ends with the text. The quantifiers are
possessive, so that no text makes the expression slow."""

_TOKEN = re.compile(
    rf"(?:{_STRING}) | \#[^\n]*+ | [\[\]{{}},=.\n] | [^\s\"'\#\[\]{{}},=.]++",
    re.VERBOSE | re.DOTALL,
)


def lines_of(text: str) -> dict[Key, int]:
    """The line, from 1, of each key, table and list item of a valid TOML text."""
    return _Walk(text).lines


def span_of(text: str, table: Key) -> tuple[int, int] | None:
    """The lines of a [table] or [[table]], from its header to its last value: start and stop of a
    slice.

    Comments after the last value are not part of it: they usually describe the next table. None if
    there is no such header.
    """
    lines = text.split("\n")
    places = lines_of(text)
    start = places.get(table, 0)
    if not lines[start - 1].lstrip().startswith("["):
        return None
    own = len(table)
    later = (line for key, line in places.items() if line > start and key[:own] != table)
    stop = min(later, default=len(lines) + 1) - 1
    while stop > start and lines[stop - 1].strip()[:1] in ("", "#"):
        stop -= 1
    return start - 1, stop


class _Walk:
    def __init__(self, text: str) -> None:
        self.lines: dict[Key, int] = {}
        self._tokens: list[tuple[str, int]] = []
        self._at = 0
        self._tables: dict[Key, int] = {}
        line = 1
        for token in _TOKEN.findall(text):
            if token[0] != "#":
                self._tokens.append((token, line))
            if token == "\n" or token[0] in "\"'":
                line += token.count("\n")
        self._tokens.append(("\n", line))
        self._statements()

    def _statements(self) -> None:
        table: Key = ()
        while self._at < len(self._tokens):
            token, line = self._tokens[self._at]
            if token == "\n":
                self._at += 1
            elif token == "[":
                table = self._header(line)
            else:
                self._pair(table)

    def _header(self, line: int) -> Key:
        self._at += 1
        is_list = self._tokens[self._at][0] == "["
        self._at += is_list
        table: Key = ()
        name = self._name()
        for number, part in enumerate(name, 1):
            table = (*table, part)
            self.lines.setdefault(table, line)
            if is_list and number == len(name):
                self._tables[table] = self._tables.get(table, -1) + 1
            if table in self._tables:
                table = (*table, self._tables[table])
                self.lines.setdefault(table, line)
        self._at += 1 + is_list
        return table

    def _pair(self, table: Key) -> None:
        line = self._tokens[self._at][1]
        for part in self._name():
            table = (*table, part)
            self.lines.setdefault(table, line)
        self._at += 1
        self._value(table)

    def _name(self) -> tuple[str, ...]:
        parts = []
        while (token := self._tokens[self._at][0]) not in ("=", "]"):
            if token != ".":
                parts.append(_unquoted(token))
            self._at += 1
        return tuple(parts)

    def _value(self, key: Key) -> None:
        opening, line = self._tokens[self._at]
        self.lines.setdefault(key, line)
        self._at += 1
        if opening == "[":
            self._items(key)
        elif opening == "{":
            while self._next() != "}":
                self._pair(key)
            self._at += 1
        else:
            while self._tokens[self._at][0] not in (",", "]", "}", "\n"):
                self._at += 1

    def _items(self, key: Key) -> None:
        number = 0
        while self._next() != "]":
            self._value((*key, number))
            number += 1
        self._at += 1

    def _next(self) -> str:
        """The next token inside brackets, after any line ends and commas."""
        while self._tokens[self._at][0] in (",", "\n"):
            self._at += 1
        return self._tokens[self._at][0]


def _unquoted(part: str) -> str:
    if part[0] == '"' and "\\" in part:
        plain: str = tomli.loads(f"key = {part}")["key"]
        return plain
    return part[1:-1] if part[0] in "\"'" else part
