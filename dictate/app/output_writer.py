"""Writes texts into outputs, one at a time, and takes the last one back."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Self

from dictate.app.around_cursor import around_cursor
from dictate.app.journal_thread import JournalThread
from dictate.app.observer import PipelineObserver, Timing
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, NotFound
from dictate.journal.journal import Journal
from dictate.outputs import Destination, Focus, Output, Receipt
from dictate.text.fit import Around, Fitting

CONSECUTIVE_S: Final = 60.0
"""Seconds after a text within which the user begins the next one, if that is to continue it."""
SETTLED_S: Final = 0.15
"""Seconds from the receipt of a text to Enter: an application may have taken a text, and put it
into its field a moment later."""
AS_USUAL: Final = Fitting()
"""How a text is fitted in if nothing else is said: its language is unknown."""
TAKEN_BACK: Final = "taken back"
"""Why a text is held that the user took back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the user asked for a text."""

    at: float
    """Monotonic seconds at which it began: the press, or the call."""
    acted_at: Sequence[float]
    """Monotonic seconds of this and other actions of the user until now, each maybe by a key."""
    continued: bool = False
    """It goes on where the one before ended at a silence."""

    @classmethod
    def now(cls) -> Self:
        """By a call, at this moment."""
        now = time.monotonic()
        return cls(now, (now,))


@dataclass(frozen=True, slots=True)
class LastDelivery:
    """The text that was written last."""

    number: int
    text: str
    """As it was written: fitted in."""
    focus: Focus | None
    output: Output
    at: float
    """Monotonic seconds."""
    behind: "LastDelivery | None"
    """The text right before it, if that is one of ours, too."""


class OutputWriter:
    """The journal records that a text is being written before an output gets it.

    A text is fitted in between what stands before and after the cursor. If the output cannot read
    that, but the text follows the last one in the same place, that one stands before it. What is
    written so is also what is taken back. The text in the journal stays as it was: written again,
    it may stand somewhere else.
    """

    def __init__(self, journal: JournalThread, observer: PipelineObserver) -> None:
        self._journal = journal
        self._observer = observer
        self._lock = asyncio.Lock()
        """Held while an output has a text."""
        self._last: LastDelivery | None = None
        """As long as it may stand right before the cursor."""
        self._undoable = False

    @property
    def last(self) -> LastDelivery | None:
        """The text that may stand right before the cursor."""
        return self._last

    @property
    def busy(self) -> bool:
        """Whether an output has a text at this moment."""
        return self._lock.locked()

    async def write(
        self,
        number: int,
        text: str,
        output: Output,
        focus: Focus | None,
        asked: Asked,
        timing: Timing,
        fitting: Fitting = AS_USUAL,
    ) -> Receipt:
        """Write the text once: intent durable first, outcome after. Raises as `Output.write`."""
        async with self._lock:
            began = time.monotonic()
            await self._journal.keep(Journal.typing, number, output.name)
            durable = time.monotonic()
            self._observer.writing(number)
            self._undoable = False
            before, self._last = self._last, None
            behind = await self._followed(before, output, focus, asked)
            around = await around_cursor(output, focus)
            if behind is not None:
                around = around or Around(behind.text)
                behind = replace(behind, behind=None)
            text = fitting.fit(text, around)
            try:
                receipt = await output.write(text, focus)
            except NotDelivered:
                self._last = before
                raise
            written = time.monotonic()
            self._last = LastDelivery(number, text, focus, output, written, behind)
            self._undoable = True
            timing.journal_ms += (durable - began) * 1000
            timing.output_ms = (written - durable) * 1000
            self._journal.submit(Journal.delivered, number, receipt.value)
            return receipt

    async def press_enter(self, number: int, acted_at: Sequence[float]) -> None:
        """Press Enter behind the text of this dictation, if it is the last one, and if nothing was
        typed or clicked there since, besides the actions of the user at these monotonic seconds.
        Nobody takes the text back after that. Raises NotDelivered, FocusMoved, DeliveryUnsure."""
        async with self._lock:
            last = self._last
            if last is None or last.number != number:
                raise NotDelivered("something else was written there meanwhile")
            await asyncio.sleep(SETTLED_S)
            if not await last.output.follows(last.text, acted_at):
                raise NotDelivered("something was typed or clicked there meanwhile")
            if await last.output.focus() != last.focus:
                raise FocusMoved("another window has the focus")
            self._last, self._undoable = None, False
            await last.output.press_enter(last.focus)

    async def _followed(
        self, last: LastDelivery | None, output: Output, focus: Focus | None, asked: Asked
    ) -> LastDelivery | None:
        """The last text, if the next one follows it."""
        if (
            last is None
            or last.output is not output
            or output.destination is not Destination.WINDOW
            or last.focus != focus
            or (focus is None and not asked.continued)
            or asked.at - last.at > CONSECUTIVE_S
            or not await output.follows(last.text, asked.acted_at)
        ):
            return None
        return last

    async def undo(self, in_use: Collection[Output]) -> int:
        """Take the last text back out of its window, if its output is still `in_use`; the text is
        held then. The number of its dictation.

        Raises DictateError, and then the text stands where it stood; or DeliveryUnsure, and then
        that is not known.
        """
        async with self._lock:
            last = self._last
            if last is None or not self._undoable or last.output not in in_use:
                raise NotFound("there is no text that could be taken back")
            try:
                await last.output.undo(last.text, last.focus)
            except NotDelivered as error:
                raise type(error)(f"not taken back: {error}") from error
            except DeliveryUnsure:
                self._last = None
                raise
            self._last = last.behind and replace(last.behind, at=time.monotonic())
            self._undoable = False
        if await self._journal.call(Journal.get, last.number):
            self._journal.submit(Journal.held, last.number, TAKEN_BACK)
        return last.number

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Keep the outputs free of texts, for a caller that writes to them itself. Nothing can be
        taken back afterwards."""
        async with self._lock:
            self._last = None
            yield
