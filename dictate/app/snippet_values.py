"""Finds out what the placeholders of the snippets in a text stand for, if there are any."""

import logging
import time
from collections.abc import Callable
from typing import Final

from dictate.app.profiles import Profile
from dictate.errors import Unavailable
from dictate.events import FinalTranscript
from dictate.outputs.clipboard_reader import Chosen, read_text
from dictate.platform.terminals import is_terminal
from dictate.text.snippets import SnippetValues, needed
from dictate.translation import _

log = logging.getLogger(__name__)

LONGEST_READ: Final = 20_000
"""Maximum characters of the clipboard or the selection that go into a text."""


async def snippet_values(
    profile: Profile,
    final: FinalTranscript,
    application: str,
    on_trouble: Callable[[str], None],
) -> SnippetValues | None:
    """The values for this text in this application ("" if that is not known); None if no snippet
    is to be written there. `on_trouble` gets one line for each that cannot be read: then nothing
    takes its place."""
    hotwords, settings = profile.hotwords, profile.text
    terminal = is_terminal(application)
    if not hotwords.snippets or (terminal and not settings.snippets_in_terminals):
        return None
    read = {}
    for name in sorted(needed(final.text, hotwords, settings.snippet_word)):
        try:
            read[name] = (await read_text(Chosen[name.upper()]))[:LONGEST_READ]
        except Unavailable as error:
            on_trouble(
                _("{placeholder} is missing in a snippet: {error}").format(
                    placeholder=Chosen[name.upper()].value, error=error
                )
            )
    now = time.localtime()
    return SnippetValues(
        strftime=lambda form: time.strftime(form, now),
        clipboard=read.get("clipboard", ""),
        selection=read.get("selection", ""),
        one_line=terminal,
    )
