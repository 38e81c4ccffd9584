"""Makes of what was recognised what the dictation is: a text, or a voice command."""

from collections.abc import Callable
from dataclasses import replace

from dictate.app.dictation import Dictation
from dictate.app.snippet_values import snippet_values
from dictate.config.schema import EditingSettings
from dictate.events import FinalTranscript
from dictate.text.voice_editing import edit_of, without_escape


async def take_text(
    dictation: Dictation,
    final: FinalTranscript,
    application: str,
    editing: EditingSettings,
    on_trouble: Callable[[str], None],
) -> None:
    """Note the language of the dictation, and the command or the text that it is, as that is
    written into this application ("" if that is not known). `on_trouble` gets lines for the
    user."""
    profile = dictation.profile
    dictation.language = profile.language_of(final)
    known = profile.hotwords, editing, dictation.language
    dictation.edit = edit_of(final.text, *known)
    if dictation.edit is None:
        said = replace(final, text=without_escape(final.text, *known))
        values = await snippet_values(profile, said, application, on_trouble)
        dictation.text = profile.polish(said, application, values)
