"""What the user's terms did, dictation by dictation: a table in the journal's database.

Forgetting a dictation forgets its evidence. A trigger of the database sees to that, so that it also
holds when an older dictate, which does not know the table, deletes a dictation from a journal that
a newer one has used.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, fields
from enum import Enum
from typing import Final

from dictate.errors import JournalError
from dictate.hotwords.firings import FiringKind
from dictate.translation import _


class EvidenceKind(Enum):
    """What a row says about its term. The values are stored in the user's database."""

    FIRED = FiringKind.FIRED.value
    HEARD = FiringKind.HEARD.value
    SPELLED = FiringKind.SPELLED.value
    UNDONE = "undone"
    """The user took a text back in which it fired."""
    FALSE_HIT = "false hit"  # untranslated
    """The user corrected it away."""
    MISSED = "missed"
    """The user corrected the text to it."""
    TRIAL = "trial"
    """It was tried on a clip."""
    LEARNED = "learned"
    """The user accepted it after a correction. `how` says what was written into hotwords.toml."""
    QUARANTINED = "quarantined"
    """It was wrong too often. False hits before this count no more."""


_K = EvidenceKind
FIRINGS: Final = (_K.FIRED, _K.HEARD, _K.SPELLED)
"""The kinds that say that the term was written."""
WRONG: Final = (_K.UNDONE, _K.FALSE_HIT)
"""The kinds that say that it should not have been written."""
MOST_TRIALS: Final = 2_000
"""Maximum number of rows that belong to no dictation; the oldest go."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row: the columns of the user's database, `id` apart."""

    term: str
    kind: EvidenceKind
    dictation: int | None = None
    """None if it belongs to none: a trial, a quarantine."""
    engine: str = ""
    model: str = ""
    strength: float = 0.0
    """The strength of the list times the weight of the term; 0 if no engine was involved."""
    clip: str = ""
    """The voice or the file of a trial; empty for the sound of the dictation."""
    before: str = ""
    """The words without the term."""
    after: str = ""
    """The words with it."""
    how: str = ""
    at: float = 0.0
    """Wall clock, seconds since the epoch."""


@dataclass(slots=True)
class TermCounts:
    """What is known of one term in all dictations that are kept."""

    term: str
    hits: int = 0
    """How often it was written and stayed."""
    misses: int = 0
    """How often the user corrected a text to it."""
    false_hits: int = 0
    """In how many dictations it was taken back or corrected away."""
    last_used: float = 0.0
    """Wall clock, seconds since the epoch; 0 if it was never written."""
    learned_from: int = 0
    """The dictation that taught it; 0 if none did."""
    learned_at: float = 0.0
    learned_how: str = ""
    """What was written into hotwords.toml: "term", "replacement", or "weight 1" with the weight
    before."""
    learned_wrong: str = ""
    """The words that it was learned for."""
    quarantined_at: float = 0.0
    """When it was last quarantined by itself; 0 if it never was."""
    first_used: float = 0.0
    """When it was written in the oldest text that is kept; as `last_used`."""


_COLUMNS: Final = tuple(column.name for column in fields(Evidence))
_LIST: Final = ", ".join(_COLUMNS)
_MARKS: Final = ", ".join("?" * len(_COLUMNS))
# untranslated
SCHEMA: Final = (
    """
CREATE TABLE IF NOT EXISTS evidence (
    id INTEGER PRIMARY KEY,
    term TEXT NOT NULL, kind TEXT NOT NULL, dictation INTEGER,
    engine TEXT NOT NULL, model TEXT NOT NULL, strength REAL NOT NULL, clip TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, how TEXT NOT NULL, at REAL NOT NULL
) STRICT""",
    "CREATE INDEX IF NOT EXISTS evidence_of_dictation ON evidence (dictation)",
    "CREATE INDEX IF NOT EXISTS evidence_of_term ON evidence (term)",
    # INSERT OR REPLACE, by which each step of a dictation is written, does not run it.
    """
CREATE TRIGGER IF NOT EXISTS forget_evidence AFTER DELETE ON dictation
BEGIN DELETE FROM evidence WHERE dictation = old.number; END""",
)


