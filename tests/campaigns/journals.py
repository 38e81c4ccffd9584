"""Damaged journals: Dictate starts, says so, keeps what can be kept, and dictates.

A step is one journal with one to three damages: flipped bits, truncated, emptied, overwritten or
deleted files, folders, links and pipes in their place, files of another user. Every hundredth one
is given to the whole daemon.
"""

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal.journal import Journal
from tests.campaigns.result import Plan, Result
from tests.lab.daemon import wait_for
from tests.lab.scripted import Home, home

SECOND: Final = bytes(range(256)) * 125
ENDS: Final = ("delivered", "held", "cancelled", "empty", "captured", "recording")
TEXTS: Final = frozenset(n + 1 for n, end in enumerate(ENDS * 2) if end in ("delivered", "held"))
"""The dictations that have a text."""
OPENS_S: Final = 10.0
"""Seconds within which a damaged journal must be open."""
WHOLE_DAEMON: Final = 100
NOBODY: Final = 65_534


def text_of(number: int) -> str:
    """The text of a dictation."""
    return f"What was said in dictation {number}."


def make(folder: Path) -> None:
    """A journal with a dictation for each end; the last ones are under way."""
    journal = Journal(folder, JournalSettings(), lambda _: None)
    journal.open()
    for end in ENDS * 2:
        number = journal.next_number
        journal.begin(number, 1000.0)
        journal.append(number, SECOND + number.to_bytes(2, "little") * 8000)
        if end == "recording":
            continue
        journal.captured(number, "kate")
        if end == "cancelled":
            journal.cancelled(number, "by the user")
        elif end == "empty":
            journal.empty(number)
        elif end != "captured":
            journal.transcribed(number, text_of(number), text_of(number), "scripted")
            journal.typing(number, "x11")
            (journal.delivered if end == "delivered" else journal.held)(number, "a reason")
    # As a crash leaves it: not closed, with what SQLite has in its log.
    shutil.copytree(folder, folder.with_name("made"))
    journal.close()


