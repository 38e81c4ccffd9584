"""The fourth stage: what was heard becomes what is written. Pure functions, in this order.

    spelling        the user's terms get their spelling       "claude code" -> "Claude Code"
    replacements    the user's phrases get their text         "git hub" -> "GitHub"
    commands        spoken signs and line ends                "comma", "new line"
    layout          spaces around signs, capitals after them
    sanitise        no control characters; last, always

The first three look for phrases, in one pass: the longest phrase counts, and what one step wrote
is never taken for a phrase of another. Of two equal ones a replacement comes before a spelling,
and a spelling before a command.
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

_CLINGS_TO_WHAT_WAS = tuple("\n,.?!:;)]\u2026")


def polish(
    text: str, hotwords: Hotwords, settings: TextSettings, *, continued: bool = False
) -> str:
    """The text to write for a whole utterance; empty if nothing is left of it.

    `continued` says that it follows an utterance in the same place, so that a space belongs
    between them. Never raises, and no line end is in it but one that was spoken.
    """
    # The text is cleaned first as well, so that no phrase escapes by a character nobody sees.
    pieces = list(_phrases(hotwords, settings).find(clean(text), is_ordinary))
    written = sanitise(lay_out(pieces)).strip(" ")
    if continued and written and not written.startswith(_CLINGS_TO_WHAT_WAS):
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
