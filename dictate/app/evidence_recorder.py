"""Records what the user's terms did, after the text is written: nothing here delays one."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from dictate.app.journal_thread import JournalThread
from dictate.app.output_writer import TAKEN_BACK
from dictate.app.profiles import Profiles
from dictate.app.signals import Signal
from dictate.errors import DictateError, NotFound
from dictate.hotwords.corrections import Correction, corrections
from dictate.hotwords.firings import firings, undecided
from dictate.hotwords.model import Hotwords
from dictate.hotwords.spoken_words import TermFinder
from dictate.journal.entry import Entry, EntryState
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.journal.journal import Journal
from dictate.plain_text import clean
from dictate.platform.background import BackgroundTasks
from dictate.translation import _

log = logging.getLogger(__name__)

LONGEST_END_S: Final = 1.0
"""Seconds to wait at the end for what is not recorded yet."""
MOST_LISTS: Final = 4
"""Lists that are kept ready to be searched for: the profiles and applications have lists of their
own."""
_BOOSTED: Final = (EvidenceKind.FIRED, EvidenceKind.SPELLED)
"""A term of these kinds is in the text only because it is on the list."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A dictation, and the list that its profile has now."""

    entry: Entry
    model: str
    strengths: dict[str, float]
    finder: TermFinder

    def row(self, term: str, kind: EvidenceKind, before: str, after: str) -> Evidence:
        return Evidence(
            term=term,
            kind=kind,
            dictation=self.entry.number,
            engine=self.entry.engine,
            model=self.model,
            strength=self.strengths.get(term, 0.0),
            before=before,
            after=after,
            at=time.time(),
        )

    def against(self, written: str, text: str) -> tuple[list[Correction], list[Evidence]]:
        """What the user changed to get this text from the one that was written, and what that says
        about terms. It takes a second for 100,000 words."""
        found, rows = [], list[Evidence]()
        for each in corrections(written, text):
            before, after = self._terms(each.wrong), self._terms(each.right)
            for terms, kind in (
                (before - after, EvidenceKind.FALSE_HIT),
                (after - before, EvidenceKind.MISSED),
            ):
                rows += [self.row(term, kind, each.wrong, each.right) for term in sorted(terms)]
            found.append(replace(each, not_said=", ".join(sorted(before - after))))
        return found, rows

    def _terms(self, text: str) -> set[str]:
        return {found.term for found in self.finder.find(self.finder.words(text))}


