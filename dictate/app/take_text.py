"""Makes of what was recognised what the dictation is, a text or a voice command, and keeps it."""

import time
from collections.abc import Callable
from dataclasses import replace

from dictate.app.dictation import Dictation
from dictate.app.journal_thread import JournalThread
from dictate.app.snippet_values import snippet_values
from dictate.config.schema import EditingSettings
from dictate.events import FinalTranscript
from dictate.journal.journal import Journal
from dictate.text.voice_editing import edit_of, without_escape

NO_EDITS = EditingSettings(
    scratch=False, select=False, capital=False, new_sentence=False, undo=False
)


async def take_text(
    dictation: Dictation,
    final: FinalTranscript,
    application: str,
    editing: EditingSettings,
    journal: JournalThread,
    on_trouble: Callable[[str], None],
) -> bool:
    """Note the command or the text that the dictation is, as that is written into this application
    ("" if that is not known), and make it durable. Whether there is either. `on_trouble` gets lines
    for the user."""
    profile, number, heard = dictation.profile, dictation.number, final.text
    engine = profile.engine.info.name
    dictation.fitting = profile.fitting(final.language, application)
    settings = editing if profile.edits else NO_EDITS
    known = profile.hotwords, settings, dictation.fitting.language
    dictation.edit = edit_of(heard, *known)
    if dictation.edit is not None:
        began = time.monotonic()
        await journal.keep(Journal.commanded, number, dictation.edit.value, heard, engine)
    else:
        said = replace(final, text=without_escape(heard, *known))
        values = await snippet_values(profile, said, application, on_trouble)
        dictation.text = profile.polish(said, application, values)
        if not dictation.text:
            return False
        began = time.monotonic()
        await journal.keep(Journal.transcribed, number, dictation.text, heard, engine, final.plain)
    dictation.timing.journal_ms = (time.monotonic() - began) * 1000
    return True
