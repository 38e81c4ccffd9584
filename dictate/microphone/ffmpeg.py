"""Sound files that libsndfile cannot read, decoded by ffmpeg where it is installed."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.errors import AudioFileError, UnknownFormat
from dictate.events import Samples
from dictate.installation import system_command
from dictate.microphone.sound_file import iter_sound_file, mono_16k, open_sound_file

_QUIETLY: Final = ("-v", "error", "-protocol_whitelist", "file")
"""Report only errors. The whitelist keeps a playlist from opening network addresses."""
_BLOCK_FRAMES: Final = 1 << 16
_PROBE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Sound:
    rate: int
    channels: int
    length_s: float


def length_s(path: Path) -> float:
    """Seconds of sound according to the file's header; 0 if it has none. Blocks. Raises
    AudioFileError; the message says what to install if that would help."""
    try:
        with open_sound_file(path) as file:
            return float(file.frames / file.samplerate)
    except UnknownFormat as error:
        return _probe(path, error).length_s


def iter_any_file(path: Path) -> Iterator[Samples]:
    """All of its sound, mono at 16 kHz, in pieces of some seconds, none of them empty. Each piece
    blocks. Raises AudioFileError."""
    try:
        yield from iter_sound_file(path)
    except UnknownFormat as error:
        sound = _probe(path, error)
    else:
        return
    yield from mono_16k(path, sound.rate, _blocks(path, sound))


def _probe(path: Path, unknown: UnknownFormat) -> _Sound:
    """What ffprobe finds; the first of several audio tracks counts."""
    if which("ffmpeg") is None or which("ffprobe") is None:
        raise UnknownFormat(
            f"{unknown}. Other formats need ffmpeg: {system_command('ffmpeg')}"
        ) from unknown
    asked = "stream=sample_rate,channels:format=duration"
    command = ["ffprobe", *_QUIETLY, "-select_streams", "a:0", "-show_entries", asked]
    try:
        done = subprocess.run(
            [*command, "-of", "json", f"file:{path}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PROBE_S,
        )
    except subprocess.TimeoutExpired as error:
        raise AudioFileError(f"{path}: ffprobe does not finish") from error
    if done.returncode:
        raise AudioFileError(f"{path} is no sound file: {_last_line(done.stderr)}") from unknown
    found = json.loads(done.stdout)
    for stream in found.get("streams", []):
        rate, channels = int(stream.get("sample_rate", 0)), int(stream.get("channels", 0))
        if rate and channels:
            return _Sound(rate, channels, float(found.get("format", {}).get("duration", 0)))
    raise AudioFileError(f"{path} holds no sound")


def _blocks(path: Path, sound: _Sound) -> Iterator[NDArray[np.float32]]:
    command = ["ffmpeg", "-nostdin", *_QUIETLY, "-i", f"file:{path}", "-map", "0:a:0"]
    # Fix the channel count that ffprobe saw: the track may change it later.
    command += ["-ac", str(sound.channels), "-ar", str(sound.rate), "-f", "f32le", "pipe:1"]
    size = _BLOCK_FRAMES * sound.channels * 4
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
        ) as ffmpeg,
    ):
        assert ffmpeg.stdout is not None
        try:
            while block := ffmpeg.stdout.read(size):
                whole = len(block) - len(block) % (4 * sound.channels)
                yield np.frombuffer(block[:whole], "<f4").reshape(-1, sound.channels)
        except BaseException:
            ffmpeg.kill()  # the caller stopped reading
            raise
        if ffmpeg.wait():
            complaints.seek(0)
            raise AudioFileError(f"{path} is damaged: {_last_line(complaints.read())}")


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "ffmpeg does not say why"