def damage(folder: Path, dice: random.Random) -> str:
    """Harm one file; what was done."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    database = [path for path in files if "journal.db" in path.name]
    path = dice.choice(database if database and dice.random() < 0.6 else files)
    name = dice.choice(list(_DAMAGES))
    _DAMAGES[name](path, dice)
    return f"{path.name} {name}"


def _flip(path: Path, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 1, 8, 200]) if content else 0):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def _overwrite(path: Path, dice: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at, length = dice.randrange(len(content) + 1), dice.choice([16, 512, 4096, 20_000])
    content[at : at + length] = dice.choice([bytes(length), dice.randbytes(length)])
    path.write_bytes(content)


def _instead(make_it: Callable[[Path], object]) -> Callable[[Path, random.Random], None]:
    def harm(path: Path, dice: random.Random) -> None:
        path.unlink()
        make_it(path)

    return harm


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "something").write_text("of the user")


_DAMAGES: Final[dict[str, Callable[[Path, random.Random], object]]] = {
    "has flipped bits": _flip,
    "is truncated": lambda path, dice: os.truncate(path, dice.randrange(path.stat().st_size + 1)),
    "is partly overwritten": _overwrite,
    "is empty": lambda path, dice: os.truncate(path, 0),
    "is garbage": lambda path, dice: path.write_bytes(dice.randbytes(dice.randrange(100_000))),
    "is gone": lambda path, dice: path.unlink(),
    "is a folder": _instead(_folder),
    "is a link": _instead(lambda path: path.symlink_to("/etc/hostname")),
    "is a link to nothing": _instead(lambda path: path.symlink_to(path.parent / "nowhere")),
    "is a pipe": _instead(os.mkfifo),
    "may not be read": lambda path, dice: path.chmod(0),
    "may not be written": lambda path, dice: path.chmod(0o400),
    **(
        {"is another user's": lambda path, dice: os.chown(path, NOBODY, NOBODY)}
        if os.getuid() == 0
        else {}
    ),
}


def check(folder: Path, whole: set[int]) -> list[str]:
    """What is wrong with how the damaged journal is opened. `whole` are the dictations whose sound
    was not touched."""
    said: list[str] = []
    began = time.monotonic()
    sounds = {n: _sound(folder, n) for n in whole}
    journal = Journal(folder, JournalSettings(), said.append)
    on_disk = True
    recovered: set[int] = set()
    # They are recognized again, which is said, too.
    try:
        recovered = {entry.number for entry in journal.open()}
    except JournalError as error:
        said.append(str(error))
        on_disk = False
        journal.open_in_memory()
    wrong = []
    if (took_s := time.monotonic() - began) > OPENS_S:
        wrong.append(f"it took {took_s:.1f} s")
    entries = journal.history(100)
    numbers = {entry.number for entry in entries}
    texts = {entry.number for entry in entries if entry.text}
    # Of one whose text and sound are both damaged, nothing may be left to know it by.
    gone = whole - numbers | (TEXTS & whole) - texts
    if gone - recovered and not said:
        wrong.append(f"{sorted(gone - recovered)} are gone, and nothing was said")
    kept = {path.read_bytes() for path in folder.rglob("*.wav*") if path.is_file()}
    for number, sound in sounds.items():
        if not any(sound in each for each in kept):
            wrong.append(f"the sound of {number} is gone")
    number = journal.next_number
    if number in numbers:
        wrong.append(f"number {number} is used twice")
    journal.begin(number, 2000.0)
    journal.append(number, SECOND)
    journal.captured(number, "kate")
    sound_kept = journal.audio(number) == SECOND
    try:
        journal.transcribed(number, "New.", "new", "scripted")
        journal.typing(number, "x11")
    except JournalError as error:
        if not said:
            wrong.append(f"a new dictation is refused: {error}")
    journal.delivered(number, "delivered")
    found = journal.get(number)
    if found is None or found.text != "New." or not sound_kept:
        wrong.append(f"the new dictation is not whole: {found}")
    journal.close()
    if on_disk and not wrong:
        wrong += _again(folder, number)
    return wrong


def _again(folder: Path, number: int) -> list[str]:
    said: list[str] = []
    journal = Journal(folder, JournalSettings(), said.append)
    try:
        journal.open()
    except JournalError as error:
        return [f"at the second start it cannot be opened: {error}"]
    entry = journal.get(number)
    journal.close()
    wrong = [f"at the second start it says: {said}"] if any("damaged" in it for it in said) else []
    if entry is None or entry.text != "New.":
        wrong.append(f"at the second start the new dictation is {entry}")
    return wrong


def _sound(folder: Path, number: int) -> bytes:
    return (folder / "audio" / f"{number}.wav").read_bytes()[44:]


def _daemon(user: Home, damaged: Path) -> list[str]:
    state = user.folder / "state" / "dictate"
    shutil.rmtree(state, ignore_errors=True)
    state.parent.mkdir(exist_ok=True)
    shutil.move(damaged, state)
    daemon = user.daemon()
    daemon.out.unlink(missing_ok=True)
    daemon.log.unlink(missing_ok=True)
    try:
        with daemon:
            daemon.ctl("start")
            wait_for(lambda: Home.text in daemon.written(), "a dictation", 60)
    except AssertionError as error:
        return [f"the daemon: {error}"]
    return ["the daemon's log has a traceback"] if "Traceback" in daemon.logged() else []


def run(plan: Plan) -> Result:
    """The campaign."""
    result = Result("journals", plan, "damaged journals", figures={"whole daemons": 0.0})
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory) as base, home(Path(base)) as user:
        make(Path(base) / "making")
        made = Path(base) / "made"
        while result.goes_on:
            dice = random.Random(plan.step_seed(result.done))
            folder = shutil.copytree(made, Path(base) / "damaged")
            before = {path: path.read_bytes() for path in (folder / "audio").iterdir()}
            done = [damage(folder, dice) for _ in range(dice.choice([1, 1, 2, 3]))]
            whole = {
                int(path.stem)
                for path, content in before.items()
                if path.is_file()
                and not path.is_symlink()
                and path.stat().st_uid == os.getuid()
                and path.read_bytes() == content
            }
            try:
                if result.done % WHOLE_DAEMON == WHOLE_DAEMON // 2:
                    wrong = _daemon(user, folder)
                    result.count("whole daemons")
                else:
                    wrong = check(folder, whole)
            except Exception as error:  # whatever it is, it is a finding
                wrong = [f"{type(error).__name__}: {error}"]
            for what in wrong:
                result.find(result.done, f"{', '.join(done)}: {what}")
            shutil.rmtree(folder, ignore_errors=True)
            result.done += 1
    return result.ended()
