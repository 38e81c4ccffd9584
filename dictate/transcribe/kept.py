"""What was heard of a file so far, on disk: whoever is interrupted goes on from there."""

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dictate import __version__
from dictate.config.schema import Settings
from dictate.errors import AudioFileError, TranscriptError
from dictate.hotwords.model import Hotwords
from dictate.platform import paths
from dictate.platform.locks import lock
from dictate.transcribe.words import Word

KEPT_DAYS: Final = 7
"""What nobody goes on with is deleted after so long: it is what somebody said."""


def key(path: Path, settings: Settings, hotwords: Hotwords) -> str:
    """A name for this sound, heard in this way. It reads the whole file: call it off the loop.
    Raises AudioFileError."""
    try:
        with path.open("rb") as file:
            sound = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror}") from error
    way = repr((__version__, settings.engine, settings.speech, hotwords))
    sound.update(way.encode())
    return sound.hexdigest()


def folder() -> Path:
    """Where it is kept; what is too old is deleted. Blocks. Raises UnsafeFolder."""
    paths.safe_dir(paths.cache_dir())
    found = paths.safe_dir(paths.cache_dir() / "files")
    oldest = time.time() - KEPT_DAYS * 86_400
    for path in found.glob("*.jsonl"):
        with suppress(FileNotFoundError):  # another one deletes as well
            if path.stat().st_mtime < oldest:
                path.unlink()
    return found


class ResumeFile:
    """One file's, open; nobody else has it open meanwhile. Everything here blocks.

    Each line is a JSON list: ["heard", start, end, text], ["timed", start, end, text, words] or
    ["written", path]. A line is durable when the method returns. A last line without an end was
    being written when the power went.
    """

    def __init__(self, path: Path) -> None:
        """Raises TranscriptError."""
        self.path = path
        self.heard: dict[tuple[int, int], str] = {}
        """The text of each segment as the engine said it; the key is its start and end."""
        self._timed: dict[tuple[int, int], tuple[str, tuple[Word, ...]]] = {}
        self._written: set[str] = set()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _trouble(path, error) from error
        try:
            lock(self._file)
            self._read()
        except BlockingIOError:
            os.close(self._file)
            raise TranscriptError("another dictate is transcribing the same sound") from None
        except OSError as error:
            os.close(self._file)
            raise _trouble(path, error) from error

    def _read(self) -> None:
        with os.fdopen(os.dup(self._file), "rb") as file:
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                try:
                    self._take(json.loads(line))
                except ValueError:
                    break
                whole += len(line)
        os.ftruncate(self._file, whole)
        os.lseek(self._file, 0, os.SEEK_END)

    def _take(self, line: Any) -> None:
        match line:
            case ["heard", int(start), int(end), str(text)]:
                self.heard[start, end] = text
            case ["timed", int(start), int(end), str(text), [*words]]:
                self._timed[start, end] = text, tuple(_word(word) for word in words)
            case ["written", str(path)]:
                self._written.add(path)
            case _:
                raise ValueError(line)

    def add(self, start: int, end: int, text: str) -> None:
        """This was heard between these samples. Raises TranscriptError."""
        self._append(["heard", start, end, text])

    def words(self, start: int, end: int, text: str) -> tuple[Word, ...]:
        """The words of the text that is written for what was heard there; empty if their times are
        not known."""
        written, words = self._timed.get((start, end), ("", ()))
        return words if written == text else ()

    def add_words(self, start: int, end: int, text: str, words: tuple[Word, ...]) -> None:
        """These are the words of that text. Raises TranscriptError."""
        self._append(["timed", start, end, text, [[w.text, w.start_s, w.end_s] for w in words]])

    def has_written(self, path: Path) -> bool:
        """Whether this output was done by an earlier try."""
        return str(path.absolute()) in self._written

    def wrote(self, path: Path) -> None:
        """This output is done. Raises TranscriptError."""
        self._append(["written", str(path.absolute())])

    def _append(self, line: list[Any]) -> None:
        self._take(line)
        rest = json.dumps(line).encode() + b"\n"
        try:
            while rest:  # a disk that becomes full takes a part first, and complains then
                rest = rest[os.write(self._file, rest) :]
            os.fdatasync(self._file)
        except OSError as error:
            raise _trouble(self.path, error) from error

    def close(self) -> None:
        """Let others have it; what nobody can go on from is deleted."""
        if not self.heard:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


def _word(kept: Any) -> Word:
    match kept:
        case [str(text), int() | float() as start_s, int() | float() as end_s]:
            return Word(text, start_s, end_s)
    raise ValueError(kept)


def _trouble(path: Path, error: OSError) -> TranscriptError:
    return TranscriptError(f"what is heard cannot be kept in {path}: {error.strerror}")
