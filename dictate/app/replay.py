"""Earlier dictations: written again, transcribed again, recovered after a crash."""

import asyncio
import logging
import time
from collections.abc import Callable

from dictate.app.dictation import polished
from dictate.app.journal_thread import JournalThread
from dictate.app.observer import PipelineObserver, Timing
from dictate.app.output_writer import Asked, OutputWriter
from dictate.app.profiles import Profiles
from dictate.app.snippet_values import snippet_values
from dictate.engines.client import EngineClient
from dictate.errors import (
    DeliveryUnsure,
    DictateError,
    EngineError,
    JournalError,
    NotDelivered,
    NotFound,
)
from dictate.events import PartialTranscript
from dictate.journal.entry import RECOVERED, Entry, EntryState
from dictate.journal.journal import Journal
from dictate.outputs import Receipt
from dictate.platform.background import BackgroundTasks
from dictate.translation import _, ngettext

log = logging.getLogger(__name__)

CLOSES_S = 0.3
"""Seconds after which a message that was clicked on is gone, and the window has the focus again."""


class Replay:
    """Sound is transcribed again by the engine that it was meant for; text goes to the main
    output."""

    def __init__(
        self,
        profiles: Profiles,
        journal: JournalThread,
        writer: OutputWriter,
        observer: PipelineObserver,
        in_flight: Callable[[int], bool],
    ) -> None:
        """`in_flight` says whether a dictation is not over yet."""
        self._profiles = profiles
        self._in_flight = in_flight
        self._journal = journal
        self._writer = writer
        self._observer = observer
        self._background = BackgroundTasks(log)

    def paste_after_click(self, number: int) -> None:
        """Write the text of the message that was clicked on, once the message is gone."""
        self._background.start(self._paste_after_click(number))

    async def _paste_after_click(self, number: int) -> None:
        await asyncio.sleep(CLOSES_S)
        try:
            await self.paste(number)
        except DictateError as error:
            self._observer.trouble(_("not written: {error}").format(error=error))

    async def paste(self, number: int | None) -> Receipt:
        """Write an earlier text (None: the last) where the focus is now. Raises DictateError."""
        asked = Asked.now()
        entry = await (
            self._journal.call(Journal.get, number) if number else self._journal.call(Journal.last)
        )
        if entry is None:
            if number:
                why = _("there is no dictation {number}; see `dictatectl history`")
                raise NotFound(why.format(number=number))
            raise NotFound(_("there is no text yet; see `dictatectl history`"))
        if self._in_flight(entry.number):
            raise DictateError(
                _("dictation {number} is still under way; try again").format(number=entry.number)
            )
        if entry.command:  # which is wanted as a text after all
            await self._journal.keep(
                Journal.transcribed, entry.number, entry.heard, entry.heard, entry.engine
            )
            entry = await self._journal.call(Journal.get, entry.number) or entry
        if not entry.text and entry.has_audio:
            entry = await self.transcribe(entry)
        if not entry.text:
            raise DictateError(
                _("nothing was heard in dictation {number}").format(number=entry.number)
            )
        timing, began = Timing(), time.monotonic()
        output = self._profiles.main.output
        fitting = self._profiles.named(entry.profile).fitting("", entry.application)
        try:
            focus = await output.focus()
            focus = focus.untitled() if focus else None
            receipt = await self._writer.write(
                entry.number, entry.wanted, output, focus, asked, timing, fitting
            )
        except (NotDelivered, DeliveryUnsure) as error:
            self._journal.submit(Journal.held, entry.number, str(error))
            raise
        timing.total_ms = (time.monotonic() - began) * 1000
        self._observer.delivered(entry.number, receipt, timing)
        return receipt

    async def transcribe(self, entry: Entry) -> Entry:
        """Transcribe kept sound again; the text goes into the journal, held. Raises EngineError."""
        number = entry.number
        pcm = await self._journal.call(Journal.audio, number)
        profile = self._profiles.named(entry.profile)
        utterance = profile.begin(number, _ignore, entry.application)
        utterance.feed(pcm)
        final = await utterance.finish(lambda: self._journal.call(Journal.audio, number))
        trouble = self._observer.trouble
        values = await snippet_values(profile, final, entry.application, trouble)
        text = await polished(profile, final, entry.application, values)
        if not text:
            if entry.state is not EntryState.CANCELLED:
                self._journal.submit(Journal.empty, number)
        else:
            engine = profile.engine.info.name
            await self._journal.keep(
                Journal.transcribed, number, text, final.text, engine, final.plain
            )
            self._journal.submit(Journal.held, number, entry.reason or RECOVERED)
        return await self._journal.call(Journal.get, number) or entry

    async def recover(self, entries: list[Entry]) -> None:
        """Transcribe what a crash left. It is held, never written: its window is long gone."""
        captured = [entry for entry in entries if entry.state is EntryState.CAPTURED]
        by_engine: dict[EngineClient, list[Entry]] = {}
        for entry in captured:
            by_engine.setdefault(self._profiles.named(entry.profile).engine, []).append(entry)
        # An engine that is slow, or dead, does not keep the others waiting.
        await asyncio.gather(*map(self._recover, by_engine.values()))
        if entries:
            count = ngettext(
                "recovered {count} dictation", "recovered {count} dictations", len(entries)
            ).format(count=len(entries))
            advice = _("see `dictatectl history`, `dictatectl paste N`")
            self._observer.trouble(f"{count}; {advice}")

    async def _recover(self, entries: list[Entry]) -> None:
        for entry in entries:
            try:
                await self.transcribe(entry)
            except (EngineError, JournalError) as error:
                reason = _("recovered; {error}").format(error=error)
                self._journal.submit(Journal.held, entry.number, reason)


def _ignore(partial: PartialTranscript) -> None:
    """No partial of an earlier dictation is shown."""
