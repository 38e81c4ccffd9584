"""Writes texts into outputs, one at a time, and takes the last one back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
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
from dictate.translation import N_, _

CONSECUTIVE_S: Final = 60.0
"""Seconds after a text within which the user begins the next one, if that is to continue it."""
MOST_BEHIND: Final = 10
"""Texts behind the last one that can be taken back, too, one after the other."""
SETTLED_S: Final = 0.15
"""Seconds from the receipt of a text to Enter: an application may have taken a text, and put it
into its field a moment later."""
SHOWN_S: Final = 1.0
"""Seconds after which an application that has taken a text shows it, unless it was deleted."""
READ_S: Final = 0.5
"""Seconds that an output has to say which text stands before the cursor."""
AS_USUAL: Final = Fitting()
"""How a text is fitted in if nothing else is said: its language is unknown."""
NOT_LAST: Final = _("it is not the last text any more")
"""Why a text is not replaced."""
# The journal outlives a change of the language: it has this in English.
TAKEN_BACK: Final = N_("taken back")
"""Why a text is held that the user took back."""
_NONE_TO_UNDO: Final = _("there is no text that could be taken back")
_NONE_TO_CHANGE: Final = _("there is no text that could be changed")
_NONE_TO_SELECT: Final = _("there is no text that could be selected")


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
    rewritten: bool = False
    """Whether the user has had it changed."""

    @property
    def in_a_row(self) -> str:
        """This text and those before it, as they stand there."""
        return (self.behind.in_a_row if self.behind else "") + self.text


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text before it was rewritten."""

    number: int
    text: str
    """As it was written."""
    corrected: str
    """As in the journal."""


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
        *,
        rewritten: bool = False,
    ) -> Receipt:
        """Write the text once: intent durable first, outcome after. Without `fitting` it is written
        as it is. `instead` and `rewritten` are as in `LastDelivery`. Raises as `Output.write`."""
        wanted = LastDelivery(number, text, focus, output, 0.0, None, fitting, instead, rewritten)
        async with self._lock:
            began = time.monotonic()
            reading = asyncio.create_task(_around(wanted))  # it waits for no disk
            try:
                await self._journal.keep(Journal.typing, number, output.name)
                durable = time.monotonic()
            finally:
                around = await reading
            self._observer.writing(number)
            receipt = await self._put(wanted, asked, around)
            timing.journal_ms += (durable - began) * 1000
            timing.output_ms = (time.monotonic() - durable) * 1000
            self._journal.submit(Journal.delivered, number, receipt.value)
            return receipt

    async def _put(self, wanted: LastDelivery, asked: Asked, around: Around | None) -> Receipt:
        """Fit this text in between what stands `around` the cursor, and write it; it is the last
        one then. Raises as `Output.write`."""
        output, focus, text = wanted.output, wanted.focus, wanted.text
        before, self._last = self._last, None
        behind = await self._followed(before, output, focus, asked)
        if wanted.fitting is not None:
            if behind is not None:
                around = around or Around(behind.in_a_row)
            text = wanted.fitting.fit(text, around)
        behind = behind and _shortened(behind, MOST_BEHIND)
        try:
            receipt = await output.write(text, focus)
        except NotDelivered:
            self._last = before
            raise
        self._last = replace(wanted, text=text, at=time.monotonic(), behind=behind)
        return receipt

    async def replace(self, number: int, polished: str, acted_at: Sequence[float]) -> None:
        """Take back the raw text of this dictation, if it is the last one and nothing has happened
        there since, and write the polished one in its place. `acted_at` is as in `Asked`.

        Raises NotDelivered, and then the raw text stands where it stood; or DeliveryUnsure, and
        then that is not known, and the dictation is held.
        """
        async with self._lock:
            last = self._last
            if last is None or last.number != number or last.instead:
                raise NotDelivered(NOT_LAST)
            if last.rewritten:
                raise NotDelivered(_("it was changed by voice since"))
            if not await last.output.follows(last.text, acted_at):
                raise NotDelivered(_("something was typed or clicked since"))
            entry = await self._journal.call(Journal.get, number)
            if entry is None:
                raise NotDelivered(_("the journal does not keep what you said"))
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
            await self._take_back(last, acted_at)
        except NotDelivered:
            if entry is not None:
                self._journal.submit(Journal.delivered, number, entry.reason, entry.polished)
            raise
        except DeliveryUnsure as error:
            self._hold(entry, str(error))
            raise
        now = time.monotonic()
        try:
            return await self._put(wanted, Asked(now, (now, *acted_at)), await _around(wanted))
        except (NotDelivered, DeliveryUnsure) as error:
            reason = _(
                "the text before it was taken back, and then this one not written: {error}"
            ).format(error=error)
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
                raise NotDelivered(_("something else was written there meanwhile"))
            await asyncio.sleep(SETTLED_S)
            if not await last.output.follows(last.text, acted_at):
                raise NotDelivered(_("something was typed or clicked there meanwhile"))
            if await last.output.focus() != last.focus:
                raise FocusMoved(_("another window has the focus"))
            self._last = None
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

    async def undo(
        self,
        in_use: Collection[Output],
        asked_at: Sequence[float] = (),
        *,
        altogether: bool = False,
    ) -> int:
        """Take the last text back out of its window, if its output is still `in_use`. If it has
        another one behind it, write that (`restored`); otherwise, or if the raw text is to go
        `altogether`, the text is held then, and the one right before it is the last. The number of
        its dictation. A key that was pressed at one of the monotonic seconds `asked_at` is how the
        user asked for it.

        Raises DictateError, and then the text stands where it stood; or DeliveryUnsure, and then
        that is not known.
        """
        async with self._lock:
            last, self.restored = await self._last_of(in_use, _NONE_TO_UNDO), None
            entry = await self._journal.call(Journal.get, last.number)
            instead = last.instead
            if instead is not None and altogether and not instead.was_selected:
                instead = None
            try:
                if instead is None:
                    await self._take_back(last, asked_at)
                else:
                    await self._restore(last, instead, entry, asked_at)
            except NotDelivered as error:
                raise type(error)(_("not taken back: {error}").format(error=error)) from error
            self.restored = instead
        if entry is not None and (instead is None or instead.was_selected):
            self._journal.submit(Journal.held, last.number, TAKEN_BACK)
        return last.number

    async def _restore(
        self,
        last: LastDelivery,
        instead: Instead,
        entry: Entry | None,
        asked_at: Sequence[float],
    ) -> None:
        """Write what stood, or would stand, in the place of the last text. Raises as `replace`."""
        wanted = replace(last, text=instead.text, instead=None, rewritten=False)
        if instead.was_selected:
            polished = entry.polished if entry else ""
            await self._exchange(last, replace(wanted, fitting=None), entry, polished, asked_at)
            self._last = None  # it is no text of ours
            return
        receipt = await self._exchange(last, wanted, entry, "", asked_at)
        if entry is not None:
            self._journal.submit(Journal.delivered, last.number, receipt.value)
            if last.rewritten:  # that is not what stands there any more
                self._journal.submit(Journal.corrected, last.number, "", ())

    async def rewrite(
        self,
        change: Callable[[str], str],
        in_use: Collection[Output],
        asked_at: Sequence[float],
        corrected: str | None = None,
    ) -> Rewritten:
        """Replace the last text by what `change` makes of it: take it back, and write that. What it
        was before. The journal has the new one as corrected by the user, or what is given.

        While the window has neither, the journal says that the text is being written: killed then,
        the text is held. Raises as `undo`; if the text was taken back, but not written, it is held,
        and the message says so.
        """
        async with self._lock:
            last = await self._last_of(in_use, _NONE_TO_CHANGE)
            entry = await self._journal.call(Journal.get, last.number)
            wanted = replace(last, text=change(last.text), fitting=None, rewritten=True)
            if wanted.text == last.text:
                raise NotFound(_("there is nothing to change in the last text"))
            if entry is None:
                raise NotFound(
                    _("dictation {number} is not in the journal any more").format(
                        number=last.number
                    )
                )
            try:
                receipt = await self._exchange(last, wanted, entry, entry.polished, asked_at)
            except DeliveryUnsure as error:
                held = _("dictation {number} is held: {error}").format(
                    number=last.number, error=error
                )
                again = _("`dictatectl paste {number}` writes it").format(number=last.number)
                raise DeliveryUnsure(f"{held}; {again}") from error
            self._journal.submit(Journal.delivered, last.number, receipt.value)
            corrected = wanted.text.strip(" ") if corrected is None else corrected
            self._journal.submit(Journal.corrected, last.number, corrected, ())
            return Rewritten(last.number, last.text, entry.corrected)

    async def select(self, in_use: Collection[Output], asked_at: Sequence[float]) -> int:
        """Select the last text in its window. The number of its dictation. Raises as `undo`."""
        async with self._lock:
            last = await self._last_of(in_use, _NONE_TO_SELECT)
            await last.output.follows(last.text, asked_at)
            await last.output.select(last.text, last.focus)
            self._last = None  # it is not before the cursor any more
            return last.number

    async def _last_of(self, in_use: Collection[Output], none: str) -> LastDelivery:
        """The last text; `none` is the message of NotFound. Where the output can read what stands
        there, texts that the user has deleted do not count: the last one is that which stands right
        before the cursor, behind all those before it."""
        last = self._last
        if last is None or last.output not in in_use:
            raise NotFound(none)
        if last.behind is None or time.monotonic() - last.at < SHOWN_S:
            return last
        around = await around_cursor(last.output, last.focus, limit_s=READ_S)
        if around is None or around.before.endswith(last.text):
            return last
        found: LastDelivery | None = last.behind
        while found is not None and not around.before.endswith(found.in_a_row):
            found = found.behind
        return found or last

    async def _take_back(self, last: LastDelivery, asked_at: Sequence[float]) -> None:
        """Raises as `Output.undo`."""
        # The output learns which keys were no text.
        await last.output.follows(last.text, asked_at)
        try:
            await last.output.undo(last.text, last.focus)
        except DeliveryUnsure:
            self._last = None
            raise
        self._last = last.behind and replace(last.behind, at=time.monotonic())

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Keep the outputs free of texts, for a caller that writes to them itself. Nothing can be
        taken back afterwards."""
        async with self._lock:
            self._last = None
            yield


async def _around(wanted: LastDelivery) -> Around | None:
    """What stands around the cursor where this text is to be fitted in; None if that is not known,
    or it is to be written as it is."""
    if wanted.fitting is None:
        return None
    return await around_cursor(wanted.output, wanted.focus)


def _shortened(last: LastDelivery, most: int) -> LastDelivery:
    """The same with at most so many texts behind it, this one counted."""
    behind = last.behind and most > 1 and _shortened(last.behind, most - 1)
    return replace(last, behind=behind or None)
