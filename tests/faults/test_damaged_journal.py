"""Any damage to the files of the journal: it opens, says so, keeps what can be kept, moves the rest
aside, and the next dictation is whole. Files that another user owns, or that may only be read."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import soundfile

from dictate.config.schema import JournalSettings
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from dictate.journal.spool import HEADER_BYTES
from tests.faults.test_odd_files import SECOND
from tests.lab.journal_life import deliver_new

REPOSITORY = Path(__file__).parents[2]
NOBODY = 65534
DAMAGES = 40
"""Of each kind, to each file."""
SHORT = bytes(range(256))


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: a journal waits for the disk at each step."""
    shm = Path("/dev/shm")
    with TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as base:
        Path(base).chmod(0o755)
        yield Path(base)


def made(folder: Path) -> Journal:
    """One dictation was delivered, one is not heard yet, and one is not written yet."""
    journal = Journal(folder, JournalSettings(), pytest.fail)
    journal.open()
    for number in (1, 2, 3):
        journal.begin(number, 1000.0)
        journal.append(number, SECOND)
        journal.captured(number, "kate")
    for number in (1, 3):
        journal.transcribed(number, f"Text {number}.", "text", "scripted")
    journal.typing(1, "x11")
    journal.delivered(1, "delivered")
    return journal


def flipped(raw: bytearray, at: int, chance: random.Random) -> None:
    raw[at] ^= 1 << chance.randrange(8)


def cut(raw: bytearray, at: int, chance: random.Random) -> None:
    del raw[at:]


def zeroed(raw: bytearray, at: int, chance: random.Random) -> None:
    end = min(len(raw), at + chance.randrange(1, 5000))
    raw[at:end] = bytes(end - at)


def check(folder: Path, where: object) -> None:
    """It opens, and nothing is lost: each dictation has its sound."""
    said: list[str] = []
    journal = Journal(folder, JournalSettings(), said.append)
    journal.open()
    aside = [path.name for path in folder.iterdir() if ".broken-" in path.name]
    assert bool(aside) == bool(said), (where, said)
    assert all(name in said[0] for name in aside if not name.endswith(("-wal", "-shm"))), where
    found = {entry.number: entry for entry in journal.history(9)}
    assert found.keys() == {1, 2, 3}, where
    assert all(journal.audio(number) == SECOND for number in found), where
    assert found[2].state is EntryState.CAPTURED, where
    journal.evidence.counts()
    number = deliver_new(journal, SECOND)
    assert number > 3, where
    journal.close()
    again = Journal(folder, JournalSettings(), pytest.fail)
    again.open()
    last = again.last()
    assert last is not None
    assert (last.number, last.text, again.next_number) == (number, "New.", number + 1), where
    again.close()


@pytest.mark.fault("E7")
@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal", "journal.db, closed"])
def test_whatever_is_damaged_no_dictation_is_lost(
    memory: Path, name: str, record_property: Callable[[str, object], None]
) -> None:
    file, _, closed = name.partition(", ")
    with TemporaryDirectory(dir=memory) as base:
        whole, folder = Path(base) / "whole", Path(base) / "dictate"
        journal = made(Path(base) / "made")
        if closed:
            journal.close()
        shutil.copytree(Path(base) / "made", whole)
        journal.close()
        raw = (whole / file).read_bytes()
        chance = random.Random(20261130)
        for damage in (flipped, cut, zeroed):
            for turn in range(DAMAGES):
                # The head, which all else depends on, is hit as often as the rest.
                at = chance.randrange(len(raw) if turn % 2 else 200)
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(whole, folder)
                damaged = bytearray(raw)
                damage(damaged, at, chance)
                (folder / file).write_bytes(damaged)
                check(folder, (damage.__name__, at))
    record_property("runs", 3 * DAMAGES)


