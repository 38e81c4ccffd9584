"""Files of ours in an odd state: the daemon starts, keeps what it can, moves the rest away and says
so, and follows no link."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.config.schema import JournalSettings
from dictate.hotwords import calibration
from dictate.journal.journal import Journal
from dictate.platform.own_files import open_own, own_lock, read_own, set_aside, write_own
from tests.lab.daemon import wait_for
from tests.lab.journal_life import deliver_new
from tests.lab.scripted import Home, home

SECOND = b"\x01\x02" * 16_000
COLUMNS = (
    "number INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT, started REAL, audio_s REAL, text TEXT,"
    " heard TEXT, engine TEXT, output TEXT, application TEXT, reason TEXT"
)
ADD = (
    "INSERT INTO dictation (number, state, started, audio_s, text, heard, engine, output,"
    " application, reason) VALUES"
)
CLOCK = "id INTEGER PRIMARY KEY, counted_s, wall, boot, boot_s"
Damage = Callable[[Path], object]


def sql(*statements: str) -> Damage:
    def damage(folder: Path) -> None:
        with sqlite3.connect(folder / "journal.db") as db:
            for statement in statements:
                db.execute(statement)
        db.close()

    return damage


def table(columns: str, *rows: str) -> Damage:
    made = f"CREATE TABLE dictation ({columns})"
    return sql("DROP TABLE dictation", made, *(f"INSERT INTO dictation VALUES ({r})" for r in rows))


def sound(name: str) -> Damage:
    return lambda folder: (folder / "audio" / name).write_bytes(b"RIFF" + bytes(100))


def replaced(name: str, by: Callable[[Path], object]) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        by(folder / name)

    return damage


def link(path: Path) -> None:
    path.symlink_to(path.parents[1] / "precious")


DATABASES = {
    "no types": table("number, state, started, audio_s, text, heard, engine, output, a, b"),
    "a column is missing": table("number INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT"),
    "numbers are used again": table(COLUMNS.replace("AUTOINCREMENT", "")),
    "an unknown state": table(COLUMNS, "3, 'nonsense', 1, 1, '', '', '', '', '', ''"),
    "other types": table(COLUMNS, "3, 'held', 'abc', x'00', x'ff', '', '', 7, NULL, ''"),
    "nothing in a row": table(COLUMNS, f"3, 'recording'{', NULL' * 8}"),
    "the largest number": sql(f"{ADD} ({2**63 - 1}, 'held', 1, 1, 'a', '', '', '', '', '')"),
    "a negative number": sql(f"{ADD} (-5, 'recording', 1, 1, 'a', '', '', '', '', '')"),
    "a last number of letters": sql("UPDATE sqlite_sequence SET seq = 'abc'"),
    "a last number too large": sql("UPDATE sqlite_sequence SET seq = 4294967295"),
    "a view": sql("DROP TABLE dictation", "CREATE VIEW dictation AS SELECT 1 AS number"),
    "other evidence": sql("DROP TABLE evidence", "CREATE TABLE evidence (a)"),
    "another clock": sql("DROP TABLE retention_clock", "CREATE TABLE retention_clock (a)"),
    "a clock of letters": sql(
        "DROP TABLE retention_clock",
        f"CREATE TABLE retention_clock ({CLOCK})",
        "INSERT INTO retention_clock VALUES (1, 'x', 'y', 3, 'z')",
    ),
}
KINDS: dict[str, Damage] = {"link": link, "fifo": os.mkfifo, "folder": Path.mkdir}
FILES = {
    f"journal.db{ending} is a {kind}": replaced(f"journal.db{ending}", by)
    for ending in ("", "-wal", "-shm", "-journal")
    for kind, by in KINDS.items()
}
HARMLESS = {
    "a kind of evidence of a newer dictate": sql(
        "INSERT INTO evidence (term, kind, engine, model, strength, clip, before, after, how, at)"
        " VALUES ('a', 'zzz', '', '', 0, '', '', '', '', 0)"
    ),
    "no last number": sql("DELETE FROM sqlite_sequence"),
    **{
        f"sound called {name[:25]}": sound(name)
        for name in (f"{10**23}.wav", f"{'9' * 240}.wav", f"{2**63 - 1}.wav", "007.wav", "0.wav")
    },
}


def made(folder: Path) -> None:
    journal = Journal(folder, JournalSettings(), pytest.fail)
    journal.open()
    for number in (1, 2):
        journal.begin(number, 1000.0)
        journal.append(number, SECOND)
        journal.captured(number, "kate")
    journal.transcribed(1, "Text one.", "text one", "scripted")
    journal.typing(1, "x11")
    journal.delivered(1, "delivered")
    journal.close()


@pytest.mark.parametrize("odd", [*DATABASES, *FILES, *HARMLESS])
@pytest.mark.fault("E6", "E7")
def test_a_journal_in_an_odd_state_works(tmp_path: Path, odd: str) -> None:
    folder, said = tmp_path / "dictate", list[str]()
    (tmp_path / "precious").write_text("keep")
    made(folder)
    (DATABASES | FILES | HARMLESS)[odd](folder)
    before = {path.name for path in folder.iterdir()}
    journal = Journal(folder, JournalSettings(), said.append)
    left = journal.open()
    aside = {path.name for path in folder.iterdir()} - before
    assert len(said) == (odd not in HARMLESS)
    assert all(name in said[0] for name in aside if not name.endswith(("-wal", "-shm")))
    assert (odd in HARMLESS) or [n for n in aside if ".broken-" in n or ".odd-" in n]
    assert {entry.number for entry in left} >= {2}, "its sound is there"
    assert journal.audio(2) == SECOND
    for entry in journal.history(100):
        journal.get(entry.number)
    assert [each.term for each in journal.evidence.counts()] == []
    number = deliver_new(journal, SECOND)
    assert 3 <= number <= 10
    last = journal.last()
    assert last is not None
    assert last.text == "New."
    journal.close()
    again = Journal(folder, JournalSettings(), pytest.fail)
    again.open()
    assert again.next_number == number + 1
    again.close()
    assert (tmp_path / "precious").read_text() == "keep"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_ours_that_is_none(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "precious").write_text("keep")
    path = folder / "lock"
    KINDS[kind](path)
    for act in (read_own, lambda it: write_own(it, "x"), lambda it: open_own(it, os.O_RDWR)):
        with pytest.raises(OSError, match="lock"):
            act(path)
    with own_lock(path) as aside:
        assert "lock was no file of yours: it is now lock.odd-" in aside
        with pytest.raises(BlockingIOError), own_lock(path):
            pass
    write_own(path, "longer than")
    write_own(path, "short")
    assert read_own(path) == b"short"
    assert set_aside(path) == set_aside(folder / "nothing") == ""
    assert (tmp_path / "precious").read_text() == "keep"


@pytest.mark.parametrize(
    "found",
    [b"[" * 100_000, b'[{"engine": 1}]', b"[7]", b"\xff", b"{}"]
    + [
        json.dumps(
            [
                {
                    "engine": "a",
                    "model": "b",
                    "model_path": path,
                    "model_hash": "",
                    "strength": strength,
                    "control_words": 1,
                    "false_hits": 0,
                    "measured": "",
                }
            ]
        ).encode()
        for path, strength in ((5, 1.0), ("", "loud"), (None, None))
    ],
)
def test_a_calibration_file_that_is_none(tmp_path: Path, found: bytes) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(found)
    assert calibration.load(path) == ()


@pytest.mark.fault("E6")
def test_the_daemon_starts_in_spite_of_all_of_them(tmp_path: Path) -> None:
    with home(tmp_path) as user:
        precious = tmp_path / "precious"
        precious.write_text("keep")
        run, state = tmp_path / "run" / "dictate", tmp_path / "state" / "dictate"
        for folder in (run, state, state / "audio"):
            folder.mkdir(mode=0o700, parents=True)
        (run / "lock").symlink_to(precious)
        (state / "audio" / f"{10**23}.wav").write_bytes(b"RIFF")
        for name in ("journal.db", "calibration.json", "ibus-engine", "portal-token"):
            os.mkfifo(state / name)
        speaks(user, precious)


def speaks(user: Home, precious: Path) -> None:
    with user.daemon(*user.spoken) as daemon:
        wait_for(lambda: daemon.written() == f"{Home.text}\n", "it dictates")
        assert "lock was no file of yours" in daemon.logged()
        assert "journal.db was no file of yours" in daemon.logged()
        assert daemon.history()[0]["text"] == Home.text
        assert precious.read_text() == "keep"
    with user.daemon() as daemon:
        assert daemon.history()[0]["text"] == Home.text
        assert "was no file of yours" not in daemon.logged().rpartition(": started: ")[2]
