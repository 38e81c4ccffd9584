"""TOML files that people write: every mistake is reported, and an edit loses no comment."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import tomli
from tomlkit.exceptions import TOMLKitError

from dictate.errors import ConfigError
from dictate.platform.locks import locked
from dictate.toml.positions import Key, lines_of
from dictate.translation import _

LARGEST_BYTES = 256 * 1024
"""Maximum size of a file: what is larger was not written by hand. Parsing it takes milliseconds."""
LARGEST_LIST_BYTES = 4 * 1024 * 1024
"""Maximum size of a file with a long list: 10,000 terms in the long form have some 1.5 MB. Parsing
these takes half a second."""
MOST_PROBLEMS = 50
"""Maximum number of problems that are reported of one file."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed TOML text, and its name in messages; empty if it is in no file."""

    name: str
    text: str
    data: dict[str, Any]


class Problems:
    """Collects all mistakes in a document, so that the user sees them at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: list[tuple[int, str]] = []

    @cached_property
    def _lines(self) -> dict[Key, int]:
        try:
            return lines_of(self._document.text)
        except RecursionError:  # the parser follows a few more brackets in brackets than we do
            return {}

    def line(self, key: Key) -> int:
        """The line of `key`, or of the innermost table or list around it that has one."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key, 1)

    def add(self, key: Key, message: str) -> None:
        """Report a mistake in the value at `key`."""
        self._found.append((self.line(key), message))

    def add_at(self, key: Key, piece: str, message: str) -> None:
        """Report a mistake in a part of the text at `key`, with line and column if `piece` stands
        in the file as it is."""
        lines = self._document.text.split("\n")
        first = self.line(key)
        for number, line in enumerate(lines[first - 1 :], first):
            if piece and (at := line.find(piece)) >= 0:
                self._found.append(
                    (number, _("{message} (column {at})").format(message=message, at=at + 1))
                )
                return
        self.add(key, message)

    def raise_if_any(self) -> None:
        """Raise ConfigError with one line for each problem, in the order of the file."""
        if lines := self.in_lines():
            raise ConfigError(lines)

    def in_lines(self) -> list[str]:
        """One line for each problem, in the order of the file."""
        name = self._document.name
        lines = [
            f"{name}:{line}: {message}" if name else message
            for line, message in sorted(self._found)
        ]
        if len(lines) > MOST_PROBLEMS:
            more = len(lines) - MOST_PROBLEMS
            lines[MOST_PROBLEMS:] = [
                _("{name}: and {more} more problems").format(name=name, more=more)
            ]
        return lines


def read(path: Path, largest: int = LARGEST_BYTES) -> str | None:
    """The text of a file that a user wrote, of at most `largest` bytes; None if there is no file.
    It never waits for a FIFO.

    Line ends are "\\n". It blocks on the disk: call it off the loop. Raises ConfigError.
    """
    text = _as_it_is(path, largest)
    return None if text is None else text.replace("\r\n", "\n")


def _as_it_is(path: Path, largest: int) -> str | None:
    """The same with the line ends that are in the file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigError(
                    [_("{name}: this is not a regular file: move it away").format(name=path.name)]
                )
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                raw = file.read(largest + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError([f"{path.name}: {_cannot('read', error)}"]) from error
    if len(raw) > largest:
        raise ConfigError(
            [
                _("{name}: the file has more than {largest:,} kB").format(
                    name=path.name, largest=largest // 1024
                )
            ]
        )
    try:
        # Some editors begin a file with a byte order mark.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = _("byte 0x{raw:02x} is not UTF-8: save the file as UTF-8").format(
            raw=raw[error.start]
        )
        raise ConfigError([f"{path.name}:{line}: {message}"]) from error


_CLOSE: Final = _("the closing quote is missing")
_BACKSLASH: Final = _("a \\ in double quotes begins a code: write it twice, or use single quotes")
# untranslated
_IN_WORDS: Final = {
    "Illegal character '\\n'": _CLOSE,
    "Unterminated string": _CLOSE,
    'Expected "\'"': _CLOSE,
    "Unclosed array": _("a comma or ] is missing"),
    "Cannot overwrite a value": _("this is set further up already"),
    "Invalid hex value": _BACKSLASH,
    "Unescaped '\\' in a string": _BACKSLASH,
}
"""Messages of the TOML parser that name no cause, in words for a user."""
_CURLY: Final = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"


def parse(text: str, name: str, largest: int = LARGEST_BYTES) -> Document:
    """Parse a TOML text of at most `largest` characters. Raises ConfigError with the line and the
    column."""
    if len(text) > largest:
        raise ConfigError(
            [
                _("{name}: the file has more than {largest:,} kB").format(
                    name=name, largest=largest // 1024
                )
            ]
        )
    try:
        return Document(name, text, tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        message = _IN_WORDS.get(error.msg, error.msg)
        here = text.split("\n")[error.lineno - 1][error.colno - 1 : error.colno]
        if message == "Invalid value" and here.isalpha():
            message = "Invalid value, text needs quotes"  # untranslated
        elif message == "Invalid value" and here and here in _CURLY:
            message = _("text needs straight quotes")
        problem = _("{name}:{lineno}: {message} (column {colno})").format(
            name=name, lineno=error.lineno, message=message, colno=error.colno
        )
        raise ConfigError([problem]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            [_("{name}:1: this cannot be read as TOML: {error}").format(name=name, error=error)]
        ) from error


def edit(
    path: Path, default: str, change: Callable[[str], str], largest: int = LARGEST_BYTES
) -> None:
    """Apply `change` to the text of the file at `path`, or to `default` if there is none. It sees
    to it that both its argument and its result are what the file should be.

    Two edits at the same time are made one after the other. The new file replaces the old one
    whole or not at all and keeps its mode and the kind of its line ends, and a symlink to it stays
    a symlink. It blocks. Raises ConfigError and leaves the file as it was.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(target.parent, wait=True):
            raw = _as_it_is(path, largest)
            before = None if raw is None else raw.replace("\r\n", "\n")
            after = change(default if before is None else before)
            if after != before:
                write(target, _with_line_ends_of(raw or "", after))
    except OSError as error:
        raise ConfigError([f"{path.name}: {_cannot('write', error)}"]) from error
    except TOMLKitError as error:
        raise ConfigError(
            [_("{name}: this cannot be edited: {error}").format(name=path.name, error=error)]
        ) from error


def _with_line_ends_of(before: str, text: str) -> str:
    """`text`, whose line ends are "\\n", with those that most lines of `before` have."""
    of_windows = before.count("\r\n") * 2 > before.count("\n")
    return text.replace("\n", "\r\n") if of_windows else text


def write(target: Path, text: str) -> None:
    """Write `target` (not a symlink) whole or not at all; it keeps its mode, a new one has 0600."""
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            with suppress(FileNotFoundError):
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).replace(target)
        _sync(target.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot(what: str, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return _("the symlink leads in a circle: remove it")
    return _("cannot {what} {file}: {strerror}").format(
        what=what, file=error.filename or _("it"), strerror=error.strerror
    )
