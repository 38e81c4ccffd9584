"""The journal on bad days: killed at any point, full disks, torn files, unusable folders."""

import os
import re
import resource
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import soundfile

from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal import spool
from dictate.journal.entry import EntryState
from dictate.journal.journal import Entry, Journal
from dictate.journal.retention import Moment
from tests.lab.journal_life import PIECE, evidence_of, text_of

S = EntryState
SECOND = b"\x01\x02" * 16_000


class Rig:
    """A journal in a folder of its own, and what it told the user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble: list[str] = []
        self.journal = self._new()

    def _new(self) -> Journal:
        return Journal(self.folder, JournalSettings(), self.trouble.append)

    def restart(self) -> list[Entry]:
        self.journal.close()
        self.journal = self._new()
        return self.journal.open()

    def begin(self) -> int:
        number = self.journal.next_number
        self.journal.begin(number, 1000.0)
        return number

    def entry(self, number: int) -> Entry:
        found = self.journal.get(number)
        assert found is not None
        return found


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "dictate")
    yield made
    made.journal.close()


@pytest.fixture
def opened(rig: Rig) -> Rig:
    assert rig.journal.open() == []
    return rig


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """No file of this process may grow beyond `room` bytes: writes come back short, then fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# Killed at any point ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lives() -> Iterator[Path]:
    """Hundreds of lives cut short by SIGKILL. They are lived in memory where that is possible: a
    journal waits for the disk at each step, and a kill takes nothing from either."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as base:
        subprocess.run(
            [sys.executable, "-m", "tests.lab.journal_life", base, "47", "50"],
            check=True,
            timeout=100,
            cwd=Path(__file__).parents[2],
        )
        yield Path(base)


AFTER_A_CRASH = {
    "recording": {"captured"},
    "captured": {"captured"},
    "transcribed": {"held"},
    "typing": {"held"},
}
"""Whatever was under way is then in one of these states; all others stay as they are."""


@pytest.mark.fault("C13", "E7", "F1")
def test_nothing_is_lost_and_every_state_is_true_after_a_kill_at_any_point(lives: Path) -> None:
    logs = sorted(lives.glob("*.log"))
    assert len(logs) > 200
    for log in logs:
        folder = log.with_suffix("")
        if folder.is_dir():
            # A copy: opening a journal heals it, and a second try would find nothing to heal.
            with TemporaryDirectory(dir=lives) as copies:
                copy = shutil.copytree(folder, Path(copies) / folder.name)
                check_life(copy, log.read_text().splitlines())


def check_life(folder: Path, log: list[str]) -> None:
    did: dict[int, str] = {}
    tried: dict[int, str] = {}
    sound: dict[int, int] = {}
    recorded: set[int] = set()
    for line in log:
        kind, which, what = line.split()
        if kind == "sound":
            sound[int(which)] = int(what)
        elif kind == "evidence":
            recorded.add(int(which))
        else:
            (did if kind == "did" else tried)[int(which)] = what
    trouble: list[str] = []
    journal = Journal(folder, JournalSettings(), trouble.append)
    waiting = {entry.number for entry in journal.open()}
    assert trouble == [], folder
    entries = {entry.number: entry for entry in journal.history(99)}
    for number in range(1, 5):
        # All of it or nothing, and none of a dictation that is forgotten.
        rows = journal.evidence.of_dictations([number])
        assert rows in ([], evidence_of(number)), (folder, number)
        assert not rows or number in entries, (folder, number)
        assert rows or number not in recorded or number not in entries, (folder, number)
    assert journal.next_number > max(did, default=0)
    for number in did.keys() - {0}:
        entry = entries.get(number)
        if "forgotten" in (did[number], tried[number]) and entry is None:
            assert not (folder / "audio" / f"{number}.wav").exists()
            continue
        assert entry is not None, (folder, number)
        check_entry(journal, entry, {did[number], tried[number]}, sound.get(number, 0))
        undone = entry.state is S.CAPTURED or "crash" in entry.reason
        assert (number in waiting) is (undone and entry.state is not S.EMPTY)
    journal.close()


def check_entry(journal: Journal, entry: Entry, passed: set[str], sound: int) -> None:
    """`passed`: the step it had taken for certain, and the step it may have been taking."""
    where = (entry, passed)
    possible = set().union(*(AFTER_A_CRASH.get(step, {step}) for step in passed))
    if "recording" in passed and sound == 0:
        possible.add("empty")
    if "forgotten" in passed:
        possible.add("delivered")
    assert entry.state.value in possible, where
    if entry.state is not S.EMPTY and "forgotten" not in passed:
        audio = journal.audio(entry.number)
        assert len(audio) >= sound, where
        assert audio == (PIECE * 9)[: len(audio)], where
    if passed & {"typing", "delivered", "held"}:
        assert entry.text == entry.heard == text_of(entry.number), where
    if passed == {"typing"}:
        assert "part of it may be in the window" in entry.reason, where


# A full disk --------------------------------------------------------------------------------------


@pytest.mark.fault("E5")
def test_sound_goes_on_in_memory_when_the_disk_is_full_and_is_said_once(opened: Rig) -> None:
    number = opened.begin()
    opened.journal.append(number, SECOND)
    with full_disk(room=50_001):
        for _ in range(20):
            opened.journal.append(number, SECOND)
    assert opened.journal.audio(number) == SECOND * 21
    assert len(opened.trouble) == 1
    assert f"{number}.wav" in opened.trouble[0]
    assert "memory" in opened.trouble[0]
    assert "Make room" in opened.trouble[0]


@pytest.mark.fault("E5")
def test_sound_from_memory_reaches_the_disk_when_there_is_room_again(opened: Rig) -> None:
    number = opened.begin()
    with full_disk(room=40_000):
        opened.journal.append(number, SECOND * 3)
        opened.journal.captured(number, "kate")
        assert opened.journal.audio(number) == SECOND * 3
        assert opened.entry(number).audio_s == 3.0
    opened.journal.sweep(Moment.now())
    assert spool.read(opened.folder / "audio" / f"{number}.wav") == SECOND * 3, "before it ends"
    (left,) = opened.restart()
    assert opened.journal.audio(number) == SECOND * 3
    assert (left.state, left.audio_s) == (S.CAPTURED, 3.0)


@pytest.mark.fault("E5")
def test_a_dictation_that_begins_on_a_full_disk_is_whole(opened: Rig) -> None:
    with full_disk():
        number = opened.begin()
        opened.journal.append(number, SECOND)
        opened.journal.captured(number, "kate")
        assert opened.journal.audio(number) == SECOND
        assert opened.entry(number).state is S.CAPTURED
    assert len(opened.trouble) == 2  # the sound, and the journal: each once


@pytest.mark.fault("E5")
def test_the_durable_steps_raise_but_the_text_can_still_be_read(opened: Rig) -> None:
    number = opened.begin()
    opened.journal.append(number, SECOND)
    opened.journal.captured(number, "kate")
    with full_disk():
        with pytest.raises(JournalError, match="Make room"):
            opened.journal.transcribed(number, "Hello.", "hello", "scripted")
        assert opened.entry(number).text == "Hello."
        last = opened.journal.last()
        assert last is not None
        assert last.text == "Hello."
        assert [e.text for e in opened.journal.history(5)] == ["Hello."]
        with pytest.raises(JournalError):
            opened.journal.typing(number, "x11")
        opened.journal.held(number, "the disk is full")
        assert opened.entry(number).state is S.HELD
    assert len(opened.trouble) == 1


def test_what_could_not_be_written_is_written_with_the_next_step(opened: Rig) -> None:
    first = opened.begin()
    with full_disk():
        opened.journal.cancelled(first, "by the user")
    second = opened.begin()
    opened.journal.empty(second)
    opened.restart()
    assert opened.entry(first).state is S.CANCELLED
    assert opened.entry(second).state is S.EMPTY


def test_trouble_is_told_again_only_after_things_were_well(opened: Rig) -> None:
    for expected in (1, 2):
        with full_disk():
            for _ in range(3):
                opened.journal.empty(opened.begin())
        journal_lines = [line for line in opened.trouble if ".wav" not in line]
        assert len(journal_lines) == expected
        opened.journal.empty(opened.begin())


def test_evidence_on_a_full_disk_is_not_half_there_and_harms_nothing(opened: Rig) -> None:
    number = opened.begin()
    opened.journal.empty(number)
    with full_disk():
        with pytest.raises(JournalError, match="Make room"):
            opened.journal.evidence.record(evidence_of(number))
        assert opened.journal.evidence.counts() == []
        assert opened.entry(number).state is S.EMPTY
        unsaved = opened.begin()
        opened.journal.empty(unsaved)
    # The dictation itself is not on the disk yet.
    opened.journal.evidence.record(evidence_of(number) + evidence_of(unsaved + 1))
    opened.restart()
    assert opened.journal.evidence.of_dictations([number]) == evidence_of(number)
    assert opened.journal.evidence.of_dictations([unsaved, unsaved + 1]) == []
    assert opened.entry(unsaved).state is S.EMPTY


@pytest.mark.parametrize("begun", ["before", "on the full disk"])
def test_a_correction_that_is_refused_on_a_full_disk_takes_no_effect_later(
    opened: Rig, begun: str
) -> None:
    def correct(number: int) -> None:
        opened.journal.corrected(number, "Claude", evidence_of(number))

    def dictate() -> int:
        number = opened.begin()
        opened.journal.captured(number, "kate")
        with suppress(JournalError):
            opened.journal.transcribed(number, "cloud", "cloud", "scripted")
        opened.journal.held(number, "")
        return number

    number = dictate() if begun == "before" else 0
    with full_disk():
        number = number or dictate()
        with pytest.raises(JournalError, match="Make room"):
            correct(number)
        assert opened.entry(number).corrected == ""
    opened.journal.empty(opened.begin())  # writes what could not be written before
    opened.restart()
    assert (opened.entry(number).text, opened.entry(number).corrected) == ("cloud", "")
    assert opened.journal.evidence.of_dictations([number]) == []
    correct(number)
    opened.restart()
    assert opened.entry(number).corrected == "Claude"
    assert opened.journal.evidence.of_dictations([number]) == evidence_of(number)


@pytest.mark.fault("E5", "E6")
def test_a_journal_that_began_in_memory_moves_to_the_disk(tmp_path: Path) -> None:
    folder, said = tmp_path / "dictate", list[str]()
    before = Rig(folder)
    before.journal.open()
    old = spoken(before)
    before.journal.transcribed(old, "Old.", "old", "scripted")
    before.journal.close()
    journal = Journal(
        folder, JournalSettings(), said.append, lambda: said.append("mended"), said.append
    )
    with full_disk():
        with pytest.raises(JournalError):
            journal.open()
        journal.open_in_memory()
        held, kept, cut = (journal.next_number + more for more in range(3))
        assert held > old
        for number in (held, kept):
            journal.begin(number, 1000.0)
            journal.append(number, SECOND)
            journal.captured(number, "kate")
            journal.transcribed(number, f"Text {number}.", "text", "scripted")
        journal.held(held, "the window is gone")
        journal.evidence.record(evidence_of(held))
        journal.begin(cut, 1000.0)
        journal.append(cut, SECOND)
    assert said == []
    journal.append(cut, SECOND)
    journal.sweep(Moment.now())
    journal.append(cut, SECOND)
    assert said == ["the journal is on the disk again, and has what was kept in memory", "mended"]
    journal.typing(kept, "x11")
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    journal.close()
    left = Rig(again)
    left.journal.open()
    assert left.trouble == []
    found = {e.number: e.state for e in left.journal.history(9)}
    assert found == {old: S.HELD, held: S.HELD, kept: S.HELD, cut: S.CAPTURED}
    assert left.entry(held).text == f"Text {held}."
    assert left.journal.audio(held) == SECOND
    assert left.journal.audio(cut) == SECOND * 3
    assert left.journal.evidence.of_dictations([held]) == evidence_of(held)
    assert left.journal.next_number == cut + 1
    left.journal.close()


def test_a_journal_in_memory_overwrites_no_dictation(tmp_path: Path) -> None:
    """Its disk was not there, and turns out to be a used one."""
    folder, said = tmp_path / "dictate", list[str]()
    used = Rig(tmp_path / "used")
    used.journal.open()
    theirs = spoken(used)
    used.journal.close()
    folder.write_text("not there")
    journal = Journal(folder, JournalSettings(), said.append)
    with pytest.raises(JournalError):
        journal.open()
    journal.open_in_memory()
    assert journal.next_number == theirs
    journal.begin(theirs, 1000.0)
    folder.unlink()
    used.folder.rename(folder)
    for number in (theirs + 1, theirs + 2):
        journal.begin(number, 1000.0)
        journal.append(number, SECOND)
        journal.captured(number, "kate")
        journal.transcribed(number, "Mine.", "mine", "scripted")
    assert len(journal.history(9)) == 3
    journal.close()
    again = Rig(folder)
    assert [(e.number, e.state) for e in again.journal.open()] == [(theirs, S.CAPTURED)]
    again.journal.close()


def test_forgetting_on_a_full_disk_says_so(opened: Rig) -> None:
    number = opened.begin()
    opened.journal.empty(number)
    with full_disk(), pytest.raises(JournalError, match="Make room"):
        opened.journal.forget(number)
    assert opened.journal.forget(number) == 1


@pytest.mark.fault("E6", "E7")
@pytest.mark.parametrize("instead", ["a folder", "a link to nothing", "a pipe"])
def test_what_is_in_the_place_of_a_sound_is_set_aside_and_said(opened: Rig, instead: str) -> None:
    number = opened.begin()
    opened.journal.append(number, SECOND)
    opened.journal.captured(number, "kate")
    path = opened.folder / "audio" / f"{number}.wav"
    path.unlink()
    match instead:
        case "a folder":
            path.mkdir()
        case "a link to nothing":
            path.symlink_to(opened.folder / "nowhere")
        case "a pipe":
            os.mkfifo(path)
    opened.restart()
    assert len(opened.trouble) == 1
    assert f"{path} was no file of yours: it is now {number}.wav.odd-" in opened.trouble[0]
    assert not os.path.lexists(path)
    assert list(path.parent.glob(f"{number}.wav.odd-*"))


# Torn files ---------------------------------------------------------------------------------------


def spoken(rig: Rig) -> int:
    number = rig.begin()
    rig.journal.append(number, SECOND)
    rig.journal.captured(number, "kate")
    return number


@pytest.mark.parametrize("length", [0, 3, 44, 45, 46, 1001, 32_043])
@pytest.mark.fault("E7")
def test_a_torn_spool_is_mended(opened: Rig, length: int) -> None:
    number = spoken(opened)
    opened.journal.close()
    path = opened.folder / "audio" / f"{number}.wav"
    os.truncate(path, length)
    left = opened.restart()
    samples = max(0, length - 44) // 2
    assert [e.audio_s for e in left] == ([samples / 16_000] if samples else [])
    assert opened.entry(number).state is (S.CAPTURED if samples else S.EMPTY)
    if samples:
        assert opened.journal.audio(number) == SECOND[: 2 * samples]
        assert soundfile.info(path).frames == samples


@pytest.mark.fault("E7")
def test_sound_without_a_row_is_taken_in_again(opened: Rig) -> None:
    number = spoken(opened)
    opened.journal.close()
    for path in opened.folder.glob("journal.db*"):
        path.unlink()
    (left,) = opened.restart()
    assert (left.number, left.state, left.reason) == (number, S.CAPTURED, "recovered")
    assert opened.journal.audio(number) == SECOND
    assert opened.journal.next_number == number + 1


def test_files_of_others_in_the_sound_folder_are_left_alone(opened: Rig) -> None:
    for name in ("notes.wav", "7.mp3", "-1.wav"):
        (opened.folder / "audio" / name).write_bytes(b"x" * 100)
    assert opened.restart() == []
    assert len(list((opened.folder / "audio").iterdir())) == 3


@pytest.mark.fault("E7")
def test_one_sound_file_that_cannot_be_read_does_not_hide_the_rest(opened: Rig) -> None:
    broken, whole = spoken(opened), spoken(opened)
    opened.journal.close()
    path = opened.folder / "audio" / f"{broken}.wav"
    path.unlink()
    path.mkdir()
    left = {entry.number: entry for entry in opened.restart()}
    assert list(left) == [whole]
    assert left[whole].state is S.CAPTURED
    (said,) = opened.trouble
    assert f"it is now {broken}.wav.odd-" in said


def nonsense(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 400)


def hole(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 77)


def other_schema(path: Path) -> None:
    path.unlink()
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]);"
            "d.execute('CREATE TABLE dictation (a)'); d.close()",
            str(path),
        ],
        check=True,
    )


def test_two_damaged_journals_of_the_same_second_are_both_kept(
    opened: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that begins in 1970 at each boot comes to the same second again."""
    monkeypatch.setattr(time, "strftime", lambda _: "19700101-000010")
    for count in (1, 2, 3):
        opened.journal.close()
        nonsense(opened.folder / "journal.db")
        opened.restart()
        assert len(list(opened.folder.glob("journal.db.broken-*"))) == count
    opened.journal.sweep(Moment(4e9, "", 0.0))
    assert len(list(opened.folder.glob("journal.db.broken-*"))) == 3, "no clock deletes them"


