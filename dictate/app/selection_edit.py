"""Changes what is selected as the user says.

The selection is read at the release, and once more before it is replaced: only if it is the same to
the letter, in the same place and soon enough, the model's text takes its place. What cannot be read
exactly is not edited.
"""

import asyncio
import logging
import time
from typing import Final

from dictate.app.dictation import Dictation
from dictate.app.journal_thread import JournalThread
from dictate.app.selection import Selection
from dictate.chat.editor import TextEditor
from dictate.errors import DictateError, NotDelivered
from dictate.journal.journal import Journal
from dictate.outputs import Focus, Output
from dictate.platform.background import ignore_exception
from dictate.translation import _

log = logging.getLogger(__name__)

READ_S: Final = 1.0
"""Seconds that an output has to say what is selected."""
EXPIRES_S: Final = 300.0
"""Seconds after which a selection counts as left."""


class NotEdited(DictateError):
    """Nothing was changed; the message says why."""


class SelectionEdit:
    """All methods belong on the loop."""

    def __init__(self, editor: TextEditor, journal: JournalThread) -> None:
        self._editor = editor
        self._journal = journal

    def look(self, dictation: Dictation, focus: Focus | None) -> None:
        """The sound of this dictation is complete: read what it is to change."""
        looking = asyncio.create_task(_read(dictation.profile.output, focus))
        ignore_exception(looking)
        dictation.selection = looking

    async def change(self, dictation: Dictation, application: str) -> None:
        """Have the model change the selection by the text of the dictation. Raises NotEdited or
        ChatError."""
        assert dictation.selection is not None
        selection = await dictation.selection
        profile = dictation.profile
        work = asyncio.create_task(
            self._editor.edit(
                selection.text,
                dictation.text,
                profile.hotwords_in(application),
                dictation.fitting.language,
            )
        )
        ignore_exception(work)
        dictation.waits_for = work
        await asyncio.wait({work})
        if work.cancelled():
            raise NotEdited(_("cancelled"))
        dictation.polished = work.result()
        self._journal.submit(Journal.polished, dictation.number, dictation.polished)

    async def check(self, dictation: Dictation) -> str:
        """Read again what is selected; its text. Raises NotEdited unless it is the same as
        before."""
        assert dictation.selection is not None
        before = await dictation.selection
        if time.monotonic() - before.read_at > EXPIRES_S:
            raise NotEdited(
                _("the selection is more than {minutes:.0f} minutes old").format(
                    minutes=EXPIRES_S / 60
                )
            )
        now = await _read(before.output, before.focus)
        if now.field != before.field:
            raise NotEdited(_("the selection, or what stands around it, has changed meanwhile"))
        return before.text


async def _read(output: Output, focus: Focus | None) -> Selection:
    """What is selected in `focus`. Raises NotEdited."""
    if focus is None:
        raise NotEdited(_("{name} does not know what has the focus").format(name=output.name))
    where, field = focus.application or _("the window"), None
    try:
        async with asyncio.timeout(READ_S):
            if await output.focus() != focus:
                raise NotEdited(
                    _("{application} does not have the focus any more").format(application=where)
                )
            field = await output.selection(focus)
    except (TimeoutError, NotDelivered) as error:
        raise NotEdited(
            _("{application} did not say what is selected").format(application=where)
        ) from error
    if field is None:
        raise NotEdited(
            _("{application} does not say that anything is selected").format(application=where)
        )
    if not field.selected.strip():
        raise NotEdited(
            _("nothing is selected in {application}, as far as it says").format(application=where)
        )
    return Selection(field, output, focus, time.monotonic())
