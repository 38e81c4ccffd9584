"""Makes of what was recognised what the dictation is, a text or a voice command, and keeps it."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from dictate.app.dictation import Dictation, polished
from dictate.app.journal_thread import JournalThread
from dictate.app.snippet_values import snippet_values
from dictate.config.schema import EditingSettings
from dictate.events import FinalTranscript
from dictate.journal.journal import Journal
from dictate.text.snippets import has_snippet
from dictate.text.voice_editing import edit_of, without_escape

NO_EDITS: Final = EditingSettings(
    scratch=False, select=False, capital=False, new_sentence=False, undo=False
)


async def find_text(
    dictation: Dictation,
    final: FinalTranscript,
    application: str,
    editing: EditingSettings,
    on_trouble: Callable[[str], None],
) -> None:
    """Note the command or the text that the dictation is, as that is written into this application
    ("" if that is not known). `on_trouble` gets lines for the user."""
    profile = dictation.profile
    dictation.fitting = profile.fitting(final.language, application)
    settings = editing if profile.edits else NO_EDITS
    known = profile.hotwords, settings, dictation.fitting.language
    if not dictation.instructs:  # it says what to do with something else
        dictation.edit = edit_of(final.text, *known)
    if dictation.edit is None:
        said = replace(final, text=without_escape(final.text, *known))
        values = await snippet_values(profile, said, application, on_trouble)
        dictation.text = await polished(profile, said, application, values)
        dictation.has_snippet = values is not None and has_snippet(
            said.text, profile.hotwords, profile.text.snippet_word
        )


async def keep_text(dictation: Dictation, final: FinalTranscript, journal: JournalThread) -> bool:
    """Make what was found durable. Whether anything was."""
    number, heard, began = dictation.number, final.text, time.monotonic()
    engine = dictation.profile.engine.info.name
    if dictation.edit is not None:
        await journal.keep(Journal.commanded, number, dictation.edit.value, heard, engine)
    elif dictation.text:
        await journal.keep(Journal.transcribed, number, dictation.text, heard, engine, final.plain)
    else:
        return False
    dictation.timing.journal_ms = (time.monotonic() - began) * 1000
    return True
