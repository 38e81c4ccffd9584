"""The journal on a good day, and what it keeps and deletes."""

import sqlite3
import subprocess
import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import soundfile

from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal.entry import STEPS, EntryState
from dictate.journal.journal import Journal
from dictate.journal.retention import DAY_S, Moment

S = EntryState
CANARY = "xylophone-marzipan"
SECOND = b"\x01\x02" * 16_000


class Trouble(list[str]):
    """Collects what the journal wants the user to know."""

    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "dictate"


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    lines = Trouble()
    yield lines
    assert lines == []


@pytest.fixture
def journal(folder: Path, trouble: Trouble) -> Iterator[Journal]:
    opened = Journal(folder, JournalSettings(), trouble)
    assert opened.open() == []
    yield opened
    opened.close()


@pytest.fixture
def reopen(journal: Journal, folder: Path) -> Iterator[Callable[[], Journal]]:
    """Ends the program and starts it again: the journal it then has."""
    again = Journal(folder, JournalSettings(), Trouble())

    def start() -> Journal:
        journal.close()
        again.open()
        return again

    yield start
    again.close()


def dictate(
    journal: Journal,
    text: str = "Hello.",
    *,
    upto: EntryState = S.DELIVERED,
    started: float = 1000.0,
    pcm: bytes = SECOND,
) -> int:
    """Take one dictation along the usual way, up to a state."""
    number = journal.next_number
    journal.begin(number, started)
    journal.append(number, pcm)
    steps: dict[EntryState, Callable[[], None]] = {
        S.CAPTURED: lambda: journal.captured(number, "kate"),
        S.TRANSCRIBED: lambda: journal.transcribed(number, text, text.lower(), "scripted"),
        S.TYPING: lambda: journal.typing(number, "x11"),
        S.DELIVERED: lambda: journal.delivered(number, "delivered"),
    }
    for state, step in steps.items():
        if upto is S.RECORDING:
            break
        step()
        if state is upto:
            break
    return number


def force(journal: Journal, state: EntryState) -> int:
    """A dictation in this state, whatever way leads there."""
    if state is S.HELD:
        number = dictate(journal, upto=S.TRANSCRIBED)
        journal.held(number, "the window is gone")
    elif state is S.CANCELLED:
        number = dictate(journal, upto=S.CAPTURED)
        journal.cancelled(number, "by the user")
    elif state is S.EMPTY:
        number = dictate(journal, upto=S.CAPTURED)
        journal.empty(number)
    else:
        number = dictate(journal, upto=state)
    return number


def step(journal: Journal, number: int, to: EntryState) -> None:
    steps: dict[EntryState, Callable[[], None]] = {
        S.CAPTURED: lambda: journal.captured(number, "kate"),
        S.TRANSCRIBED: lambda: journal.transcribed(number, "a", "a", "e"),
        S.TYPING: lambda: journal.typing(number, "x11"),
        S.DELIVERED: lambda: journal.delivered(number, "ok"),
        S.HELD: lambda: journal.held(number, "because"),
        S.CANCELLED: lambda: journal.cancelled(number, "by the user"),
        S.EMPTY: lambda: journal.empty(number),
    }
    steps[to]()