class EvidenceRecorder:
    """All methods belong on the loop."""

    def __init__(
        self,
        journal: JournalThread,
        profiles: Profiles,
        on_wrong: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        """`on_wrong` is awaited with the terms that were just found to be wrong in a text."""
        self.plain_wanted = Signal[int]()
        """The text of this dictation has a term, and only its plain text can say why."""
        self._journal = journal
        self._profiles = profiles
        self._on_wrong = on_wrong
        self._background = BackgroundTasks(log)

    def written(self, number: int) -> None:
        """The text of this dictation was written."""
        self._background.start(self._logged(number, self.record(number)))

    def taken_back(self, number: int) -> None:
        """The user took the text of this dictation back."""
        self._background.start(self._logged(number, self.undone(number)))

    async def _logged(self, number: int, work: Awaitable[None]) -> None:
        try:
            await work
        except DictateError as error:
            log.warning("dictation %d: what the hotwords did is not recorded: %s", number, error)

    async def close(self) -> None:
        """Record what there is to record, but do not wait for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_END_S):
                await self._background.wait()
        await self._background.cancel()

    async def record(self, number: int) -> None:
        """Record what the terms did in this dictation. Raises JournalError."""
        entry = await self._journal.call(Journal.get, number)
        if entry is None:
            return
        heard = await self._look_at(entry)
        found = await asyncio.to_thread(firings, entry.plain, entry.heard, heard.finder)
        rows = [
            heard.row(each.term, EvidenceKind(each.kind.value), each.before, each.after)
            for each in found
        ]
        await self._journal.call(lambda journal: journal.evidence.record_firings(number, rows))
        if await self._is_undecided(heard):
            self.plain_wanted(number)
        now = await self._journal.call(Journal.get, number)
        if now and now.state is EntryState.HELD and now.reason == TAKEN_BACK:
            await self.undone(number)  # before this was known

    async def is_unknown(self, entry: Entry) -> bool:
        """Whether the text has terms of which it is not known how they came there."""
        return entry.plain is None and await self._is_undecided(await self._look_at(entry))

    async def _is_undecided(self, heard: _Heard) -> bool:
        entry = heard.entry
        return entry.plain is None and await asyncio.to_thread(undecided, entry.heard, heard.finder)

    async def undone(self, number: int) -> None:
        """The user took this text back: what fired in it may be the reason. Raises
        JournalError."""
        rows = await self._journal.call(lambda journal: journal.evidence.of_dictations([number]))
        known = {row.term for row in rows if row.kind is EvidenceKind.UNDONE}
        fired = {row.term: row for row in rows if row.kind in _BOOSTED and row.term not in known}
        undone = [replace(row, kind=EvidenceKind.UNDONE, at=time.time()) for row in fired.values()]
        if undone:
            await self._journal.call(lambda journal: journal.evidence.record(undone))
            await self._judge(undone)

    async def corrected(self, number: int, text: str) -> list[Correction]:
        """The user corrected the text of this dictation, maybe once more: what was wrong, without
        what was learned from it already. Raises DictateError."""
        entry = await self._journal.call(Journal.get, number)
        if entry is None or not entry.text:
            raise NotFound(
                _("there is no text {number}; see `dictatectl history`").format(number=number)
            )
        text = _clean(text)
        rows = await self._journal.call(lambda journal: journal.evidence.of_dictations([number]))
        known = {(row.term, row.kind) for row in rows}
        heard = await self._look_at(entry)
        found, said = await asyncio.to_thread(heard.against, entry.text, text)
        new = [row for row in said if (row.term, row.kind) not in known]
        kept = "" if text == entry.text else text
        await self._journal.call(Journal.corrected, number, kept, new)
        await self._judge(row for row in new if row.kind is EvidenceKind.FALSE_HIT)
        return _not_learned(found, rows)

    async def would_teach(self, number: int, text: str) -> list[Correction]:
        """What could be learned if the user corrected the text of this dictation to that one.
        Nothing is recorded. Raises NotFound, JournalError."""
        entry = await self._journal.call(Journal.get, number)
        if entry is None or not entry.text:
            raise NotFound(_("there is no text {number}").format(number=number))
        rows = await self._journal.call(lambda journal: journal.evidence.of_dictations([number]))
        heard = await self._look_at(entry)
        found, __ = await asyncio.to_thread(heard.against, entry.wanted, _clean(text))
        return [each for each in _not_learned(found, rows) if each.teaches]

    async def _judge(self, wrong: Iterable[Evidence]) -> None:
        if terms := sorted({row.term for row in wrong}):
            await self._on_wrong(terms)

    async def _look_at(self, entry: Entry) -> _Heard:
        profile = self._profiles.named(entry.profile)
        hotwords = profile.hotwords_in(entry.application)
        strengths, finder = await asyncio.to_thread(_terms_of, hotwords, profile.language)
        return _Heard(entry, profile.engine.info.model, strengths, finder)


def _not_learned(found: Iterable[Correction], rows: Iterable[Evidence]) -> list[Correction]:
    learned = {row.before for row in rows if row.kind is EvidenceKind.LEARNED}
    return [each for each in found if each.wrong not in learned]


def _clean(text: str) -> str:
    """It may be written again: control characters never get through. Line ends are the user's."""
    return "\n".join(map(clean, text.split("\n")))


@lru_cache(maxsize=MOST_LISTS)
def _terms_of(hotwords: Hotwords, language: str) -> tuple[dict[str, float], TermFinder]:
    """The strength of each term that counts in this language, and what finds them."""
    terms = hotwords.for_language(language)
    strengths = {term.spelling: hotwords.strength * term.weight for term in terms}
    return strengths, TermFinder([(term.spelling, term.sounds_like) for term in terms])
