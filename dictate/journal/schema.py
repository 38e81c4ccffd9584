"""The tables of the journal's database. A file whose tables are not these is damaged: each row that
is read has the types that we expect."""

import sqlite3
from dataclasses import fields
from typing import Final

from dictate.errors import JournalError
from dictate.hotwords.model import MAIN, SECOND
from dictate.journal import evidence
from dictate.journal.entry import Entry, EntryState
from dictate.translation import _

COLUMNS: Final = tuple(f.name for f in fields(Entry) if f.name != "has_audio")
LIST: Final = ", ".join(COLUMNS)
LARGEST_NUMBER: Final = 2**31
"""Of a dictation: D-Bus and SQLite can still count on."""

_VERSION: Final = 1
_STATES: Final = ", ".join(f"'{state.value}'" for state in EntryState)
# AUTOINCREMENT remembers the highest number ever used, even when its row is deleted.
_DICTATION: Final = f"""
CREATE TABLE IF NOT EXISTS dictation (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ({_STATES})),
    started REAL NOT NULL, audio_s REAL NOT NULL, text TEXT NOT NULL, heard TEXT NOT NULL,
    engine TEXT NOT NULL, output TEXT NOT NULL, application TEXT NOT NULL, reason TEXT NOT NULL
) STRICT"""
# Not in the schema: older journals lack them, and an older dictate can still write a journal with
# them. `since` is the retention clock at the first look after the last step: `put` empties it.
_ADDED: Final = {
    "profile": f"TEXT NOT NULL DEFAULT '{MAIN}'",
    "since": "REAL",
    "plain": "TEXT",
    "corrected": "TEXT NOT NULL DEFAULT ''",
    "polished": "TEXT NOT NULL DEFAULT ''",
    "command": "TEXT NOT NULL DEFAULT ''",
    "lost_ms": "INTEGER NOT NULL DEFAULT 0",
}
_OF_SECOND: Final = "UPDATE dictation SET profile = ? WHERE second != 0 AND profile = ?"
_CLOCK: Final = """
CREATE TABLE IF NOT EXISTS retention_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    counted_s REAL NOT NULL, wall REAL NOT NULL, boot TEXT NOT NULL, boot_s REAL NOT NULL
) STRICT"""
_TABLES: Final = ("dictation", "retention_clock", "evidence")
_ODD: Final = (
    f"SELECT 1 FROM dictation WHERE state NOT IN ({_STATES})"
    f" OR number NOT BETWEEN 1 AND {LARGEST_NUMBER}",
    "SELECT 1 FROM sqlite_sequence WHERE name = 'dictation'"
    f" AND (typeof(seq) != 'integer' OR seq NOT BETWEEN 0 AND {LARGEST_NUMBER})",
)
"""Rows that no dictate wrote."""


def prepare(db: sqlite3.Connection) -> None:
    """Make what is missing. Raises sqlite3.Error if the file is damaged, JournalError if it is too
    new."""
    problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise _damaged(problem.splitlines()[-1])
    if db.execute("PRAGMA user_version").fetchone()[0] > _VERSION:
        raise JournalError(_("a newer dictate made this journal.db: update, or move it away"))
    _make(db)
    _check(db)
    db.execute(f"PRAGMA user_version={_VERSION}")


def _make(db: sqlite3.Connection) -> None:
    db.execute(_DICTATION)
    there = {row[1] for row in db.execute("PRAGMA table_info(dictation)")}
    for name, kind in _ADDED.items():
        if name not in there:
            db.execute(f"ALTER TABLE dictation ADD COLUMN {name} {kind}")
    if "second" in there:  # an older dictate had one profile beside the main one
        db.execute(_OF_SECOND, (SECOND, MAIN))
    for statement in (_CLOCK, *evidence.SCHEMA):
        db.execute(statement)


def _check(db: sqlite3.Connection) -> None:
    model = sqlite3.connect(":memory:")
    try:
        _make(model)
        for table in _TABLES:
            found = _columns(db, table)
            if not _columns(model, table).items() <= found.items():
                raise _damaged(f"the table {table} is not as dictate makes it")
    finally:
        model.close()
    if any(db.execute(odd).fetchone() for odd in _ODD):
        raise _damaged("it has rows that dictate did not write")


def _columns(db: sqlite3.Connection, table: str) -> dict[str, tuple[object, ...]]:
    """The type of each column and what it must be, and how the table keeps to it."""
    found = {
        name: (kind, not_null, key)
        for __, name, kind, not_null, __, key in db.execute(f"PRAGMA table_info({table})")
    }
    made = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    strict = [row[5] for row in db.execute("PRAGMA table_list") if row[1] == table]
    return {**found, "": (strict, "AUTOINCREMENT" in made.upper())}


def _damaged(why: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(why)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
