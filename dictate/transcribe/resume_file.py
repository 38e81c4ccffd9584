"""The transcripts of a file so far, on disk, so that an interrupted run can be resumed."""

import hashlib
import json
import os
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any, Final

from dictate import __version__
from dictate.config.schema import Settings
from dictate.errors import AudioFileError, TranscriptError
from dictate.hotwords.model import Hotwords
from dictate.journal.retention import DAY_S, Moment, passed
from dictate.platform import paths
from dictate.platform.locks import lock
from dictate.platform.own_files import open_own, read_own
from dictate.toml.toml_file import write
from dictate.transcribe.words import Word
from dictate.translation import _

KEPT_DAYS: Final = 7
"""Days before the file of an abandoned run is deleted, because it contains private speech."""


def resume_key(path: Path, track: int, settings: Settings, hotwords: Hotwords) -> str:
    """A name for this track of a file with these settings. Reads the whole file: call it off the
    loop. Raises AudioFileError."""
    try:
        with path.open("rb") as file:
            sound = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise AudioFileError(
            _("{path} cannot be read: {strerror}").format(path=path, strerror=error.strerror)
        ) from error
    context = repr((__version__, track, settings.engine, settings.speech, hotwords))
    sound.update(context.encode())
    return sound.hexdigest()


def resume_folder() -> Path:
    """The folder of these files, without those that are too old. Blocks. Raises UnsafeFolder."""
    paths.safe_dir(paths.cache_dir())
    found = paths.safe_dir(paths.cache_dir() / "files")
    _delete_old(found)
    return found


def _delete_old(folder: Path) -> None:
    """Delete the files that are too old. A clock that jumped deletes none: what it jumped is added
    to the times of the files (see `journal/retention.py`)."""
    now, clock = Moment.now(), folder.with_name("files-clock.json")
    jumped_s = inf
    with suppress(OSError, ValueError, TypeError):
        last = Moment(*json.loads(read_own(clock)))
        jumped_s = max(0.0, now.wall - last.wall - passed(last, now)[0])
    for path in folder.glob("*.jsonl"):
        with suppress(FileNotFoundError):  # another process deletes it, too
            written = min(path.stat().st_mtime + jumped_s, now.wall)
            if now.wall - written > KEPT_DAYS * DAY_S:
                path.unlink()
            elif jumped_s:
                os.utime(path, (written, written))
    with suppress(OSError):
        write(clock, json.dumps([now.wall, now.boot, now.boot_s]))


class ResumeFile:
    """The transcripts of one sound, open and locked. Everything here blocks. With `path` None they
    are only in memory.

    Each line is a JSON list: ["heard", start, end, text, language],
    ["timed", start, end, text, words] or ["written", path]. A line is durable when the method
    returns. A last line without a line end was being written when the process or the machine
    stopped; it is dropped.
    """

    def __init__(self, path: Path | None) -> None:
        """Raises TranscriptError."""
        self.path = path
        self.transcripts: dict[tuple[int, int], tuple[str, str]] = {}
        """The engine's text of each segment, and the language that it detected; the key is the
        segment's start and end in samples."""
        self._timed: dict[tuple[int, int], tuple[str, tuple[Word, ...]]] = {}
        self._written: set[str] = set()
        self._file: int | None = None
        if path is None:
            return
        try:
            self._file = open_own(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise _error(path, error) from error
        try:
            lock(self._file)
            self._read(self._file)
        except BlockingIOError:
            os.close(self._file)
            raise TranscriptError(_("another dictate is transcribing the same sound")) from None
        except OSError as error:
            os.close(self._file)
            raise _error(path, error) from error

    def _read(self, descriptor: int) -> None:
        with os.fdopen(os.dup(descriptor), "rb") as file:
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                try:
                    self._take(json.loads(line))
                except ValueError:
                    break
                whole += len(line)
        os.ftruncate(descriptor, whole)
        os.lseek(descriptor, 0, os.SEEK_END)

    def _take(self, line: Any) -> None:
        match line:
            case ["heard", int(start), int(end), str(text), str(language)]:
                self.transcripts[start, end] = text, language
            case ["timed", int(start), int(end), str(text), [*words]]:
                self._timed[start, end] = text, tuple(_word(word) for word in words)
            case ["written", str(path)]:
                self._written.add(path)
            case _:
                raise ValueError(line)

    def add(self, start: int, end: int, text: str, language: str = "") -> None:
        """Keep the engine's text of the segment between these samples, and the language that it
        detected. Raises TranscriptError."""
        self._append(["heard", start, end, text, language])

    def words(self, start: int, end: int, text: str) -> tuple[Word, ...]:
        """The words of the text that is written for this segment; empty if their times are not
        known."""
        written, words = self._timed.get((start, end), ("", ()))
        return words if written == text else ()

    def add_words(self, start: int, end: int, text: str, words: tuple[Word, ...]) -> None:
        """Keep the words of the text of a segment. Raises TranscriptError."""
        self._append(["timed", start, end, text, [[w.text, w.start_s, w.end_s] for w in words]])

    def has_written(self, path: Path) -> bool:
        """Whether an earlier run wrote this output."""
        return str(path.absolute()) in self._written

    def mark_written(self, path: Path) -> None:
        """Remember that this output is written. Raises TranscriptError."""
        self._append(["written", str(path.absolute())])

    def _append(self, line: list[Any]) -> None:
        self._take(line)
        if self.path is None or self._file is None:
            return
        rest = json.dumps(line).encode() + b"\n"
        try:
            while rest:  # a disk that fills up writes a part first, and fails next time
                rest = rest[os.write(self._file, rest) :]
            os.fdatasync(self._file)
        except OSError as error:
            raise _error(self.path, error) from error

    def close(self) -> None:
        """Unlock the file, and delete it if there is nothing to resume from."""
        if self.path is None or self._file is None:
            return
        if not self.transcripts:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


def _word(stored: Any) -> Word:
    match stored:
        case [str(text), int() | float() as start_s, int() | float() as end_s]:
            return Word(text, start_s, end_s)
    raise ValueError(stored)


def _error(path: Path, error: OSError) -> TranscriptError:
    return TranscriptError(
        _("cannot save the progress in {path}: {strerror}").format(
            path=path, strerror=error.strerror
        )
    )
