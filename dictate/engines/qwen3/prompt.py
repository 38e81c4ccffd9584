"""The prompt of Qwen3-ASR before the sound: the language, and a context in the system turn. Pure.

Bare words have no effect there ("Claude, Code" left "cloud code" as it was); a sentence has, and so
have several names. So the terms become a sentence: "This is a dictation about Claude Code and
Nemotron. Technical terms: Claude Code, Nemotron." The user's own sentence replaces the first one.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from dictate.engines.prompt_guard import clean
from dictate.engines.selection import MOST_PROMPTED, ranked
from dictate.hotwords.model import AUTO, Hotwords, Term
from dictate.translation import _

LANGUAGES: Final = {
    "ar": "Arabic",
    "yue": "Cantonese",
    "zh": "Chinese",
    "cs": "Czech",
    "da": "Danish",
    "nl": "Dutch",
    "en": "English",
    "fil": "Filipino",
    "fi": "Finnish",
    "fr": "French",
    "de": "German",
    "el": "Greek",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "mk": "Macedonian",
    "ms": "Malay",
    "fa": "Persian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "es": "Spanish",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "vi": "Vietnamese",
}
"""BCP 47 tag -> the name of the language in the model."""
NAMED: Final = 3
"""Terms that are named in the sentence."""


@dataclass(frozen=True, slots=True)
class Context:
    """The content of the system turn."""

    text: str = ""
    terms: tuple[str, ...] = ()
    """The spellings that are in it."""
    unusable: tuple[str, ...] = ()
    """One line for each term that is not, and for a sentence that is left out."""
    full: bool = False
    """Whether terms had to be left out."""


def why_not_language(tag: str) -> str | None:
    """Why the model cannot recognise this language, or None."""
    if tag == AUTO or _base(tag) in LANGUAGES:
        return None
    known = ", ".join(LANGUAGES)
    return _(
        'Qwen3-ASR does not know {tag!r}; set language to "auto", or to one of {known}'
    ).format(tag=tag, known=known)


def language_name(tag: str) -> str | None:
    """The name of the language that the model is to use; None if it is to find out."""
    return None if tag == AUTO else LANGUAGES[_base(tag)]


def tag_of(name: str) -> str:
    """The BCP 47 tag of a language that a model names ("English"); empty if it is unknown."""
    return next((tag for tag, known in LANGUAGES.items() if known == name.strip().title()), "")


def context(
    hotwords: Hotwords,
    tag: str,
    control: Collection[str],
    fits: Callable[[str], bool],
    draft: str = "",
) -> Context:
    """The context for this list in this language.

    `control` are the tokens that steer the model, which are removed; `fits` returns whether a text
    is short enough. What does not fit is left out, by the rule of `selection.py`, for which `draft`
    is a text of the same sound.
    """
    wanted = ranked(hotwords.for_language(tag), draft=draft)
    if not hotwords.strength:
        wanted = []
    own = clean(hotwords.context, control)
    unusable = []
    if not fits(own):
        unusable.append(_("context: the sentence is too long for the model and is left out"))
        own = ""
    spelled = [(term, clean(term.spelling, control)) for term in wanted]
    unusable += [
        _("{spelling}: nothing is left of it without the model's control tokens").format(
            spelling=term.spelling
        )
        for term, spelling in spelled
        if not spelling
    ]
    usable = [(term, spelling) for term, spelling in spelled if spelling]
    many = min(len(usable), MOST_PROMPTED)
    while not fits(_sentence(own, [spelling for __, spelling in usable[:many]])):
        many -= 1
    unusable += [_too_many(term, many) for term, __ in usable[many:]]
    spellings = tuple(spelling for __, spelling in usable[:many])
    full = many < len(usable)
    return Context(_sentence(own, spellings), spellings, tuple(unusable), full)


def _sentence(own: str, terms: Collection[str]) -> str:
    if not terms:
        return own
    first = list(terms)[:NAMED]
    named = " and ".join(filter(None, [", ".join(first[:-1]), first[-1]]))
    about = own or f"This is a dictation about {named}"  # untranslated
    stop = "" if about.endswith((".", "!", "?", "\u3002")) else "."
    return f"{about}{stop} Technical terms: {', '.join(terms)}."  # untranslated


def _too_many(term: Term, many: int) -> str:
    return _(
        "{spelling}: not passed to the model, which takes {many} of these terms, the "
        "heaviest first: give it a higher weight, or remove others (it is still spelled "
        "your way)"
    ).format(spelling=term.spelling, many=many)


def _base(tag: str) -> str:
    return tag.partition("-")[0].lower()
