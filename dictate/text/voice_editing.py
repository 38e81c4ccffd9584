"""Editing by voice: which utterance is a command, and what it makes of a text. Pure.

A command is a whole utterance and nothing else, so that no sentence is ever taken for one.
"""

import re
import unicodedata
from typing import Final

from dictate.config.schema import EditingSettings
from dictate.hotwords.model import EDITS, Hotwords
from dictate.text.commands import rules_of
from dictate.text.edit_phrases import EDIT_PHRASES, Edit

LONGEST: Final = 200
"""Characters above which an utterance is no command."""
_WORDS = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SENTENCE_OVER = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019\u00bb)\]]*\s*$")
_WORD_ENDS: Final = "\"'\u201d\u2019)]%\u00b0$\u20ac\u00a3"
_FIRST_LETTER = re.compile(r"[^\W\d_]")
_EACH_WORD = re.compile(r"(?<![\w'\u2019])[^\W\d_]")


def edit_of(
    heard: str, hotwords: Hotwords, settings: EditingSettings, language: str | None
) -> Edit | None:
    """The command that this utterance is; None if it is text. `language` is BCP 47; None if it is
    unknown. The user's own phrases come before the usual ones."""
    said = _plain(heard)
    edit = _known(hotwords, language).get(said) if said else None
    return edit if edit is not None and getattr(settings, edit.value) else None


def without_escape(
    heard: str, hotwords: Hotwords, settings: EditingSettings, language: str | None
) -> str:
    """The utterance without a word like "literal" before what would be a command: it is text."""
    words = list(_WORDS.finditer(heard)) if len(heard) <= LONGEST else []
    for escape in rules_of(_base(language)).escapes:
        size = len(escape.split())
        if len(words) > size and _plain(heard[: words[size - 1].end()]) == _plain(escape):
            rest = heard[words[size].start() :]
            if edit_of(rest, hotwords, settings, language):
                return rest
    return heard


def capitalised(text: str, language: str | None) -> str:
    """The text with a capital at its first letter, or, if it has one, at each word."""
    dutch = _base(language) == "nl"
    first = _FIRST_LETTER.search(text)
    if first is None:
        return text
    if first[0] == _upper(first[0], language):
        return _EACH_WORD.sub(lambda match: _upper(match[0], language), text)
    size = 2 if dutch and text.startswith("ij", first.start()) else 1
    head = text[first.start() : first.start() + size]
    return text[: first.start()] + _upper(head, language) + text[first.start() + size :]


def begun(text: str, before: str, language: str | None) -> str:
    """The text as the beginning of a sentence behind `before`, which is empty if nobody knows it:
    with a full stop in front if that sentence has none, and with a capital."""
    first = re.search(r"[^\W_]", text)
    if first is not None and first[0].isalpha() and first[0] != _upper(first[0], language):
        text = capitalised(text, language)
    open_sentence = bool(before) and not before[-1].isspace() and not _SENTENCE_OVER.search(before)
    ends_with_a_word = open_sentence and (before[-1].isalnum() or before[-1] in _WORD_ENDS)
    return f". {text}" if ends_with_a_word else text


def _known(hotwords: Hotwords, language: str | None) -> dict[str, Edit]:
    usual = EDIT_PHRASES.get(_base(language) or "en", EDIT_PHRASES["en"])
    known = {_plain(spoken): edit for spoken, edit in usual.items()}
    own = {_plain(spoken): Edit(name) for spoken, name in hotwords.commands if name in EDITS}
    return known | own


def _plain(heard: str) -> str:
    """An utterance in comparable form: its words in small letters; empty if it is too long."""
    if len(heard) > LONGEST:
        return ""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFC", heard).casefold()))


def _base(language: str | None) -> str | None:
    return language.partition("-")[0].lower() if language else None


def _upper(letters: str, language: str | None) -> str:
    if _base(language) in ("tr", "az") and letters == "i":
        return "\u0130"
    return letters if letters == "\u00df" else letters.upper()
