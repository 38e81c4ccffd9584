"""Reads sound files of any format, rate and channel count that libsndfile supports."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from dictate.errors import AudioFileError, UnknownFormat
from dictate.events import Samples
from dictate.microphone import wav_header
from dictate.microphone.recording import CUT, DAMAGED, Recording, choose, mono_16k
from dictate.translation import _

FORMATS: Final = "wav, flac, ogg, mp3"  # untranslated
_BLOCK_SAMPLES: Final = 1 << 19
"""Samples of all channels that are read at a time: an hour of stereo at 48 kHz would take 1.4 GB at
once."""
_RETRY_FRAMES: Final = 256
"""Frames to read at a time after an error: libsndfile keeps nothing of a block with an error."""
_OGG_PAGE_BYTES: Final = 65_307
"""Maximum length of an Ogg page (RFC 3533)."""
_TS_PACKET_BYTES: Final = 188
"""Length of each packet of a transport stream (ISO/IEC 13818-1)."""
_UNKNOWN_FRAMES: Final = 1 << 48
"""A number of frames that no file has: libsndfile returns a greater one if it does not know it."""


def read_sound_file(path: Path) -> Samples:
    """The whole sound, mono at 16 kHz, shape (n,).

    Blocks in proportion to the file's length: call it off the loop. Raises AudioFileError if the
    file is missing, unreadable, empty or no sound file.
    """
    return np.concatenate(list(iter_sound_file(path)))


def iter_sound_file(path: Path) -> Iterator[Samples]:
    """The same in pieces of a few seconds, none of them empty. Each piece blocks."""
    yield from SoundFileRecording(path).pieces()


class SoundFileRecording(Recording):
    """A file that libsndfile reads. Such a file has one track, without times."""

    def __init__(self, path: Path, track: int | None = None) -> None:
        """Raises AudioFileError if it is missing, unreadable or empty, UnknownFormat if it is no
        sound file."""
        with open_sound_file(path) as file:
            known = file.frames if file.frames < _UNKNOWN_FRAMES else 0
            length_s = known / file.samplerate if file.samplerate else 0.0
        with path.open("rb") as raw:
            chunk = wav_header.sound_chunk(raw)
            cut = chunk is None and lacks_its_end(raw)
        if chunk is not None and chunk.declared and chunk.present:
            length_s *= chunk.declared / chunk.present
        super().__init__(path, length_s)
        self._suspicion = CUT if cut else ""
        choose(path, self.tracks, track)

    def pieces(self) -> Iterator[Samples]:
        count = 0
        with open_sound_file(self.path) as file:
            for piece in mono_16k(self.path, file.samplerate, self._blocks(file)):
                count += len(piece)
                yield piece
        self._check_end(count)

    def _blocks(self, file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
        # Not `file.blocks`: where the file ends early, it returns parts of the previous block.
        frames, position = max(1, _BLOCK_SAMPLES // file.channels), 0
        while True:
            try:
                block = file.read(frames, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                if frames > _RETRY_FRAMES:
                    frames = _RETRY_FRAMES
                    with suppress(soundfile.LibsndfileError):
                        file.seek(position)
                    continue
                if not position:
                    raise AudioFileError(
                        _("{path} is damaged: {reason}").format(
                            path=self.path, reason=error.error_string
                        )
                    ) from error
                known = 0 < file.frames < _UNKNOWN_FRAMES
                if not (known and position >= file.frames):
                    self._suspicion = self._suspicion or DAMAGED
                return
            if not len(block):
                return
            position += len(block)
            yield block


def open_sound_file(path: Path) -> soundfile.SoundFile:
    """The open file, with `samplerate`, `channels` and `frames`; the caller closes it. The length
    in the header of a WAV file is mended. Raises AudioFileError if the file is missing, unreadable
    or empty, UnknownFormat if it is no sound file."""
    check_readable(path)
    try:
        opened = _open(path)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless, by its suffix
        reason = getattr(error, "error_string", error)
        raise UnknownFormat(
            _("{path} is no sound file that can be read here ({formats}): {reason}").format(
                path=path, formats=FORMATS, reason=reason
            )
        ) from error
    if opened.frames == 0:
        opened.close()
        raise AudioFileError(_("{path} holds no sound").format(path=path))
    return opened


def _open(path: Path) -> soundfile.SoundFile:
    file = path.open("rb")
    chunk = wav_header.sound_chunk(file)
    if chunk is None or not chunk.needs_patches:
        file.close()
        return soundfile.SoundFile(os.fsencode(path))  # a str has to be UTF-8
    # It closes the file when nothing refers to it any more.
    return soundfile.SoundFile(wav_header.PatchedFile(file, chunk.patches))


def check_readable(path: Path) -> None:
    """Raises AudioFileError if it is no file, cannot be read, or is empty."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise AudioFileError(_("{path} is a folder: name the files in it").format(path=path))
        if not stat.S_ISREG(found.st_mode):
            raise AudioFileError(_("{path} is a device or a pipe, not a file").format(path=path))
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise AudioFileError(_("{path} does not exist").format(path=path)) from error
    except OSError as error:
        raise AudioFileError(
            _("{path} cannot be read: {error}").format(path=path, error=error.strerror)
        ) from error
    except ValueError as error:  # a zero byte in the name
        raise AudioFileError(
            _("{path} cannot be read: {error}").format(path=path, error=os.strerror(errno.EINVAL))
        ) from error
    if empty:
        raise AudioFileError(_("{path} is empty").format(path=path))


def lacks_its_end(file: BinaryIO) -> bool:
    """Whether an Ogg, AIFF, CAF, AVI or FLV file, or a transport stream, is shorter than it should
    be."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"FORM" or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        length = int.from_bytes(head[4:8], "big" if head[:4] == b"FORM" else "little")
        # A length of 0 or of the maximum is that of a recorder that did not know it.
        return size < length + 8 and length < 0xFFFFFF00
    match head[:4]:
        case b"caff":
            return _caf_lacks_its_end(file, size)
        case b"FLV\x01":
            return _flv_lacks_its_end(file, size)
        case b"OggS":
            return _ogg_lacks_its_end(file, size)
    if head[:1] == b"G":
        file.seek(_TS_PACKET_BYTES)
        return file.read(1) == b"G" and size % _TS_PACKET_BYTES != 0
    return False


def _caf_lacks_its_end(file: BinaryIO, size: int) -> bool:
    at = 8
    while at + 12 <= size:
        file.seek(at)
        kind, length = file.read(4), int.from_bytes(file.read(8), "big", signed=True)
        if length < 0:
            return False  # the sound of a recorder that did not know its length
        at += 12 + length
        if kind == b"data":
            break
    return at > size


def _flv_lacks_its_end(file: BinaryIO, size: int) -> bool:
    """Each tag is followed by its length; it has its own length in bytes 1 to 3."""
    if size < 24:
        return True
    file.seek(size - 4)
    length = int.from_bytes(file.read(4), "big")
    if not 11 <= length <= size - 4:
        return True
    file.seek(size - 4 - length + 1)
    return int.from_bytes(file.read(3), "big") + 11 != length


def _ogg_lacks_its_end(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _OGG_PAGE_BYTES))
    tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at:] if at >= 0 else b""
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    whole = 27 + page[26] + sum(page[27 : 27 + page[26]])
    return len(page) < whole or not page[5] & 4  # 4: the last page of its stream
