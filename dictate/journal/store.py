"""The journal's folder: `journal.db` (SQLite, WAL) and `audio/<number>.wav`, for one user only.

Errors of libraries become JournalError here, with what the user can do.
"""

import os
import re
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dictate.errors import JournalError, UnsafeFolder
from dictate.journal import evidence, schema, spool
from dictate.journal.entry import Entry, EntryState
from dictate.journal.evidence import Evidence
from dictate.journal.retention import Moment, passed
from dictate.journal.schema import COLUMNS, LIST
from dictate.platform import paths
from dictate.platform.locks import lock
from dictate.platform.own_files import free_name, open_own, set_aside
from dictate.translation import _

_UNFINISHED: Final = ("recording", "captured", "transcribed", "typing")
_SOUND: Final = re.compile(r"([1-9][0-9]{0,8})\.wav")
"""The names of our sound files; other files in that folder are not ours."""
_BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


class Store:
    """The database and the sound files of a journal; `directory` None means memory only."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._audio = directory / "audio" if directory else None
        self._lock: int | None = None
        self._open_db: sqlite3.Connection | None = None

    @property
    def in_memory(self) -> bool:
        """Whether everything is lost when the program ends."""
        return self._directory is None

    def open(self) -> list[str]:
        """Open or make it; returns one line for the user for each repair."""
        if self._directory is None:
            self._open_db = self._connect(":memory:")
            return []
        try:
            self._lock = paths.open_safe_dir(self._directory)
            lock(self._lock)
            paths.safe_dir(self._directory / "audio")
            path = self._directory / "journal.db"
            said = self._set_odd_aside(path)
            _make_file(path)
            try:
                self._open_db = self._connect(path)
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
                    raise JournalError(_advice(path, error)) from error
                aside = self._move_aside(path)
                _make_file(path)
                self._open_db = self._connect(path)
                said.append(
                    _(
                        "{path} was damaged ({error}): it is now {name}, and a new one is "
                        "begun. It may hold texts that were not delivered: dictatectl forget "
                        "--all deletes it"
                    ).format(path=path, error=error, name=aside.name)
                )
        except BlockingIOError:
            self.close()
            raise JournalError(
                _("{directory}: another dictate has this journal open; stop it").format(
                    directory=self._directory
                )
            ) from None
        except UnsafeFolder as error:
            self.close()
            raise JournalError(str(error)) from error
        except BaseException:
            self.close()
            raise
        return said

    def last_known_number(self) -> int:
        """The highest number that seems to be used, although it cannot be opened; 0 if there is
        none. It writes nothing, and does not know the newest."""
        if self._directory is None or self._audio is None:
            return 0
        found = max(self.audio_numbers(), default=0)
        path = (self._directory / "journal.db").absolute()
        with suppress(sqlite3.Error):
            db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
            with closing(db):
                highest = db.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()[0]
            found = max(found, highest if isinstance(highest, int) else 0)
        return found

    def close(self) -> None:
        """Close the files. Idempotent."""
        if self._open_db is not None:
            with suppress(sqlite3.Error):
                self._open_db.close()
            self._open_db = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def put(
        self, entries: Iterable[Entry], rows: Iterable[Evidence] = (), *, synced: bool = True
    ) -> None:
        """Write all of these entries, and what is known of terms in them, or nothing; they are on
        the disk when it returns, or if that is not `synced`, with the next that is. Until then they
        outlive this process, but not the machine."""
        marks = ", ".join("?" * len(COLUMNS))
        values = [[_value(getattr(entry, name)) for name in COLUMNS] for entry in entries]
        with self.transaction(synced=synced) as db:
            db.executemany(f"INSERT OR REPLACE INTO dictation ({LIST}) VALUES ({marks})", values)
            evidence.insert(db, rows)

    def delete(self, numbers: Collection[int]) -> None:
        """Delete rows and erase their words from the files."""
        if not numbers:
            return
        with self.transaction() as db:
            db.executemany("DELETE FROM dictation WHERE number = ?", [(n,) for n in numbers])
        with self._errors() as db:
            # secure_delete has zeroed the words in the log's newest pages: bring these into the
            # database and cut the log off, which still holds the older ones.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def look(self, now: Moment) -> float:
        """Move the retention clock on to this look at the world; by how many seconds the wall clock
        jumped."""
        with self.transaction() as db:
            last = db.execute(
                "SELECT counted_s, wall, boot, boot_s FROM retention_clock"
            ).fetchone()
            counted_s, jump_s = last[0] if last else 0.0, 0.0
            if last:
                more_s, jump_s = passed(Moment(*last[1:]), now)
                counted_s += more_s
            db.execute(
                "INSERT OR REPLACE INTO retention_clock VALUES (1, ?, ?, ?, ?)",
                (counted_s, now.wall, now.boot, now.boot_s),
            )
            db.execute("UPDATE dictation SET since = ? WHERE since IS NULL", (counted_s,))
        return jump_s

    def ages(self) -> dict[int, float]:
        """For how many seconds of the retention clock each entry has been as it is."""
        with self._errors() as db:
            rows = db.execute(
                "SELECT number, counted_s - since FROM dictation, retention_clock"
                " WHERE since IS NOT NULL"
            )
            return dict(rows.fetchall())

    def get(self, number: int) -> Entry | None:
        """One entry."""
        return next(iter(self._select("WHERE number = ?", number)), None)

    def newest(self, limit: int, before: int = 0) -> list[Entry]:
        """Newest first, those before a number unless it is 0; a limit of -1 means all."""
        where = "WHERE ? = 0 OR number < ? ORDER BY number DESC LIMIT ?"
        return self._select(where, before, before, limit)

    def last_with_text(self, besides: Collection[int]) -> Entry | None:
        """The newest entry with a text, except these numbers."""
        marks = ", ".join("?" * len(besides))
        where = f"WHERE text != '' AND number NOT IN ({marks}) ORDER BY number DESC LIMIT 1"
        return next(iter(self._select(where, *besides)), None)

    def unfinished(self) -> list[Entry]:
        """The entries that a crash left under way, oldest first."""
        marks = ", ".join("?" * len(_UNFINISHED))
        return self._select(f"WHERE state IN ({marks}) ORDER BY number", *_UNFINISHED)

    def numbers(self) -> set[int]:
        """The number of every entry."""
        with self._errors() as db:
            return {row[0] for row in db.execute("SELECT number FROM dictation")}

    def last_number(self) -> int:
        """The highest number ever used; 0 if there is none."""
        with self._errors() as db:
            highest = db.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()[0]
        return max(self.audio_numbers() | {highest or 0})

    def audio_path(self, number: int) -> Path | None:
        """The sound file of a dictation; None in memory."""
        return self._audio / f"{number}.wav" if self._audio else None

    def has_audio(self, number: int) -> bool:
        """Whether there is a sound file."""
        path = self.audio_path(number)
        return path is not None and path.is_file()

    def audio_numbers(self) -> set[int]:
        """The numbers of all sound files."""
        found = self._audio.glob("*.wav") if self._audio else ()
        ours = (path for path in found if path.is_file() and not path.is_symlink())
        return {int(match[1]) for path in ours if (match := _SOUND.fullmatch(path.name))}

    def audio_time(self, number: int) -> float:
        """When the sound file was last written, wall clock."""
        path = self.audio_path(number)
        try:
            return path.stat().st_mtime if path else time.time()
        except OSError:
            return time.time()

    def mend_audio(self, number: int) -> float:
        """Repair the header of the sound file; returns its seconds, 0 if there is no file."""
        path = self.audio_path(number)
        try:
            return spool.mend(path) if path else 0.0
        except FileNotFoundError:
            return 0.0
        except OSError as error:
            raise JournalError(_advice(path, error)) from error

    def delete_audio(self, number: int) -> None:
        """Delete the sound file, if there is one."""
        if path := self.audio_path(number):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise JournalError(_advice(path, error)) from error

    def audio_beyond(self, limit: float, candidates: Collection[int]) -> list[int]:
        """The candidates to delete, oldest first, so that all sound files have `limit` bytes."""
        sizes = {}
        for number in sorted(self.audio_numbers()):
            with suppress(OSError):
                sizes[number] = (self._audio or Path()).joinpath(f"{number}.wav").stat().st_size
        excess = sum(sizes.values()) - limit
        chosen = []
        for number in sizes:
            if excess > 0 and number in candidates:
                excess -= sizes[number]
                chosen.append(number)
        return chosen

    def drop_broken(self) -> None:
        """Delete the damaged journals that were moved aside."""
        for path in self._directory.glob("journal.db.broken-*") if self._directory else ():
            try:
                path.unlink()
            except OSError as error:
                raise JournalError(_advice(path, error)) from error

    def _connect(self, path: Path | str) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        try:
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            # EXCLUSIVE avoids the shared-memory file, which network file systems do not support.
            for pragma in (
                *("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"),
                *("secure_delete=ON", "temp_store=MEMORY"),
            ):
                db.execute(f"PRAGMA {pragma}")
            schema.prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _set_odd_aside(self, path: Path) -> list[str]:
        """Move away what is not a file of ours; one line for the user for each."""
        beside = [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]
        try:
            said = [set_aside(each) for each in (path, *beside)]
            sounds = (self._audio or Path()).glob("*.wav")
            lost = _("; the sound of that dictation is gone")
            said += [set_aside(each, lost) for each in sounds if _SOUND.fullmatch(each.name)]
            for part in filter(os.path.lexists, beside if said[0] else ()):
                part.rename(free_name(path, f"broken{part.name[len(path.name) :]}"))
        except OSError as error:
            raise JournalError(_advice(path, error)) from error
        return [line for line in said if line]

    def _move_aside(self, path: Path) -> Path:
        aside = free_name(path, "broken")
        try:
            for ending in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
            return path.rename(aside)
        except OSError as error:
            raise JournalError(_advice(path, error)) from error

    def _select(self, where: str, *values: object) -> list[Entry]:
        with self._errors() as db:
            rows = db.execute(f"SELECT {LIST} FROM dictation {where}", values).fetchall()
        return [
            replace(entry, state=EntryState(entry.state)) for entry in (Entry(*row) for row in rows)
        ]

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """All that is done inside, or nothing; on the disk afterwards if it is `synced`. Raises
        JournalError."""
        with self._errors() as db:
            db.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[sqlite3.Connection]:
        if self._open_db is None:
            raise JournalError(_("the journal is not open"))
        try:
            yield self._open_db
        except sqlite3.Error as error:
            raise JournalError(_advice(self._directory, error)) from error


def _value(value: Any) -> Any:
    # An engine may send half a surrogate pair, which UTF-8 cannot encode.
    if isinstance(value, EntryState):
        return value.value
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _make_file(path: Path) -> None:
    """Make an empty file if there is none, for this user only. Raises JournalError."""
    try:
        file = open_own(path, os.O_RDWR | os.O_CREAT)
        try:
            os.fchmod(file, 0o600)
        finally:
            os.close(file)
    except OSError as error:
        raise JournalError(_advice(path, error)) from error


def _advice(path: object, error: Exception) -> str:
    """What is wrong with the disk, and what the user can do."""
    what = (error.strerror if isinstance(error, OSError) else None) or str(error)
    if isinstance(error, PermissionError | IsADirectoryError):
        return _("{path}: {error}. It must be a file that this user may read and write").format(
            path=path, error=what
        )
    return _("{path}: {error}. Make room on that disk, and let this user write there").format(
        path=path, error=what
    )
