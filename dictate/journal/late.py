"""The folder of a journal that could not be opened at the start. A disk may get room again."""

from contextlib import suppress
from typing import Final

from dictate.errors import JournalError
from dictate.journal.evidence import EvidenceTable
from dictate.journal.schema import LARGEST_NUMBER
from dictate.journal.store import Store
from dictate.translation import _

_GAP: Final = 1000
"""Numbers that are left free for dictations that only SQLite's log knows."""


class LateDisk:
    """The folder, and the numbers that can be used until it is opened."""

    def __init__(self, store: Store) -> None:
        self.store = store
        known = store.last_known_number()
        self.first = known + _GAP if 0 < known < LARGEST_NUMBER - _GAP else 1
        """The number of the first dictation in memory."""

    def take(self, memory: Store) -> list[str] | None:
        """Open the folder, and write into it all that is in `memory`: lines for the user. None if
        that fails; then everything is as before."""
        with suppress(JournalError):
            said = self.store.open()
            if self.store.last_number() < self.first:
                self.store.put(memory.newest(-1), EvidenceTable(memory.transaction).all())
                memory.close()
                return [
                    *said,
                    _("the journal is on the disk again, and has what was kept in memory"),
                ]
        self.store.close()
        return None
