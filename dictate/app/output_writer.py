"""Writes texts into outputs, one at a time, and takes the last one back."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dictate.app.journal_thread import JournalThread
from dictate.app.observer import PipelineObserver, Timing
from dictate.errors import DeliveryUnsure, NotDelivered, NotFound
from dictate.journal.journal import Journal
from dictate.outputs import Focus, Output, Receipt


@dataclass(frozen=True, slots=True)
class LastDelivery:
    """The text that was written last, as long as it may be taken back."""

    number: int
    text: str
    focus: Focus | None
    output: Output


class OutputWriter:
    """The journal records that a text is being written before an output gets it."""

    def __init__(self, journal: JournalThread, observer: PipelineObserver) -> None:
        self._journal = journal
        self._observer = observer
        self._lock = asyncio.Lock()
        """Held while an output has a text."""
        self._last: LastDelivery | None = None

    @property
    def busy(self) -> bool:
        """Whether an output has a text at this moment."""
        return self._lock.locked()

    async def write(
        self, number: int, text: str, output: Output, focus: Focus | None, timing: Timing
    ) -> Receipt:
        """Write the text once: intent durable first, outcome after. Raises as `Output.write`."""
        async with self._lock:
            began = time.monotonic()
            await self._journal.keep(Journal.typing, number, output.name)
            durable = time.monotonic()
            self._observer.writing(number)
            self._last = None
            receipt = await output.write(text, focus)
            self._last = LastDelivery(number, text, focus, output)
            timing.journal_ms += (durable - began) * 1000
            timing.output_ms = (time.monotonic() - durable) * 1000
            self._journal.submit(Journal.delivered, number, receipt.value)
            return receipt

    async def undo(self, in_use: Collection[Output]) -> int:
        """Take the last text back out of its window, if its output is still `in_use`; the text is
        held then. The number of its dictation.

        Raises DictateError, and then the text stands where it stood; or DeliveryUnsure, and then
        that is not known.
        """
        async with self._lock:
            last = self._last
            if last is None or last.output not in in_use:
                raise NotFound("there is no text that could be taken back")
            try:
                await last.output.undo(last.text, last.focus)
            except NotDelivered as error:
                raise type(error)(f"not taken back: {error}") from error
            except DeliveryUnsure:
                self._last = None
                raise
            self._last = None
        if await self._journal.call(Journal.get, last.number):
            self._journal.submit(Journal.held, last.number, "taken back")
        return last.number

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Keep the outputs free of texts, for a caller that writes to them itself. Nothing can be
        taken back afterwards."""
        async with self._lock:
            self._last = None
            yield
