"""The parts that use the language model, joined for the pipeline and the daemon."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from dictate.app.dictation import Dictation
from dictate.app.event_dispatcher import EventDispatcher
from dictate.app.journal_thread import JournalThread
from dictate.app.output_writer import Instead, OutputWriter
from dictate.app.polishing import Polishing
from dictate.app.selection_edit import SelectionEdit
from dictate.chat.address import uses_model, where
from dictate.chat.editor import TextEditor
from dictate.config.schema import Settings
from dictate.dbus.service import Service
from dictate.outputs import Focus

PROMPTS = "prompts"
"""The folder with the user's own prompts, beside config.toml; also the source of its troubles."""


class LanguageModel:
    """All methods belong on the loop."""

    def __init__(
        self,
        settings: Settings,
        config: Path,
        service: Service,
        journal: JournalThread,
        writer: OutputWriter,
        dispatcher: EventDispatcher,
        acted_at: Callable[[], Sequence[float]],
    ) -> None:
        """`config` is the path of config.toml; `acted_at` is as in `Polishing`."""
        on_trouble = partial(dispatcher.trouble, source=PROMPTS)
        self._editor = TextEditor(settings.polish, config.with_name(PROMPTS), on_trouble)
        self._service = service
        self.polishing = Polishing(self._editor, journal, writer, dispatcher, acted_at)
        self._selection_edit = SelectionEdit(self._editor, journal)
        dispatcher.written.connect(self.polishing.written)
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Use these settings from the next text on."""
        self._used = uses_model(settings)
        self._editor.apply(settings.polish)
        self._service.update(polish=where(settings.polish) if self._used else "")

    def session_changed(self, *, listening: bool) -> None:
        """A dictation began or ended."""
        if listening and self._used:
            self._editor.warm()

    def sound_over(self, dictation: Dictation, focus: Focus | None) -> None:
        """The sound of this dictation is complete."""
        if dictation.instructs:
            self._selection_edit.look(dictation, focus)

    async def revise(self, dictation: Dictation, application: str) -> None:
        """The text of this dictation is known and durable: have it polished, or have it change what
        is selected. Raises NotEdited or ChatError if nothing is to be written."""
        if dictation.instructs:
            await self._selection_edit.change(dictation, application)
        else:
            dictation.polished = await self.polishing.before(dictation, application)

    async def written(self, dictation: Dictation) -> Instead | None:
        """It is about to be written: what an undo is to put in its place. Raises NotEdited if what
        it is to replace has changed."""
        if dictation.instructs:
            return Instead(await self._selection_edit.check(dictation), was_selected=True)
        return Instead(dictation.text) if dictation.polished else None

    def cancel(self, dictation: Dictation) -> None:
        """It will not be written."""
        if dictation.waits_for is not None:
            dictation.waits_for.cancel()
        self.polishing.cancel(dictation.number)

    async def close(self) -> None:
        """Idempotent."""
        await self.polishing.close()
        await self._editor.close()