@pytest.mark.fault("E7")
def test_sound_survives_each_cut_and_each_wrong_bit_in_its_header(
    memory: Path, record_property: Callable[[str, object], None]
) -> None:
    with TemporaryDirectory(dir=memory) as base:
        folder, expected = Path(base) / "dictate", dict[int, bytes]()
        journal = Journal(folder, JournalSettings(), pytest.fail)
        journal.open()
        journal.begin(1, 1000.0)
        journal.append(1, SHORT)
        journal.close()
        audio = folder / "audio"
        raw = (audio / "1.wav").read_bytes()
        assert raw[HEADER_BYTES:] == SHORT
        for length in range(len(raw)):
            number = len(expected) + 2
            (audio / f"{number}.wav").write_bytes(raw[:length])
            expected[number] = SHORT[: max(0, length - HEADER_BYTES) // 2 * 2]
        for bit in range(8 * HEADER_BYTES):
            number = len(expected) + 2
            wrong = bytearray(raw)
            wrong[bit // 8] ^= 1 << bit % 8
            (audio / f"{number}.wav").write_bytes(wrong)
            expected[number] = SHORT
        journal = Journal(folder, JournalSettings(), pytest.fail)
        left = {entry.number for entry in journal.open()}
        assert left == {1, *(number for number, sound in expected.items() if sound)}
        for number in left - {1}:
            assert journal.audio(number) == expected[number]
            assert soundfile.info(audio / f"{number}.wav").frames == len(expected[number]) // 2
        journal.close()
    record_property("runs", len(expected))


# Whose files they are -----------------------------------------------------------------------------


def foreign(name: str) -> Callable[[Path], None]:
    return lambda folder: os.chown(folder / name, 0, 0)


def mode(name: str, bits: int) -> Callable[[Path], None]:
    return lambda folder: (folder / name).chmod(bits)


def with_mode_of(name: str, bits: int) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).chmod(bits)
        os.chown(folder / name, 0, 0)

    return spoil


SPOILED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a journal of another user": (foreign("journal.db"), "is now journal.db.odd-", "all"),
    "a journal that may only be read": (mode("journal.db", 0o444), "may read and write", "none"),
    "sound folder of another user": (foreign("audio"), "check the owner and mode", "none"),
    "sound folder that may only be read": (mode("audio", 0o500), "", "all"),
    "sound that may only be read": (mode("audio/2.wav", 0o444), "", "all"),
    "sound that may not be read": (mode("audio/2.wav", 0), "may read and write", "but 2"),
    "sound of another user": (
        with_mode_of("audio/2.wav", 0o600), "is now 2.wav.odd-", "but 2",
    ),
}  # fmt: skip
"""What is wrong; what is said; and of which dictations the sound is there."""

AS_NOBODY = """
import json, os, sys
from pathlib import Path
from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal.journal import Journal
os.setgroups([]); os.setgid(65534); os.setuid(65534)
said, sound = [], b"\\1\\2" * 16_000
journal = Journal(Path(sys.argv[1]), JournalSettings(), said.append)
try:
    journal.open()
except JournalError as error:
    said.append(str(error))
    journal.open_in_memory()
new = journal.next_number
journal.begin(new, 1000.0)
journal.append(new, sound)
journal.captured(new, "kate")
journal.transcribed(new, "New.", "new", "scripted")
journal.typing(new, "x11")
journal.held(new, "")
kept = []
for entry in journal.history(9):
    try:
        kept += [entry.number] if journal.audio(entry.number) == sound else []
    except JournalError:
        pass
print(json.dumps([said, new, kept, journal.last().text]))
"""


@pytest.mark.fault("E6", "E7")
@pytest.mark.parametrize("what", SPOILED)
def test_files_that_this_user_may_not_use(memory: Path, what: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user: run the tests as root as well")
    spoil, says, there = SPOILED[what]
    with TemporaryDirectory(dir=memory) as base:
        folder = Path(base) / "dictate"
        made(folder).close()
        for path in (Path(base), folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        spoil(folder)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(folder)],
            capture_output=True,
            check=True,
            cwd=REPOSITORY,
        )
        said, new, kept, last = json.loads(done.stdout)
        assert len(said) == bool(says), said
        assert says in " ".join(said)
        earlier = {"all": {1, 2, 3}, "but 2": {1, 3}, "none": set()}[there]
        assert set(kept) == earlier | {new}
        assert (new > 3, last) == (True, "New.")
        sounds = {path.name.partition(".odd-")[0] for path in (folder / "audio").iterdir()}
        assert sounds >= {"1.wav", "2.wav", "3.wav"}, "none is deleted"
