"""What was said earlier: written again, heard again, recovered after a crash."""

import asyncio
import time

from dictate.app.observer import Timing
from dictate.app.pipeline import Pipeline
from dictate.errors import DeliveryUnsure, DictateError, EngineError, JournalError, NotDelivered
from dictate.events import PartialTranscript
from dictate.journal.entry import Entry, EntryState
from dictate.outputs import Receipt


class Replay:
    """Works on the journal of a pipeline. What is heard again is heard by the engine that it was
    meant for; what is written again goes to the main output."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._journal = pipeline.journal

    async def paste(self, number: int | None) -> Receipt:
        """Write an earlier text (None: the last) where the focus is now. Raises DictateError."""
        entry = await self._pipeline.durably(
            *((self._journal.get, number) if number else (self._journal.last,))
        )
        if entry is None:
            raise DictateError("there is no such dictation; see `dictatectl history`")
        if self._pipeline.under_way(entry.number):
            raise DictateError(f"dictation {entry.number} is still under way; try again")
        if not entry.text and entry.has_audio:
            entry = await self.transcribe(entry)
        if not entry.text:
            raise DictateError(f"nothing was heard in dictation {entry.number}")
        timing, began = Timing(), time.monotonic()
        try:
            output = self._pipeline.main.output
            focus = await output.focus()
            receipt = await self._pipeline.write_out(
                entry.number, entry.text, output, focus, timing
            )
        except (NotDelivered, DeliveryUnsure) as error:
            self._pipeline.write_down(self._journal.held, entry.number, str(error))
            raise
        timing.total_ms = (time.monotonic() - began) * 1000
        self._pipeline.audience.delivered(entry.number, receipt, timing)
        return receipt

    async def undo(self) -> int:
        """Take the last written text back out of its window; it is held then. The number of its
        dictation. Raises DictateError, and then the text stands where it stood, or (DeliveryUnsure)
        nobody knows."""
        async with self._pipeline.writing:
            last = self._pipeline.written
            in_use = (self._pipeline.main.output, self._pipeline.second.output)
            if last is None or last.output not in in_use:
                raise DictateError("there is nothing that could be taken back")
            try:
                await last.output.undo(last.text, last.focus)
            except NotDelivered as error:
                raise NotDelivered(f"not taken back: {error}") from error
            except DeliveryUnsure:
                self._pipeline.written = None
                raise
            self._pipeline.written = None
        if await self._pipeline.durably(self._journal.get, last.number):
            self._pipeline.write_down(self._journal.held, last.number, "taken back")
        return last.number

    async def transcribe(self, entry: Entry) -> Entry:
        """Hear kept sound again; the text goes into the journal, held. Raises EngineError."""
        number = entry.number
        pcm = await self._pipeline.durably(self._journal.audio, number)
        way = self._pipeline.way(second=entry.second)
        utterance = way.link.begin(number, self._pipeline.hotwords, way.language, _ignore)
        utterance.feed(pcm)
        final = await utterance.finish(lambda: self._pipeline.durably(self._journal.audio, number))
        text = self._pipeline.polish(final)
        if not text:
            if entry.state is not EntryState.CANCELLED:
                self._pipeline.write_down(self._journal.empty, number)
        else:
            await self._pipeline.keep(number, text, final, way)
            self._pipeline.write_down(self._journal.held, number, entry.reason or "recovered")
        return await self._pipeline.durably(self._journal.get, number) or entry

    async def recover(self, entries: list[Entry]) -> None:
        """Hear what a crash left unheard. It is held, never written: its window is long gone."""
        unheard = [entry for entry in entries if entry.state is EntryState.CAPTURED]
        # An engine that is slow, or dead, does not keep the other waiting.
        await asyncio.gather(
            *(
                self._recover([entry for entry in unheard if entry.second is second])
                for second in (False, True)
            )
        )
        if entries:
            count = f"recovered {len(entries)} dictation{'s' if len(entries) > 1 else ''}"
            advice = "see `dictatectl history`, `dictatectl paste N`"
            self._pipeline.audience.trouble(f"{count}; {advice}")

    async def _recover(self, entries: list[Entry]) -> None:
        for entry in entries:
            try:
                await self.transcribe(entry)
            except (EngineError, JournalError) as error:
                reason = f"recovered; {error}"
                self._pipeline.write_down(self._journal.held, entry.number, reason)


def _ignore(partial: PartialTranscript) -> None:
    """Partials of what was said earlier interest nobody."""
