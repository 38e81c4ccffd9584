"""A file on the command line, or a pipe, which is stored in a temporary file before it is read.

A pipe can be read once and only forwards, but its sound is read three times: for its length and
tracks, for the name under which an interrupted run is found again, and for the text.
"""

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from dictate.console import safe
from dictate.errors import AudioFileError
from dictate.translation import _

STDIN: Final = Path("-")
_DESCRIPTOR: Final = re.compile(r"/dev/(std(in)|fd/(\d+))|/proc/[^/]+/fd/(\d+)")
"""The path of an open file of this process, e.g. of `<(...)` in a shell."""
_PIECE_BYTES: Final = 1 << 20
_RESERVE_BYTES: Final = 256 << 20
"""Bytes of the disk that stay free: a pipe may have no end, and other programs need the disk."""


def name_of(path: Path) -> str:
    """The path for people, on one line and without bytes that are not text."""
    return _("standard input") if path == STDIN else safe(readable(path))


def readable(path: Path) -> str:
    """The path; bytes that are not text are replaced."""
    return os.fsencode(path).decode(errors="replace")


def output_place(path: Path) -> tuple[Path, str]:
    """The folder of an output beside the file, and its name without the suffix. What has no place
    of its own has it in the current folder."""
    if path == STDIN:
        return Path(), "stdin"
    if found := _DESCRIPTOR.fullmatch(str(path)):
        number = found[3] or found[4] or "0"
        return Path(), "stdin" if number == "0" else f"pipe-{number}"
    return path.parent, path.stem


@dataclass(frozen=True, slots=True)
class Source:
    """The file behind a name on the command line."""

    given: Path
    path: Path
    """Where its sound can be read, as often as necessary."""
    stored: BinaryIO | None = None
    """The temporary file of a pipe. It has no name and vanishes with this process."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        return name_of(self.given)

    @property
    def own_hotwords(self) -> Path | None:
        """Where its own hotwords would be."""
        return None if self.stored is not None else self.given.with_suffix(".toml")

    def message(self, error: Exception) -> str:
        """The message of an error, with the name of this source."""
        text = str(error)
        if str(self.path) not in text:
            return f"{self.name}: {text}"
        return text.replace(str(self.path), self.name)


def open_source(given: Path) -> Source:
    """Make it readable: a pipe is read to its end and stored, which takes as long as it is open.
    Raises AudioFileError."""
    try:
        if given == STDIN:
            if sys.stdin is None or sys.stdin.closed:
                raise AudioFileError(_("standard input is closed"))
            if sys.stdin.isatty():
                raise AudioFileError(
                    _(
                        "standard input is a terminal: put the sound there, for example with "
                        "`dictate file - < talk.wav`"
                    )
                )
            return _stored(given, sys.stdin.buffer)
        kind = given.stat().st_mode
        # Other processes have other descriptors, so the path would mean something else there.
        opened = _DESCRIPTOR.fullmatch(str(given)) and stat.S_ISREG(kind)
        if stat.S_ISFIFO(kind) or opened:
            with given.open("rb") as file:
                return _stored(given, file)
    except FileNotFoundError as error:
        raise AudioFileError(_("{file} does not exist").format(file=name_of(given))) from error
    except OSError as error:
        raise AudioFileError(
            _("{file} cannot be read: {strerror}").format(
                file=name_of(given), strerror=error.strerror
            )
        ) from error
    return Source(given, given)


def _stored(given: Path, file: BinaryIO) -> Source:
    stored = tempfile.TemporaryFile(prefix="dictate-")  # noqa: SIM115 - it lives as long as this process
    folder = tempfile.gettempdir()
    while piece := file.read(_PIECE_BYTES):
        try:
            _append(stored, piece, folder)
        except OSError as error:
            stored.close()
            raise AudioFileError(
                _(
                    "{file} cannot be stored in {folder}: {strerror}; set TMPDIR to a "
                    "folder with more room"
                ).format(file=name_of(given), folder=folder, strerror=error.strerror)
            ) from error
    stored.flush()
    return Source(given, Path(f"/proc/{os.getpid()}/fd/{stored.fileno()}"), stored)


def _append(stored: BinaryIO, piece: bytes, folder: str) -> None:
    if shutil.disk_usage(folder).free < _RESERVE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    stored.write(piece)