def test_a_disk_that_works_again_is_reported(tmp_path: Path) -> None:
    said: list[str] = []
    folder = tmp_path / "dictate"
    journal = Journal(folder, JournalSettings(), said.append, lambda: said.append("mended"))
    journal.open()
    with full_disk():
        journal.begin(1, 1000.0)
        journal.append(1, SECOND)
        journal.captured(1, "kate")
    assert "mended" not in said
    journal.transcribed(1, "Text.", "text", "scripted")
    assert said[-1] == "mended"
    journal.typing(1, "x11")
    journal.delivered(1, "delivered")
    assert said.count("mended") == 1
    journal.close()


@pytest.mark.parametrize("damage", [nonsense, hole, half, other_schema])
@pytest.mark.fault("E7")
def test_a_damaged_journal_is_moved_aside_and_its_sound_is_saved(
    opened: Rig, damage: Callable[[Path], None]
) -> None:
    number = spoken(opened)
    opened.journal.close()
    damage(opened.folder / "journal.db")
    (left,) = opened.restart()
    assert (left.number, left.state) == (number, S.CAPTURED)
    assert opened.journal.audio(number) == SECOND
    assert len(opened.trouble) == 1
    assert "journal.db.broken-" in opened.trouble[0]
    assert len(list(opened.folder.glob("journal.db.broken-*"))) == 1
    assert opened.journal.forget(None) == 1
    assert list(opened.folder.glob("journal.db.broken-*")) == []


