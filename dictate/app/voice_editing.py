"""Carries out the voice commands that edit: "scratch that", "select that" and so on.

What a command does to a text is exact, or it is refused and nothing changes.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dictate.app.journal_thread import JournalThread
from dictate.app.observer import Timing
from dictate.app.output_writer import CONSECUTIVE_S, Asked, OutputWriter
from dictate.app.signals import Signal
from dictate.errors import DeliveryUnsure, DictateError, NotDelivered, NotFound
from dictate.journal.journal import Journal
from dictate.outputs import Focus, Output
from dictate.text.edit_phrases import Edit
from dictate.text.fit import Fitting
from dictate.text.voice_editing import capitalised
from dictate.translation import _

MOST_UNDONE: Final = 10
"""Commands that "undo that" can take back, the last one first."""
AS_IT_IS: Final = Fitting("none", "keep")
"""How a text is fitted in that stood there before."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how a command was said."""

    output: Output
    focus: Focus | None
    asked: Asked
    fitting: Fitting
    """How a text is fitted in there; it knows the language, too."""


_TakeBack = Callable[[Place], Awaitable[str]]


class VoiceEditing:
    """All methods belong on the loop."""

    def __init__(
        self,
        journal: JournalThread,
        writer: OutputWriter,
        in_use: Callable[[], Sequence[Output]],
    ) -> None:
        """`in_use` returns the outputs that texts go to now."""
        self.taken_back = Signal[int]()
        """The text of this dictation was taken back."""
        self._journal = journal
        self._writer = writer
        self._in_use = in_use
        self._done: deque[_TakeBack] = deque(maxlen=MOST_UNDONE)
        self._sentence_at: float | None = None
        """When "new sentence" was said, monotonic seconds, if no text has followed."""

    async def carry_out(self, number: int, edit: Edit, place: Place) -> str:
        """Do what this dictation says: what was done, for people. Raises NotDelivered with the
        reason if it was not done."""
        try:
            done = await self._carry_out(edit, place)
        except DictateError as error:
            raise NotDelivered(
                _("this voice command was not carried out: {error}").format(error=error)
            ) from error
        self._journal.submit(Journal.carried_out, number, done)
        return done

    async def _carry_out(self, edit: Edit, place: Place) -> str:
        match edit:
            case Edit.SCRATCH:
                return await self._scratch(place)
            case Edit.SELECT:
                return await self._select(place)
            case Edit.CAPITAL:
                return await self._capital(place)
            case Edit.NEW_SENTENCE:
                self._sentence_at = time.monotonic()
                self._done.append(self._no_sentence)
                return _("the next text begins a sentence")
            case Edit.UNDO:
                return await self._undo(place)

    def fitting_of_text(self, place: Place) -> Fitting:
        """How a text is fitted in that is about to be written there: as the beginning of a sentence
        if that was asked for. Commands before it cannot be taken back any more."""
        self._done.clear()
        said_at, self._sentence_at = self._sentence_at, None
        begins = said_at is not None and place.asked.at - said_at <= CONSECUTIVE_S
        return replace(place.fitting, begins=begins)

    async def _scratch(self, place: Place) -> str:
        stood = self._writer.last
        number = await self._writer.undo(self._in_use(), place.asked.acted_at, altogether=True)
        self.taken_back(number)
        if self._writer.restored is not None:
            return _("what dictation {number} had replaced stands there again").format(
                number=number
            )

        async def write_again(place: Place) -> str:
            entry = await self._journal.call(Journal.get, number)
            if entry is None:
                raise NotFound(
                    _("dictation {number} is not in the journal any more").format(number=number)
                )
            text, fitting = entry.wanted, place.fitting
            if stood and (stood.output, stood.focus) == (place.output, place.focus):
                text, fitting = stood.text, AS_IT_IS
            try:
                await self._writer.write(
                    *(number, text, place.output, place.focus, place.asked, Timing()),
                    fitting,
                    stood.instead if stood else None,
                    rewritten=stood is not None and stood.rewritten,
                )
            except (NotDelivered, DeliveryUnsure) as error:
                self._journal.submit(Journal.held, number, str(error))
                raise
            return _("dictation {number} is written again").format(number=number)

        self._done.append(write_again)
        return _("dictation {number} is taken back").format(number=number)

    async def _select(self, place: Place) -> str:
        number = await self._writer.select(self._in_use(), place.asked.acted_at)
        return _("dictation {number} is selected").format(number=number)

    async def _capital(self, place: Place) -> str:
        language, in_use = place.fitting.language, self._in_use()
        before = await self._writer.rewrite(
            lambda text: capitalised(text, language), in_use, place.asked.acted_at
        )

        async def as_before(place: Place) -> str:
            await self._writer.rewrite(
                lambda __: before.text, self._in_use(), place.asked.acted_at, before.corrected
            )
            return _("dictation {number} is as before").format(number=before.number)

        self._done.append(as_before)
        return _("dictation {number} has a capital").format(number=before.number)

    async def _no_sentence(self, _place: Place) -> str:
        self._sentence_at = None
        return _("the next text begins no sentence")

    async def _undo(self, place: Place) -> str:
        if self._done:
            take_back = self._done.pop()
            return await take_back(place)
        last = self._writer.last
        if last is None or last.instead is None:
            raise NotFound(
                _("there is no voice command since the last text that could be taken back")
            )
        # What a language model has made of it was done to the last text, too.
        number = await self._writer.undo(self._in_use(), place.asked.acted_at)
        return _(
            "what stood there before dictation {number} was changed stands there again"
        ).format(number=number)
