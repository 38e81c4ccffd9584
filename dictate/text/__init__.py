"""The fourth stage: from the raw transcript to the written text. Pure functions, in this order.

    spelling        the user's terms in their spelling        "claude code" -> "Claude Code"
    replacements    the user's phrases replaced               "git hub" -> "GitHub"
    commands        spoken signs and line ends                "comma", "new line"
    layout          spaces around signs, capitals after them
    sanitise        no control characters; last, always

The first three find phrases in one pass: the longest match wins, and the result of one step is
never matched by another. Of equal phrases a replacement wins over a spelling, and a spelling over
a command.
"""

from functools import lru_cache
from itertools import chain

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords
from dictate.plain_text import clean
from dictate.text.commands import commands, is_ordinary
from dictate.text.layout import lay_out
from dictate.text.phrases import Phrases
from dictate.text.pieces import Outcome
from dictate.text.replacements import replacements
from dictate.text.sanitise import sanitise
from dictate.text.spelling import spellings

_NEEDS_NO_SPACE_BEFORE = tuple("\n,.?!:;)]\u2026")


def polish(
    text: str, hotwords: Hotwords, settings: TextSettings, *, continued: bool = False
) -> str:
    """The text to write for a whole utterance; empty if nothing remains.

    `continued`: it follows an utterance in the same place, so a space belongs between them. Never
    raises. The only line ends in the result are spoken ones.
    """
    # Cleaned before matching, too: an invisible character must not hide a phrase.
    pieces = list(_phrases(hotwords, settings).find(clean(text), is_ordinary))
    written = sanitise(lay_out(pieces)).strip(" ")
    if continued and written and not written.startswith(_NEEDS_NO_SPACE_BEFORE):
        written = f" {written}"
    if settings.trailing_space and written and not written.endswith("\n"):
        written = f"{written} "
    return written


@lru_cache(maxsize=2)
def _phrases(hotwords: Hotwords, settings: TextSettings) -> Phrases:
    spoken: chain[tuple[str, Outcome]] = chain(
        replacements(hotwords),
        spellings(hotwords),
        commands(
            hotwords,
            punctuation=settings.spoken_punctuation,
            newlines=settings.spoken_newlines,
        ),
    )
    return Phrases(spoken)