@pytest.mark.fault("E7")
def test_a_torn_log_loses_at_most_what_was_torn(opened: Rig, tmp_path: Path) -> None:
    """SQLite's own promise, held against our settings: cut the log of a killed program anywhere."""
    numbers = [spoken(opened) for _ in range(3)]
    log = opened.folder / "journal.db-wal"
    size = log.stat().st_size
    for length in range(0, size, size // 40):
        copy = tmp_path / f"cut{length}"
        shutil.copytree(opened.folder, copy)
        os.truncate(copy / "journal.db-wal", length)
        again = Rig(copy)
        left = again.journal.open()
        assert again.trouble == []
        assert [e.number for e in left] == numbers
        assert all(e.state is S.CAPTURED for e in left)
        again.journal.close()


def test_letters_that_are_no_utf8_do_not_hide_the_entry(opened: Rig) -> None:
    number = spoken(opened)
    opened.journal.transcribed(number, "QWERTYUIOP", "x", "e")
    opened.journal.close()
    path = opened.folder / "journal.db"
    path.write_bytes(path.read_bytes().replace(b"QWERTYUIOP", b"QWERTY\xff\xfe\xfdP"))
    opened.restart()
    assert opened.entry(number).text == "QWERTY\ufffd\ufffd\ufffdP"


def test_a_journal_of_a_newer_dictate_is_left_alone(opened: Rig) -> None:
    opened.journal.close()
    path = opened.folder / "journal.db"
    raw = bytearray(path.read_bytes())
    raw[60:64] = (99).to_bytes(4)
    path.write_bytes(raw)
    with pytest.raises(JournalError, match="newer dictate"):
        opened.journal.open()
    assert path.read_bytes() == raw


# Folders it cannot use ----------------------------------------------------------------------------


@pytest.mark.fault("E6", "S15")
def test_a_link_in_a_folder_that_all_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    folder = tmp_path / "shared" / "dictate"
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="link"):
        Rig(folder).journal.open()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.fault("S15")
