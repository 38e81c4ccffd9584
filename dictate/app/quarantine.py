"""Takes a term out of use that was wrong too often. It stays in the file, to be brought back."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from dictate.app.journal_thread import JournalThread
from dictate.app.reloader import Reloader
from dictate.errors import DictateError, JournalError
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import TermState
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.journal.journal import Journal
from dictate.translation import _

log = logging.getLogger(__name__)

TOO_OFTEN: Final = 2
"""Dictations in which a term was taken back or corrected away, after which it is quarantined."""


class Quarantine:
    """All methods belong on the loop."""

    def __init__(
        self,
        journal: JournalThread,
        reloader: Reloader,
        on_trouble: Callable[[str], None],
    ) -> None:
        """`on_trouble` gets a line for the user."""
        self._journal = journal
        self._reloader = reloader
        self._on_trouble = on_trouble
        self._one_at_a_time = asyncio.Lock()
        """A term that was wrong twice at once is quarantined once."""

    async def judge(self, terms: Sequence[str]) -> None:
        """These terms were just wrong: quarantine those that were so too often. What fails is
        reported to the user."""
        async with self._one_at_a_time:
            for term in terms:
                if self._is_active(term):
                    wrong = await self._journal.call(_wrong, term)
                    if wrong >= TOO_OFTEN:
                        await self._quarantine(term, wrong)

    def _is_active(self, spelling: str) -> bool:
        return any(
            term.spelling == spelling and term.state is TermState.ACTIVE
            for term in self._reloader.configuration.hotwords.terms
        )

    async def _quarantine(self, term: str, wrong: int) -> None:
        reloader = self._reloader
        why = _('"{term}" was written where it was not said, in {count} dictations').format(
            term=term, count=wrong
        )
        try:
            changed = await asyncio.to_thread(
                hotwords_file.quarantine, reloader.hotwords_file, term
            )
            if not changed:
                self._on_trouble(
                    _("{why}: take it out of the list that it comes from").format(why=why)
                )
                return
            await reloader.reload()
        except DictateError as error:
            self._on_trouble(
                _("{why}, and cannot be quarantined: {error}").format(why=why, error=error)
            )
            return
        again = _('`dictatectl hotwords restore "{term}"` brings it back').format(term=term)
        done = _("{why}: it is quarantined, so not used any more; {again}").format(
            why=why, again=again
        )
        row = Evidence(term, EvidenceKind.QUARANTINED, at=time.time())
        try:
            await self._journal.call(lambda journal: journal.evidence.record([row]))
        except JournalError as error:
            done += _(
                ", but the next false hit quarantines it again: this is not recorded ({error})"
            ).format(error=error)
        self._on_trouble(done)


def _wrong(journal: Journal, term: str) -> int:
    return journal.evidence.wrong_since_quarantine(term)
