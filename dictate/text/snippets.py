"""Snippets: "insert my address" writes several lines of the user's. Pure.

What a placeholder stands for is handed in. It is found out only for a text that needs it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dictate.hotwords.limits import composed
from dictate.hotwords.model import Hotwords
from dictate.hotwords.snippet import Placeholder, parts_of
from dictate.plain_text import clean
from dictate.text.phrases import Phrases, atoms_in
from dictate.text.pieces import Block, Escape, Outcome, Snippet

READ: Final = ("clipboard", "selection")
"""The placeholders for which something has to be read."""


@dataclass(frozen=True, slots=True)
class SnippetValues:
    """What the placeholders of one text stand for."""

    strftime: Callable[[str], str] = lambda _form: ""
    """The date or time of the dictation in this format."""
    clipboard: str = ""
    selection: str = ""
    one_line: bool = False
    """Whether spaces take the place of line ends: in a terminal they would run a command."""


def snippets(
    hotwords: Hotwords, word: str, escapes: Sequence[str] = ()
) -> Iterator[tuple[str, Outcome]]:
    """Each spoken phrase with its snippet. `word` is the guard word, which is said before the name
    of the snippet; empty if there is none. `escapes` make the phrase ordinary words."""
    guard = composed(word)
    for name, text in hotwords.snippets:
        # Engines take a breath after the guard word for the end of a clause.
        for spoken in (f"{guard}{sign} {name}" for sign in ("", ",", ":")) if guard else (name,):
            yield spoken, Snippet(text)
            for escape in escapes:
                yield f"{escape} {spoken}", Escape(len(atoms_in(escape)))


def has_snippet(text: str, hotwords: Hotwords, word: str) -> bool:
    """Whether one of the snippets is asked for in this text."""
    found = _phrases(hotwords, word).find(clean(text), lambda _match, _plain: False)
    return any(isinstance(match.outcome, Snippet) for match in found)


def needed(text: str, hotwords: Hotwords, word: str) -> frozenset[str]:
    """Which of READ the snippets in this text need."""
    if not any(f"{{{name}}}" in snippet for _, snippet in hotwords.snippets for name in READ):
        return frozenset()
    found = _phrases(hotwords, word).find(clean(text), lambda _match, _plain: False)
    named = (
        part.name
        for match in found
        if isinstance(match.outcome, Snippet)
        for part in parts_of(match.outcome.text)
        if isinstance(part, Placeholder)
    )
    return frozenset(named) & frozenset(READ)


def filled(snippet: Snippet, values: SnippetValues) -> Block:
    """The snippet as it is written."""
    text = "".join(
        part if isinstance(part, str) else _value(part, values) for part in parts_of(snippet.text)
    )
    lines = [clean(line) for line in text.split("\n")]
    if values.one_line:
        lines = [" ".join(filter(None, map(str.strip, lines)))]
    return Block(tuple(lines))


@lru_cache(maxsize=4)
def _phrases(hotwords: Hotwords, word: str) -> Phrases:
    return Phrases(snippets(hotwords, word))


def _value(placeholder: Placeholder, values: SnippetValues) -> str:
    match placeholder.name:
        case "clipboard":
            return values.clipboard
        case "selection":
            return values.selection
        case _:
            return values.strftime(placeholder.form)
