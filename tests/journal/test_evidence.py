"""What the journal keeps of the user's terms, and that it forgets it with the dictation."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal import evidence as table
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.journal.journal import Journal
from dictate.journal.retention import DAY_S, Moment
from tests.journal.test_journal import CANARY, dictate, grep

K = EvidenceKind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "dictate"


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    opened = Journal(folder, JournalSettings(keep_days=2), pytest.fail)
    opened.open()
    yield opened
    opened.close()


def row(term: str, kind: K, dictation: int | None, **more: str | float) -> Evidence:
    return Evidence(term, kind, dictation, **more)  # type: ignore[arg-type]


def test_rows_outlive_the_program_and_are_replaced_as_a_whole(
    journal: Journal, folder: Path
) -> None:
    number = dictate(journal)
    whole = Evidence("Zoë", K.FIRED, number, "onnx", "m", 1.5, "a.wav", "so e", "Zoë", "x", 9.5)
    journal.evidence.record_firings(number, [row("Old", K.FIRED, number)])
    journal.evidence.record([row("Old", K.UNDONE, number)])
    journal.evidence.record_firings(number, [whole])
    journal.close()
    again = Journal(folder, JournalSettings(), pytest.fail)
    again.open()
    assert again.evidence.of_dictations([number]) == [row("Old", K.UNDONE, number), whole]
    assert again.evidence.of_term("Zoë") == [whole]
    again.close()


@pytest.mark.parametrize("everything", [False, True])
def test_forgetting_a_dictation_erases_its_evidence(
    journal: Journal, folder: Path, everything: bool
) -> None:
    number, other = dictate(journal), dictate(journal)
    rows = [row(CANARY, K.FIRED, number, before=f"{CANARY} {i}" * 40) for i in range(50)]
    journal.evidence.record_firings(number, rows)
    journal.corrected(number, CANARY, ())
    journal.plain(number, CANARY)
    journal.evidence.record([row("Kept", K.FIRED, other)])
    assert grep(folder, CANARY)
    journal.forget(None if everything else number)
    assert grep(folder, CANARY) == []
    assert [c.term for c in journal.evidence.counts()] == ([] if everything else ["Kept"])
    journal.evidence.record([row(CANARY, K.UNDONE, number)])  # came too late
    journal.close()
    assert grep(folder, CANARY) == []


def test_retention_erases_it_too(journal: Journal, folder: Path) -> None:
    number = dictate(journal)
    journal.evidence.record([row(CANARY, K.FIRED, number)])
    for day in range(5):
        journal.sweep(Moment(day * DAY_S, "boot", day * DAY_S))
    assert journal.get(number) is None
    assert grep(folder, CANARY) == []


def test_an_older_dictate_that_deletes_a_dictation_deletes_its_evidence(
    journal: Journal, folder: Path
) -> None:
    """It knows neither the table nor the columns, and writes and deletes as it always did."""
    number, kept = dictate(journal), dictate(journal)
    for each in (number, kept):
        journal.evidence.record([row(f"{CANARY} {each}", K.FIRED, each)])
    journal.close()
    columns = "number, state, started, audio_s, text, heard, engine, output, application, reason"
    with closing(sqlite3.connect(folder / "journal.db")) as older:
        older.execute("PRAGMA secure_delete=ON")
        older.execute(
            f"INSERT OR REPLACE INTO dictation ({columns})"
            f" SELECT {columns} FROM dictation WHERE number = ?",
            (kept,),
        )
        older.execute("DELETE FROM dictation WHERE number = ?", (number,))
        older.commit()
        older.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert grep(folder, f"{CANARY} {number}") == []
    journal.open()
    assert [count.term for count in journal.evidence.counts()] == [f"{CANARY} {kept}"]


def test_a_journal_from_before_the_evidence_is_used_on(journal: Journal, folder: Path) -> None:
    number = dictate(journal)
    journal.close()
    with closing(sqlite3.connect(folder / "journal.db")) as older:
        older.execute("DROP TRIGGER forget_evidence")
        older.execute("DROP TABLE evidence")
        older.execute("ALTER TABLE dictation DROP COLUMN plain")
        older.execute("ALTER TABLE dictation DROP COLUMN corrected")
        older.commit()
    journal.open()
    entry = journal.get(number)
    assert entry is not None
    assert (entry.text, entry.plain, entry.corrected) == ("Hello.", None, "")
    journal.evidence.record([row("Zoë", K.HEARD, number)])
    assert journal.evidence.counts()[0].hits == 1


def test_the_counts_of_a_term(journal: Journal) -> None:
    numbers = [dictate(journal) for _ in range(4)]
    record = journal.evidence.record
    record([row("Zoë", K.FIRED, number, at=float(number)) for number in numbers])
    record([row("Zoë", K.HEARD, numbers[0]), row("Ada", K.MISSED, numbers[0])])
    # Taken back and corrected: one dictation, one mistake.
    record([row("Zoë", K.UNDONE, numbers[0]), row("Zoë", K.FALSE_HIT, numbers[0])])
    record([row("Ada", K.LEARNED, numbers[1], how="term", at=7.0)])
    ada, zoe = journal.evidence.counts()
    assert (ada.hits, ada.misses, ada.learned_from, ada.learned_at) == (0, 1, numbers[1], 7.0)
    assert (zoe.hits, zoe.false_hits, zoe.last_used) == (3, 1, float(numbers[3]))
    journal.evidence.unlearn("Ada")
    assert journal.evidence.counts()[0].learned_from == 0


def test_the_count_to_a_quarantine_starts_anew_after_it(journal: Journal) -> None:
    numbers = [dictate(journal) for _ in range(3)]
    for number in numbers[:2]:
        journal.evidence.record([row("Zoë", K.UNDONE, number), row("Zoë", K.FALSE_HIT, number)])
    assert journal.evidence.wrong_since_quarantine("Zoë") == 2
    journal.evidence.record([row("Zoë", K.QUARANTINED, None)])
    assert journal.evidence.wrong_since_quarantine("Zoë") == 0
    journal.evidence.record([row("Zoë", K.FALSE_HIT, numbers[2])])
    assert journal.evidence.wrong_since_quarantine("Zoë") == 1


def test_trials_do_not_grow_without_end(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_TRIALS", 3)
    number = dictate(journal)
    journal.evidence.record([row("Kept", K.FIRED, number)])
    for i in range(5):
        journal.evidence.record([row(f"Term {i}", K.TRIAL, None)])
    terms = [count.term for count in journal.evidence.counts()]
    assert terms == ["Kept", "Term 2", "Term 3", "Term 4"]


def test_a_correction_is_kept_with_the_text_and_ends_when_it_is_heard_again(
    journal: Journal,
) -> None:
    number = dictate(journal, "ask cloud")
    journal.corrected(number, "ask Claude", ())
    entry = journal.get(number)
    assert entry is not None
    assert (entry.text, entry.wanted) == ("ask cloud", "ask Claude")
    journal.transcribed(number, "ask Clod", "ask clod", "onnx", "ask cloud")
    with pytest.raises(JournalError, match="under way"):
        journal.corrected(number, "x", ())
    journal.held(number, "recovered")
    entry = journal.get(number)
    assert entry is not None
    assert (entry.wanted, entry.plain) == ("ask Clod", "ask cloud")


def test_half_a_surrogate_pair_is_no_obstacle(journal: Journal) -> None:
    number = dictate(journal)
    journal.evidence.record([row("Zoë", K.FIRED, number, before="half \ud83d")])
    assert journal.evidence.of_term("Zoë")[0].before == "half ?"
