"""What the header of a WAV file says about its length, and the file with a header that is true.

A recorder that is killed, or that writes to a pipe, leaves a length of 0 or of "until the end". A
copy that is interrupted leaves a length that the file does not have. The sound that is there can be
read in each of these cases, but libsndfile believes a length of 0.
"""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

_UNKNOWN_BYTES: Final = 0xFFFF
"""A length that lies at most this many bytes below 2 GiB, 4 GiB, or the maximum of 64 bits means
"until the end": programs write the maximum, with or without the size of the header."""
_SCAN_BYTES: Final = 1 << 20
"""Maximum number of bytes in front of the sound: some recorders put notes and pictures there."""
_W64_RIFF: Final = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_DATA: Final = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True, slots=True)
class SoundChunk:
    """The chunk of a WAV file (RIFF, RIFX, RF64, BW64 or W64) that holds the sound."""

    declared: int | None
    """Its number of bytes according to the header; None if the recorder did not know it."""
    present: int
    """The number of its bytes that are in the file."""
    patches: tuple[tuple[int, bytes], ...]
    """What the header should be: each with its place in the file."""

    @property
    def needs_patches(self) -> bool:
        """Whether the header is wrong."""
        return self.declared != self.present


def sound_chunk(file: BinaryIO) -> SoundChunk | None:
    """The chunk with the sound; None if this is no WAV file, or ends in front of its sound."""
    if not is_wav(file):
        return None
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(16)
    if head == _W64_RIFF:
        return _w64(file, size)
    return _riff(file, size, ">" if head[:4] == b"RIFX" else "<")


def is_wav(file: BinaryIO) -> bool:
    """Whether it begins as a WAV file of any kind does."""
    file.seek(0)
    head = file.read(16)
    riff = head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE"
    return riff or head == _W64_RIFF


def _riff(file: BinaryIO, size: int, order: str) -> SoundChunk | None:
    at, long_at, long_bytes = 12, 0, None
    while at < _SCAN_BYTES:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, length = struct.unpack(f"{order}4sI", head)
        if name == b"ds64":
            long_at = at + 16
            sizes = file.read(16)
            long_bytes = struct.unpack("<Q", sizes[8:])[0] if len(sizes) == 16 else None
        if name == b"data":
            break
        at += 8 + length + length % 2
    else:
        return None
    there = size - at - 8
    if long_bytes is not None and length >= 0xFFFFFFFF - _UNKNOWN_BYTES:
        declared = None if long_bytes == 0 or _is_unknown(long_bytes) else long_bytes
        present = there if declared is None else min(declared, there)
        return SoundChunk(declared, present, ((long_at, struct.pack("<Q", present)),))
    unknown = _is_unknown(length) or (length == 0 and not _chunks_follow(file, at + 8, size, order))
    declared = None if unknown else length
    present = there if declared is None else min(declared, there)
    short = min(present, 0xFFFFFFFF)
    patches = (
        (4, struct.pack(f"{order}I", min(at + short, 0xFFFFFFFF))),
        (at + 4, struct.pack(f"{order}I", short)),
    )
    return SoundChunk(declared, present, patches)


def _chunks_follow(file: BinaryIO, at: int, size: int, order: str) -> bool:
    """Whether the rest of the file is chunks and nothing else, so that there really is no sound."""
    while at < size:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or not (head[:4].isascii() and head[:4].decode().isprintable()):
            return False
        length = struct.unpack(f"{order}I", head[4:])[0]
        at += 8 + length + length % 2
    return at <= size + 1  # the last byte of padding is often left out


def _w64(file: BinaryIO, size: int) -> SoundChunk | None:
    at = 40
    while at < _SCAN_BYTES:
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            return None
        (length,) = struct.unpack("<Q", head[16:])
        if head[:16] == _W64_DATA:
            there = size - at - 24
            unknown = length <= 24 or _is_unknown(length)
            declared = None if unknown else length - 24
            present = there if declared is None else min(declared, there)
            patches = ((16, struct.pack("<Q", size)), (at + 16, struct.pack("<Q", present + 24)))
            return SoundChunk(declared, present, patches)
        if length < 24:
            return None
        at += length + -length % 8
    return None


def _is_unknown(length: int) -> bool:
    return any(0 <= top - length <= _UNKNOWN_BYTES for top in (1 << 31, 1 << 32, 1 << 63, 1 << 64))


class PatchedFile(io.RawIOBase):
    """An open file as if these bytes were in it. It is read only, and closes the file."""

    def __init__(self, file: BinaryIO, patches: tuple[tuple[int, bytes], ...]) -> None:
        super().__init__()
        self._file = file
        self._patches = patches
        file.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        start = self._file.tell()
        content = bytearray(self._file.read(len(buffer)))
        for at, patch in self._patches:
            for place, byte in enumerate(patch, at - start):
                if 0 <= place < len(content):
                    content[place] = byte
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()