def grep(folder: Path, word: str) -> list[str]:
    found = subprocess.run(
        ["grep", "-rla", word, str(folder)], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def test_all_of_a_dictation_is_kept_and_outlives_the_program(
    journal: Journal, reopen: Callable[[], Journal]
) -> None:
    number = dictate(journal, "Dear Ms. Łukasiewicz \u2013 世界 😀", started=1234.5)
    entry = reopen().get(number)
    assert entry is not None
    assert entry.state is S.DELIVERED
    assert entry.text == "Dear Ms. Łukasiewicz \u2013 世界 😀"
    assert entry.heard == "dear ms. łukasiewicz \u2013 世界 😀"
    assert (entry.engine, entry.output, entry.application) == ("scripted", "x11", "kate")
    assert (entry.started, entry.audio_s, entry.has_audio) == (1234.5, 1.0, True)
    assert entry.reason == "delivered"


@pytest.mark.parametrize("at", list(EntryState))
@pytest.mark.parametrize("to", [state for state in EntryState if state is not S.RECORDING])
def test_only_the_steps_of_the_table_are_taken(
    journal: Journal, at: EntryState, to: EntryState
) -> None:
    number = force(journal, at)
    if to in STEPS[at]:
        step(journal, number, to)
        expected = to
    else:
        with pytest.raises(ValueError, match=f"{at.value}.*{to.value}"):
            step(journal, number, to)
        expected = at
    entry = journal.get(number)
    assert entry is not None
    assert entry.state is expected


@pytest.mark.parametrize("at", [state for state in EntryState if state is not S.RECORDING])
def test_sound_is_taken_only_while_recording(journal: Journal, at: EntryState) -> None:
    number = force(journal, at)
    with pytest.raises(ValueError, match="not being recorded"):
        journal.append(number, SECOND)


@pytest.mark.parametrize("at", list(EntryState))
def test_sound_can_be_read_in_any_state(journal: Journal, at: EntryState) -> None:
    assert journal.audio(force(journal, at)) == SECOND


def test_a_spool_can_be_played_while_it_grows_and_when_it_is_whole(
    journal: Journal, folder: Path
) -> None:
    number = dictate(journal, upto=S.RECORDING)
    path = folder / "audio" / f"{number}.wav"
    growing, rate = soundfile.read(path, dtype="int16")
    assert (len(growing), rate) == (16_000, 16_000)
    journal.append(number, SECOND)
    journal.captured(number, "kate")
    with wave.open(str(path)) as whole:
        assert whole.getparams()[:4] == (1, 2, 16_000, 32_000)
        assert whole.readframes(40_000) == SECOND * 2


@pytest.mark.fault("S8")
def test_only_the_user_can_read_it(journal: Journal, folder: Path) -> None:
    dictate(journal)
    for path in (folder, *folder.rglob("*")):
        allowed = 0o700 if path.is_dir() else 0o600
        assert path.stat().st_mode & 0o777 == allowed, path


@pytest.mark.fault("S8", "S15")
def test_an_open_folder_of_an_earlier_version_is_closed_to_others(
    folder: Path, trouble: Trouble
) -> None:
    folder.mkdir(parents=True, mode=0o755)
    journal = Journal(folder, JournalSettings(), trouble)
    journal.open()
    assert folder.stat().st_mode & 0o777 == 0o700
    journal.close()


def test_numbers_are_never_given_twice(journal: Journal, reopen: Callable[[], Journal]) -> None:
    first = dictate(journal)
    second = dictate(journal)
    assert second > first
    with pytest.raises(ValueError, match="exists already"):
        journal.begin(first, 0.0)
    journal.forget(None)
    assert reopen().next_number > second


def test_a_polished_text_stands_beside_the_text(
    journal: Journal, reopen: Callable[[], Journal]
) -> None:
    def now(number: int) -> tuple[str, str, str, EntryState]:
        entry = journal.get(number)
        assert entry is not None
        assert entry.text == "Hello."
        return entry.polished, entry.wanted, entry.reason, entry.state

    # Written polished at once.
    first = dictate(journal, upto=S.TRANSCRIBED)
    journal.polished(first, "Hi.")
    journal.typing(first, "x11")
    journal.delivered(first, "delivered")
    assert now(first) == ("Hi.", "Hi.", "delivered", S.DELIVERED)
    # Replaced, and back again.
    second = dictate(journal)
    journal.replacing(second, "x11", "Hi.")
    assert now(second) == ("Hi.", "Hi.", "delivered", S.TYPING)
    journal.delivered(second, "sent")
    journal.replacing(second, "x11", "")
    journal.delivered(second, "sent")
    assert now(second) == ("", "Hello.", "sent", S.DELIVERED)
    # Nothing has changed in the window.
    journal.replacing(second, "x11", "Hi.")
    journal.delivered(second, "delivered", polished="")
    journal.not_polished(second, "it has moved")
    assert now(second) == ("", "Hello.", "delivered; not polished: it has moved", S.DELIVERED)
    # Recognized anew, it is another text.
    journal.transcribed(first, "Hello.", "hello", "scripted")
    assert now(first) == ("", "Hello.", "", S.TRANSCRIBED)
    journal.held(first, "why")
    # A crash in between: both are kept, and nothing is written by itself.
    journal.replacing(second, "x11", "Hi.")
    journal = reopen()
    assert now(second)[:2] == ("Hi.", "Hi.")
    assert now(second)[3] is S.HELD


def test_the_last_text_and_the_history(journal: Journal) -> None:
    assert journal.last() is None
    assert journal.history(5) == []
    numbers = [dictate(journal, f"Text {i}.") for i in range(4)]
    nothing = force(journal, S.EMPTY)
    last = journal.last()
    assert last is not None
    assert last.text == "Text 3."
    assert [e.number for e in journal.history(3)] == [nothing, numbers[3], numbers[2]]
    assert len(journal.history(100)) == 5
    assert journal.history(0) == []
    assert journal.get(99) is None


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("length", [1, 5_000])
@pytest.mark.fault("S8")
def test_forgotten_words_are_gone_from_the_files(
    journal: Journal, folder: Path, everything: bool, length: int
) -> None:
    text = " ".join([CANARY] * length)
    number = dictate(journal, text, pcm=CANARY.encode() * 2)
    kept = dictate(journal, "Something else.")
    assert grep(folder, CANARY) != []
    assert journal.forget(None if everything else number) == (2 if everything else 1)
    assert grep(folder, CANARY) == []
    assert journal.get(number) is None
    assert (journal.get(kept) is None) is everything
    journal.close()
    assert grep(folder, CANARY) == []


def test_forgetting_what_is_not_there_deletes_nothing(journal: Journal) -> None:
    dictate(journal)
    assert journal.forget(99) == 0
    assert len(journal.history(9)) == 1


def test_what_is_under_way_is_not_forgotten(journal: Journal) -> None:
    done = dictate(journal)
    under_way = dictate(journal, upto=S.RECORDING)
    with pytest.raises(JournalError, match="under way"):
        journal.forget(under_way)
    assert journal.forget(None) == 1
    assert journal.get(done) is None
    journal.captured(under_way, "kate")
    assert journal.audio(under_way) == SECOND


def test_after_it_was_forgotten_a_late_text_has_nowhere_to_go(
    journal: Journal, reopen: Callable[[], Journal]
) -> None:
    number = dictate(journal, upto=S.CAPTURED)
    again = reopen()
    assert again.forget(number) == 1
    with pytest.raises(JournalError, match="forgotten"):
        again.transcribed(number, "late", "late", "e")


def days(count: float) -> Moment:
    """The look at the world after this many days of one boot, in which no clock was touched."""
    return Moment(1000.0 + count * DAY_S, "one boot", count * DAY_S)


def live(journal: Journal, first: int, last: int) -> None:
    """The daemon runs from one day to another and looks every hour."""
    for hour in range(24 * first, 24 * last + 1):
        journal.sweep(days(hour / 24))


@pytest.mark.fault("S9")
def test_delivered_dictations_are_deleted_after_their_days_and_held_ones_never(
    journal: Journal,
) -> None:
    journal.apply(JournalSettings(keep_days=2.0))
    old = dictate(journal)
    held = force(journal, S.HELD)
    live(journal, 0, 1)
    young = dictate(journal)
    live(journal, 1, 2)
    assert journal.get(old) is not None
    live(journal, 2, 3)
    assert [e.number for e in journal.history(9)] == [young, held]
    with pytest.raises(JournalError):
        journal.audio(old)
    live(journal, 3, 30)
    assert [e.number for e in journal.history(9)] == [held]
    assert journal.audio(held) == SECOND


def test_held_dictations_have_an_option_of_their_own(journal: Journal) -> None:
    journal.apply(JournalSettings(keep_days=1.0, keep_held_days=5.0))
    held = force(journal, S.HELD)
    live(journal, 0, 4)
    assert journal.get(held) is not None
    live(journal, 4, 6)
    assert journal.history(9) == []


def test_what_is_held_is_kept_from_its_delivery_on(journal: Journal) -> None:
    journal.apply(JournalSettings(keep_days=2.0))
    held = force(journal, S.HELD)
    live(journal, 0, 20)
    journal.typing(held, "x11")
    journal.delivered(held, "delivered")
    live(journal, 20, 21)
    assert journal.get(held) is not None
    live(journal, 21, 23)
    assert journal.get(held) is None


@pytest.mark.fault("S9")
def test_a_sweep_deletes_the_oldest_sound_beyond_the_limit_and_keeps_the_text(
    journal: Journal,
) -> None:
    numbers = [dictate(journal, pcm=b"\0" * 400_000) for _ in range(4)]
    journal.apply(JournalSettings(keep_days=1e4, keep_mb=1.0))
    journal.sweep(days(0))
    assert [e.has_audio for e in journal.history(9)] == [True, True, False, False]
    assert all(e.text for e in journal.history(9))
    assert journal.audio(numbers[3])


def test_a_sweep_never_deletes_the_sound_of_what_was_not_delivered(journal: Journal) -> None:
    held = dictate(journal, upto=S.TRANSCRIBED, pcm=b"\0" * 400_000)
    journal.held(held, "the window is gone")
    recording = dictate(journal, upto=S.RECORDING, pcm=b"\0" * 400_000)
    journal.apply(JournalSettings(keep_days=0.0, keep_mb=0.0, keep_audio=False))
    live(journal, 0, 20)
    assert len(journal.audio(held)) == len(journal.audio(recording)) == 400_000


@pytest.mark.fault("S9")
def test_sound_is_not_kept_when_the_user_does_not_want_it(folder: Path, trouble: Trouble) -> None:
    journal = Journal(folder, JournalSettings(keep_audio=False), trouble)
    journal.open()
    number = dictate(journal, upto=S.TYPING)
    assert journal.audio(number) == SECOND
    journal.delivered(number, "delivered")
    assert list((folder / "audio").iterdir()) == []
    entry = journal.get(number)
    assert entry is not None
    assert (entry.text, entry.has_audio) == ("Hello.", False)
    journal.close()


@pytest.mark.parametrize("upto", [S.RECORDING, S.CAPTURED, S.TRANSCRIBED])
@pytest.mark.fault("S9")
def test_nothing_stays_of_a_cancelled_one_if_the_user_wants_that(
    folder: Path, trouble: Trouble, upto: S
) -> None:
    journal = Journal(folder, JournalSettings(keep_cancelled=False), trouble)
    journal.open()
    kept = dictate(journal, upto=S.TYPING)
    journal.delivered(kept, "delivered")
    number = dictate(journal, CANARY, upto=upto)
    journal.cancelled(number, "cancelled")
    assert journal.get(number) is None
    assert grep(folder, CANARY) == []
    assert [path.stem for path in (folder / "audio").iterdir()] == [f"{kept}"]
    assert journal.get(kept) is not None
    journal.close()


@pytest.mark.fault("S9")
def test_with_no_days_kept_nothing_stays_after_delivery(folder: Path, trouble: Trouble) -> None:
    journal = Journal(folder, JournalSettings(keep_days=0.0), trouble)
    journal.open()
    number = dictate(journal, CANARY, upto=S.TYPING)
    assert journal.get(number) is not None
    journal.delivered(number, "delivered")
    assert journal.get(number) is None
    assert grep(folder, CANARY) == []
    assert list((folder / "audio").iterdir()) == []
    journal.close()


def test_without_a_folder_it_all_works_in_memory(trouble: Trouble) -> None:
    journal = Journal(None, JournalSettings(), trouble)
    assert journal.open() == []
    held = force(journal, S.HELD)
    assert journal.audio(held) == SECOND
    number = dictate(journal)
    last = journal.last()
    assert last is not None
    assert (last.number, last.has_audio) == (number, False)
    journal.sweep(Moment.now())
    journal.close()


def test_text_that_is_no_unicode_is_kept_as_far_as_it_goes(journal: Journal) -> None:
    number = dictate(journal, "half \ud83d pair\0")
    entry = journal.get(number)
    assert entry is not None
    assert entry.text == "half ? pair\0"


@pytest.mark.fault("F4")
def test_a_second_dictate_cannot_open_it(journal: Journal, folder: Path) -> None:
    with pytest.raises(JournalError, match="another dictate"):
        Journal(folder, JournalSettings(), Trouble()).open()


def test_a_journal_from_before_the_second_way_is_used_on(
    journal: Journal, folder: Path, reopen: Callable[[], Journal]
) -> None:
    number = dictate(journal)
    journal.close()
    with closing(sqlite3.connect(folder / "journal.db")) as older:
        older.execute("ALTER TABLE dictation DROP COLUMN profile")
        older.execute("ALTER TABLE dictation DROP COLUMN since")
        older.execute("DROP TABLE retention_clock")
        older.commit()
    again = reopen()
    again.begin(number + 1, 1001.0, "second")
    assert [entry.profile for entry in again.history(2)] == ["second", "main"]


def test_what_an_older_dictate_kept_of_its_second_profile_belongs_to_the_profile_of_that_name(
    journal: Journal, folder: Path, reopen: Callable[[], Journal]
) -> None:
    first, second = dictate(journal), dictate(journal)
    journal.close()
    with closing(sqlite3.connect(folder / "journal.db")) as older:
        older.execute("ALTER TABLE dictation DROP COLUMN profile")
        older.execute("ALTER TABLE dictation ADD COLUMN second INTEGER NOT NULL DEFAULT 0")
        older.execute("UPDATE dictation SET second = 1 WHERE number = ?", (second,))
        older.commit()
    again = reopen()
    assert {entry.number: entry.profile for entry in again.history(2)} == {
        first: "main",
        second: "second",
    }
    again.begin(second + 1, 1001.0, "chat")
    again.profile(second + 1, "mail")
    again.close()
    assert [entry.profile for entry in reopen().history(3)] == ["mail", "second", "main"]


def test_an_older_dictate_can_still_use_the_journal(
    journal: Journal, folder: Path, reopen: Callable[[], Journal]
) -> None:
    """One from before the retention clock, after a downgrade: with the statements that it has."""
    old = (
        "number, state, started, audio_s, text, heard, engine, output, application, reason, second"
    )
    number = dictate(journal)
    journal.sweep(Moment(1000.0, "a boot", 10.0))
    journal.close()
    with closing(sqlite3.connect(folder / "journal.db")) as older:
        older.execute("ALTER TABLE dictation ADD COLUMN second INTEGER NOT NULL DEFAULT 0")
        assert older.execute("PRAGMA user_version").fetchone() == (1,)
        (row,) = older.execute(f"SELECT {old} FROM dictation").fetchall()
        insert = f"INSERT OR REPLACE INTO dictation ({old}) VALUES ({', '.join('?' * len(row))})"
        older.executemany(insert, [row, (number + 1, *row[1:])])
        older.commit()
    again = reopen()
    again.sweep(Moment(1000.0 + 400 * DAY_S, "another", 10.0))
    assert [entry.number for entry in again.history(9)] == [number + 1, number]
    assert again.next_number == number + 2


@pytest.mark.fault("C13", "C7")
def test_text_and_intent_come_to_the_disk_together_before_the_first_keystroke(
    journal: Journal,
) -> None:
    """Each synchronisation is a wait of the user's between the release and the text."""
    statements: list[str] = []
    database = journal._store._open_db
    assert database is not None

    def synced_by(step: Callable[[], None]) -> bool:
        statements.clear()
        step()
        modes = [line for line in statements if line.startswith("PRAGMA synchronous")]
        assert "COMMIT" in statements[statements.index(modes[-1]) :]
        return modes[-1].endswith("FULL")

    database.set_trace_callback(statements.append)
    journal.begin(1, 0.0)
    steps = (
        lambda: journal.captured(1, "editor"),
        lambda: journal.transcribed(1, "hello", "hello", "some"),
        lambda: journal.typing(1, "screen"),
        lambda: journal.delivered(1, "delivered"),
    )
    assert [synced_by(step) for step in steps] == [False, False, True, True]
