"""Reads sound files of any format, rate and channel count that libsndfile supports."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from dictate.errors import AudioFileError, UnknownFormat
from dictate.events import Samples
from dictate.microphone.resample import ToMono16k

FORMATS: Final = "wav, flac, ogg, mp3"
_BLOCK_FRAMES: Final = 1 << 18
"""Frames read at a time: an hour of stereo at 48 kHz would take 1.4 GB at once."""


def read_sound_file(path: Path) -> Samples:
    """The whole sound, mono at 16 kHz, shape (n,).

    Blocks in proportion to the file's length: call it off the loop. Raises AudioFileError if the
    file is missing, unreadable, damaged, empty or no sound file.
    """
    return np.concatenate(list(iter_sound_file(path)))


def iter_sound_file(path: Path) -> Iterator[Samples]:
    """The same in pieces of a few seconds, none of them empty. Each piece blocks."""
    with open_sound_file(path) as file:
        blocks = file.blocks(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        try:
            yield from mono_16k(path, file.samplerate, blocks)
        except soundfile.LibsndfileError as error:
            raise AudioFileError(f"{path} is damaged: {error.error_string}") from error


def mono_16k(path: Path, rate: int, blocks: Iterable[NDArray[np.float32]]) -> Iterator[Samples]:
    """Blocks of shape (frames, channels) as mono pieces at 16 kHz, none of them empty. Raises
    AudioFileError if they hold no sound."""
    silent = True
    convert = ToMono16k(rate)
    for block in blocks:
        piece = convert.push(np.nan_to_num(block, posinf=1.0, neginf=-1.0))
        if len(piece):
            silent = False
            yield np.clip(piece, -1.0, 1.0)
    piece = convert.finish()
    if len(piece):
        yield np.clip(piece, -1.0, 1.0)
    elif silent:
        raise AudioFileError(f"{path} holds no sound")


def open_sound_file(path: Path) -> soundfile.SoundFile:
    """The open file, with `samplerate`, `channels` and `frames`; the caller closes it. Raises
    AudioFileError if it is missing, unreadable or empty, UnknownFormat if it is no sound file."""
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise AudioFileError(f"{path} does not exist") from error
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror}") from error
    if empty:
        raise AudioFileError(f"{path} is empty")
    try:
        opened = soundfile.SoundFile(os.fsencode(path))  # a str has to be UTF-8
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless, by its suffix
        reason = getattr(error, "error_string", error)
        raise UnknownFormat(
            f"{path} is no sound file that can be read here ({FORMATS}): {reason}"
        ) from error
    if opened.frames == 0:
        opened.close()
        raise AudioFileError(f"{path} holds no sound")
    return opened
