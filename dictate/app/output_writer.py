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
from dictate.journal.entry import Entry
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
class Instead:
    """What an undo writes in the place of a text."""

    text: str
    was_selected: bool = False
    """Whether it was selected there, so that it is written as it was. Otherwise it is the raw text
    of the dictation."""


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
    fitting: Fitting | None = None
    instead: Instead | None = None
    """What stood there before, or would stand there without a language model."""


class OutputWriter:
    """The journal records that a text is being written before an output gets it.

    A text is fitted in between what stands before and after the cursor. If the output cannot read
    that, but the text follows the last one in the same place, that one stands before it. What is
    written so is also what is taken back. The text in the journal stays as it was: written again,
    it may stand somewhere else.

    A text that a language model made has another one behind it: the raw text, or what was selected.
    An undo takes the one back and writes the other, as one operation.
    """

    def __init__(self, journal: JournalThread, observer: PipelineObserver) -> None:
        self._journal = journal
        self._observer = observer
        self._lock = asyncio.Lock()
        """Held while an output has a text."""
        self._last: LastDelivery | None = None
        """As long as it may stand right before the cursor."""
        self._undoable = False
        self.restored: Instead | None = None
        """What the last undo has put back."""

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
        fitting: Fitting | None = AS_USUAL,
        instead: Instead | None = None,
    ) -> Receipt:
        """Write the text once: intent durable first, outcome after. Without `fitting` it is written
        as it is. Raises as `Output.write`."""
        async with self._lock:
            began = time.monotonic()
            await self._journal.keep(Journal.typing, number, output.name)
            durable = time.monotonic()
            self._observer.writing(number)
            place = LastDelivery(number, text, focus, output, 0.0, None, fitting, instead)
            receipt = await self._put(place, asked)
            timing.journal_ms += (durable - began) * 1000
            timing.output_ms = (time.monotonic() - durable) * 1000
            self._journal.submit(Journal.delivered, number, receipt.value)
            return receipt

    async def _put(self, wanted: LastDelivery, asked: Asked) -> Receipt:
        """Fit this text in where it is to stand, and write it; it is the last one then. Raises as
        `Output.write`."""
        output, focus, text = wanted.output, wanted.focus, wanted.text
        self._undoable = False
        before, self._last = self._last, None
        behind = await self._followed(before, output, focus, asked)
        if wanted.fitting is not None:
            around = await around_cursor(output, focus)
            if behind is not None:
                around = around or Around(behind.text)
            text = wanted.fitting.fit(text, around)
        behind = behind and replace(behind, behind=None)
        try:
            receipt = await output.write(text, focus)
        except NotDelivered:
            self._last = before
            raise
        self._last = replace(wanted, text=text, at=time.monotonic(), behind=behind)
        self._undoable = True
        return receipt

    async def replace(self, number: int, polished: str, acted_at: Sequence[float]) -> None:
        """Take back the raw text of this dictation, if it is the last one and nothing has happened
        there since, and write the polished one in its place. `acted_at` is as in `Asked`.

        Raises NotDelivered, and then the raw text stands where it stood; or DeliveryUnsure, and
        then that is not known, and the dictation is held.
        """
        async with self._lock:
            last = self._last
            if last is None or not self._undoable or last.number != number or last.instead:
                raise NotDelivered("it is not the last text any more")
            if not await last.output.follows(last.text, acted_at):
                raise NotDelivered("something was typed or clicked since")
            entry = await self._journal.call(Journal.get, number)
            if entry is None:
                raise NotDelivered("the journal does not keep what you said")
            wanted = replace(last, text=polished, instead=Instead(entry.text))
            receipt = await self._exchange(last, wanted, entry, polished, acted_at)
            self._journal.submit(Journal.delivered, number, receipt.value)

    async def _exchange(
        self,
        last: LastDelivery,
        wanted: LastDelivery,
        entry: Entry | None,
        polished: str,
        acted_at: Sequence[float],
    ) -> Receipt:
        """Take the last text back, and write the wanted one. Meanwhile the journal says that it is
        being written, with this `polished`, if it keeps it at all. Raises as `replace`."""
        output, number = last.output, last.number
        if entry is not None:
            await self._journal.keep(Journal.replacing, number, output.name, polished)
        self._observer.writing(number)
        try:
            await self._take_back(last)
        except NotDelivered:
            if entry is not None:
                self._journal.submit(Journal.delivered, number, entry.reason, entry.polished)
            raise
        except DeliveryUnsure as error:
            self._hold(entry, str(error))
            raise
        now = time.monotonic()
        try:
            return await self._put(wanted, Asked(now, (now, *acted_at)))
        except (NotDelivered, DeliveryUnsure) as error:
            reason = f"the text before it was taken back, and then this one not written: {error}"
            self._hold(entry, reason)
            raise DeliveryUnsure(reason) from error

    def _hold(self, entry: Entry | None, reason: str) -> None:
        if entry is not None:
            self._journal.submit(Journal.held, entry.number, reason)

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

    async def undo(self, in_use: Collection[Output], *, altogether: bool = False) -> int:
        """Take the last text back out of its window, if its output is still `in_use`. If it has
        another one behind it, write that (`restored`); otherwise, or if the raw text is to go
        `altogether`, the text is held then. The number of its dictation.

        Raises DictateError, and then the text stands where it stood; or DeliveryUnsure, and then
        that is not known.
        """
        async with self._lock:
            last, self.restored = self._last, None
            if last is None or not self._undoable or last.output not in in_use:
                raise NotFound("there is no text that could be taken back")
            entry = await self._journal.call(Journal.get, last.number)
            instead = last.instead
            if instead is not None and altogether and not instead.was_selected:
                instead = None
            try:
                if instead is None:
                    await self._take_back(last)
                else:
                    await self._restore(last, instead, entry)
            except NotDelivered as error:
                raise type(error)(f"not taken back: {error}") from error
            self.restored = instead
        if entry is not None and (instead is None or instead.was_selected):
            self._journal.submit(Journal.held, last.number, TAKEN_BACK)
        return last.number

    async def _restore(self, last: LastDelivery, instead: Instead, entry: Entry | None) -> None:
        """Write what stood, or would stand, in the place of the last text. Raises as `replace`."""
        wanted = replace(last, text=instead.text, instead=None)
        if instead.was_selected:
            polished = entry.polished if entry else ""
            await self._exchange(last, replace(wanted, fitting=None), entry, polished, ())
            self._last, self._undoable = None, False  # it is no text of ours
            return
        receipt = await self._exchange(last, wanted, entry, "", ())
        if entry is not None:
            self._journal.submit(Journal.delivered, last.number, receipt.value)

    async def _take_back(self, last: LastDelivery) -> None:
        """Raises as `Output.undo`."""
        try:
            await last.output.undo(last.text, last.focus)
        except DeliveryUnsure:
            self._last = None
            raise
        self._last = last.behind and replace(last.behind, at=time.monotonic())
        self._undoable = False

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Keep the outputs free of texts, for a caller that writes to them itself. Nothing can be
        taken back afterwards."""
        async with self._lock:
            self._last = None
            yield
