"""Writes the sound of one dictation to the disk while it is recorded, so that no crash loses it.

A spool is a WAV file (16 kHz, mono, signed 16-bit) that any player can open while it grows: its
header says "until the end of the file" until `close` or `mend` writes the true length. What the
disk does not take stays in memory, is still part of `audio`, and is written at the next attempt.
"""

import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dictate.events import RATE
from dictate.platform.own_files import open_own, read_own
from dictate.translation import _

HEADER_BYTES: Final = 44
SYNC_S: Final = 0.5
"""Maximum number of seconds of sound that a power cut loses."""

_UNKNOWN: Final = 0xFFFFFFFF
_SAMPLE_BYTES: Final = 2


class Spool:
    """The sound of one dictation. A failing disk raises nothing: it is reported once.

    `path` None keeps everything in memory. Not thread-safe.
    """

    def __init__(self, path: Path | None, on_trouble: Callable[[str], None]) -> None:
        self.path = path
        self._on_trouble = on_trouble
        self._told = False
        self._waiting = bytearray()
        self._written = 0
        self._synced = time.monotonic()
        self._next_try = 0.0
        self._fd: int | None = None
        self._write()

    @property
    def seconds(self) -> float:
        """Seconds of sound, in memory and on disk."""
        return (self._written + len(self._waiting)) / (_SAMPLE_BYTES * RATE)

    @property
    def whole(self) -> bool:
        """Whether the disk has all of it."""
        return self.path is not None and not self._waiting

    def append(self, pcm: bytes) -> None:
        """Add sound: signed 16-bit little-endian mono."""
        self._waiting += pcm
        if time.monotonic() >= self._next_try:
            self._write()

    def audio(self) -> bytes:
        """All sound so far."""
        if self.path is None or not self._written:
            return bytes(self._waiting)
        try:
            # Not `read`: a full disk may have cut a sample in two, and the rest of it is in memory.
            on_disk = read_own(self.path)[HEADER_BYTES:]
            return on_disk[: self._written] + self._waiting
        except OSError as error:
            self._tell(error)
            return bytes(self._waiting)

    def close(self) -> None:
        """Write what is left and the true length. The sound can still be read afterwards.

        If the disk does not take it, the file stays open: call again for the next attempt.
        """
        if self._fd is None and self.whole:
            return
        self._write()
        if self._fd is None:
            return
        try:
            os.pwrite(self._fd, _header(self._written), 0)
            os.fsync(self._fd)
        except OSError as error:
            self._tell(error)
        if not self._waiting:
            self.abandon()

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

    def _write(self) -> None:
        if self.path is None:
            return
        try:
            if self._fd is None:
                self._fd = _create(self.path)
            while self._waiting:
                count = os.pwrite(self._fd, self._waiting, HEADER_BYTES + self._written)
                self._written += count
                del self._waiting[:count]
            if time.monotonic() - self._synced >= SYNC_S:
                os.fdatasync(self._fd)
                self._synced = time.monotonic()
        except OSError as error:
            self._next_try = time.monotonic() + SYNC_S
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            self._on_trouble(
                _(
                    "{path}: the sound cannot be written ({error}); this dictation is "
                    "kept in memory only. Make room on that disk, or let this user write "
                    "there"
                ).format(path=self.path, error=error.strerror)
            )


def read(path: Path) -> bytes:
    """The sound in a spool file, whatever state its header is in. Raises OSError."""
    pcm = read_own(path)[HEADER_BYTES:]
    return pcm[: len(pcm) // _SAMPLE_BYTES * _SAMPLE_BYTES]


def mend(path: Path) -> float:
    """Write the true length into a file that a crash left open; returns its seconds of sound.

    A torn half sample at its end is cut off. A file that may only be read stays as it is: `read`
    does without the length. Raises OSError.
    """
    try:
        fd = open_own(path, os.O_RDWR)
    except PermissionError:
        return len(read(path)) / (_SAMPLE_BYTES * RATE)
    try:
        size = max(0, os.fstat(fd).st_size - HEADER_BYTES) // _SAMPLE_BYTES * _SAMPLE_BYTES
        if size:
            os.ftruncate(fd, HEADER_BYTES + size)
            os.pwrite(fd, _header(size), 0)
            os.fsync(fd)
    finally:
        os.close(fd)
    return size / (_SAMPLE_BYTES * RATE)


def _create(path: Path) -> int:
    fd = open_own(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        os.pwrite(fd, _header(None), 0)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        os.close(fd)
        path.unlink(missing_ok=True)  # for the next attempt
        raise
    return fd


def _header(size: int | None) -> bytes:
    """A WAV header for `size` bytes of sound; None for "until the end of the file"."""
    riff, data = (_UNKNOWN, _UNKNOWN) if size is None else (size + HEADER_BYTES - 8, size)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, 1, RATE, _SAMPLE_BYTES * RATE),
        *(_SAMPLE_BYTES, 8 * _SAMPLE_BYTES, b"data", data),
    )