def test_a_link_to_nowhere_in_place_of_the_sound_folder_is_refused(
    rig: Rig, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    rig.folder.mkdir()
    (rig.folder / "audio").symlink_to(target)
    with pytest.raises(JournalError, match="audio"):
        rig.journal.open()
    assert not target.exists()


@pytest.mark.fault("E6", "S15")
def test_a_link_in_place_of_a_sound_file_is_not_written_through(
    opened: Rig, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    (opened.folder / "audio" / "1.wav").symlink_to(target)
    number = opened.begin()
    opened.journal.append(number, SECOND)
    assert opened.journal.audio(number) == SECOND
    assert not target.exists()
    assert len(opened.trouble) == 1


@pytest.mark.fault("E6")
def test_a_file_in_place_of_the_folder_is_refused(rig: Rig) -> None:
    rig.folder.write_text("mine")
    with pytest.raises(JournalError, match=str(rig.folder)):
        rig.journal.open()
    assert rig.folder.read_text() == "mine"


OPEN_AS_NOBODY = """
import os, sys
from pathlib import Path
from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal.journal import Journal
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    Journal(Path(sys.argv[1]), JournalSettings(), print).open()
except JournalError as error:
    print("refused:", error)
"""


def open_as_a_user(folder: Path) -> str:
    """What opening this folder prints for an ordinary user; permissions do not bind root."""
    for parent in folder.parents:
        if parent.exists() and os.access(parent, os.W_OK):
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
        if parent.name.startswith("pytest-of-"):
            break
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AS_NOBODY, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout


@pytest.mark.fault("E6")
def test_a_folder_that_cannot_be_written_is_refused(rig: Rig) -> None:
    rig.folder.mkdir()
    rig.folder.chmod(0o555)
    said = open_as_a_user(rig.folder / "new" / "journal")
    assert re.search(r"refused: .*Permission denied.*check the owner and mode", said), said


@pytest.mark.fault("E6", "S15")
def test_a_folder_of_another_user_is_refused(rig: Rig) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user: run the tests as root as well")
    rig.folder.mkdir(mode=0o777)
    rig.folder.chmod(0o777)
    said = open_as_a_user(rig.folder)
    assert re.search(r"refused: .*belongs to another user", said), said