class EvidenceTable:
    """The table of one journal; belongs to the journal's thread. All methods raise JournalError."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]):
        """`transaction` is that of the store."""
        self._transaction = transaction

    def record(self, rows: Iterable[Evidence]) -> None:
        """Add all of these rows or none. Those of a dictation that is forgotten, or not on the disk
        yet, are dropped."""
        with self._transaction() as db:
            insert(db, rows)
            db.execute(
                "DELETE FROM evidence WHERE dictation IS NULL AND id <= (SELECT id FROM evidence"
                " WHERE dictation IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (MOST_TRIALS,),
            )

    def record_firings(self, number: int, rows: Iterable[Evidence]) -> None:
        """What the terms did in this dictation, in place of what was known before. Raises
        JournalError, also if the dictation is not on the disk: it was full, or it is forgotten."""
        marks = ", ".join("?" * len(FIRINGS))
        with self._transaction() as db:
            if not db.execute("SELECT 1 FROM dictation WHERE number = ?", (number,)).fetchone():
                raise JournalError(
                    _("dictation {number} is not on the disk, or forgotten").format(number=number)
                )
            db.execute(
                f"DELETE FROM evidence WHERE dictation = ? AND kind IN ({marks})",
                (number, *(kind.value for kind in FIRINGS)),
            )
            insert(db, rows)

    def of_dictations(self, numbers: Sequence[int]) -> list[Evidence]:
        """The rows of these dictations, oldest first."""
        marks = ", ".join("?" * len(numbers))
        with self._transaction() as db:
            return _rows(db, f"WHERE dictation IN ({marks}) ORDER BY id", *numbers)

    def all(self) -> list[Evidence]:
        """Every row, oldest first."""
        with self._transaction() as db:
            return _rows(db, "ORDER BY id")

    def of_term(self, term: str) -> list[Evidence]:
        """The rows of a term, oldest first."""
        with self._transaction() as db:
            return _rows(db, "WHERE term = ? ORDER BY id", term)

    def unlearn(self, term: str) -> None:
        """The user took back what was learned about this term."""
        with self._transaction() as db:
            db.execute(
                "DELETE FROM evidence WHERE term = ? AND kind = ?",
                (term, EvidenceKind.LEARNED.value),
            )

    def forget_others(self) -> None:
        """Delete what belongs to no dictation."""
        with self._transaction() as db:
            db.execute("DELETE FROM evidence WHERE dictation IS NULL")

    def wrong_since_quarantine(self, term: str) -> int:
        """In how many dictations the term was wrong since it was last quarantined."""
        wrong: set[int | None] = set()
        for row in self.of_term(term):
            if row.kind is EvidenceKind.QUARANTINED:
                wrong.clear()
            elif row.kind in WRONG:
                wrong.add(row.dictation)
        return len(wrong)

    def counts(self) -> list[TermCounts]:
        """What is known of each term that has evidence, in alphabetical order."""
        found: dict[str, TermCounts] = {}
        wrong: dict[str, set[int | None]] = {}
        written: dict[str, list[Evidence]] = {}
        for row in self.all():
            counts = found.setdefault(row.term, TermCounts(row.term))
            if row.kind in FIRINGS:
                written.setdefault(row.term, []).append(row)
                counts.last_used = max(counts.last_used, row.at)
                counts.first_used = min(counts.first_used or row.at, row.at)
            elif row.kind in WRONG:
                wrong.setdefault(row.term, set()).add(row.dictation)
            elif row.kind is EvidenceKind.MISSED:
                counts.misses += 1
            elif row.kind is EvidenceKind.LEARNED:
                counts.learned_from, counts.learned_at = row.dictation or 0, row.at
                counts.learned_how, counts.learned_wrong = row.how, row.before
            elif row.kind is EvidenceKind.QUARANTINED:
                counts.quarantined_at = row.at
        for term, counts in found.items():
            counts.false_hits = len(wrong.get(term, ()))
            stayed = (r for r in written.get(term, ()) if r.dictation not in wrong.get(term, ()))
            counts.hits = sum(1 for __ in stayed)
        return sorted(found.values(), key=lambda counts: counts.term.casefold())


def insert(db: sqlite3.Connection, rows: Iterable[Evidence]) -> None:
    """Add these rows. Those of a dictation that is not there are dropped."""
    db.executemany(
        f"INSERT INTO evidence ({_LIST}) SELECT {_MARKS} WHERE ? IS NULL"
        " OR EXISTS (SELECT 1 FROM dictation WHERE number = ?)",
        [[*map(_value, astuple(row)), row.dictation, row.dictation] for row in rows],
    )


def _rows(db: sqlite3.Connection, where: str, *values: object) -> list[Evidence]:
    rows = db.execute(f"SELECT {_LIST} FROM evidence {where}", values)
    # A newer dictate may know more kinds.
    known = {kind.value: kind for kind in EvidenceKind}
    return [Evidence(term, known[kind], *rest) for term, kind, *rest in rows if kind in known]


def _value(value: object) -> object:
    # An engine may send half a surrogate pair, which UTF-8 cannot encode.
    if isinstance(value, Enum):
        return value.value
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
