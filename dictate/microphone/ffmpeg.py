"""Sound files of all kinds, decoded by ffmpeg where it is installed."""

import json
import math
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dictate.errors import AudioFileError, UnknownFormat
from dictate.events import RATE, Samples
from dictate.installation import system_command
from dictate.microphone import wav_header
from dictate.microphone.recording import CUT, DAMAGED, Recording, Track, choose, mono_16k
from dictate.microphone.sound_file import SoundFileRecording, check_readable, lacks_its_end
from dictate.translation import _

_ONLY_FILES: Final = ("-protocol_whitelist", "file")
"""Keeps a playlist from opening network addresses."""
_BLOCK_SAMPLES: Final = 1 << 17
_PROBE_S: Final = 60.0
_ASKED: Final = (
    "stream=index,codec_type,sample_rate,channels,start_time,duration"
    ":stream_disposition=default:stream_tags=language,title,DURATION"
    ":format=format_name,start_time,duration"
)
_FROM_ZERO: Final = {"mov", "matroska", "ogg"}
"""Formats whose times count from zero, for players and so for subtitles, wherever the sound begins.
In all others the first picture or sound counts as zero: a transport stream begins at any time."""
_MAX_HOLE_S: Final = 3600
"""Maximum seconds of silence that a jump of the times stands for. What jumps further is a damaged
time, or the capture of a live stream that counts from the start of the stream."""
_CUT_SIGNS: Final = ("File ended prematurely", "partial file")  # untranslated
_DAMAGE_SIGN: Final = "Invalid data found"  # untranslated
_FILL_HOLES: Final = (
    # Times that go back are those of a second recording that was appended: the filter would drop
    # its sound. So none goes back. Variable 0 is the time at which the previous sound ended.
    "asetpts='st(1,if(isnan(PTS),ld(0),if(NB_CONSUMED_SAMPLES,"
    f"if(gt((PTS-ld(0))*TB,{_MAX_HOLE_S}),ld(0),max(PTS,ld(0))),PTS)))"
    ";st(0,ld(1)+S/SR/TB);ld(1)',aresample=async=1"
)
"""Filters that put silence where the times of the sound jump."""


def open_recording(path: Path, track: int | None = None) -> Recording:
    """The sound of a file; `track` counts its sound tracks from 1, None is the default one. Blocks.

    WAV files are read by libsndfile, all others by ffmpeg, which knows their tracks and times;
    without ffmpeg, libsndfile reads what it can. Raises AudioFileError; the message says what to
    install if that would help.
    """
    check_readable(path)
    with path.open("rb") as file:
        wav = wav_header.sound_chunk(file) is not None
    ffmpeg = which("ffmpeg") is not None and which("ffprobe") is not None
    try:
        if not ffmpeg:
            return SoundFileRecording(path, track)
        if wav:
            with suppress(UnknownFormat):
                return SoundFileRecording(path, track)
        return _FfmpegRecording(path, track)
    except UnknownFormat as unknown:
        with path.open("rb") as file:
            if wav_header.is_wav(file) or lacks_its_end(file):
                raise AudioFileError(
                    _(
                        "{path} holds no sound: it ends in front of it, or its header is damaged"
                    ).format(path=path)
                ) from unknown
        if ffmpeg:
            raise
        how = system_command("ffmpeg")
        raise UnknownFormat(
            _("{error}. Other formats need ffmpeg: {command}").format(error=unknown, command=how)
        ) from unknown


class _FfmpegRecording(Recording):
    """A file that ffmpeg reads."""

    def __init__(self, path: Path, wanted: int | None) -> None:
        found, guessed = _describe(path)
        streams = [one for one in found.get("streams", []) if one.get("codec_type") == "audio"]
        if not streams:
            seen = {one.get("codec_type") for one in found.get("streams", [])}
            silent = _("{path} holds no sound")
            if "video" in seen:
                silent = _("{path} has no sound track, only video")
            raise AudioFileError(silent.format(path=path))
        tracks = tuple(_track(number, one) for number, one in enumerate(streams, 1))
        number = choose(path, tracks, wanted)
        stream, whole = streams[number - 1], found.get("format", {})
        self._index = int(stream["index"])
        self._rate = int(stream.get("sample_rate", 0))
        self._channels = int(stream.get("channels", 0))
        if not (self._rate and self._channels):
            raise AudioFileError(
                _("{path}: ffmpeg cannot decode sound track {track}").format(
                    path=path, track=tracks[number - 1]
                )
            )
        formats = set(str(whole.get("format_name", "")).split(","))
        begins_s = _first_time(path, self._index, _seconds(stream.get("start_time")))
        zero_s = _seconds(whole.get("start_time"))
        if formats & _FROM_ZERO and zero_s <= _MAX_HOLE_S:
            zero_s = 0.0
        late_s = begins_s - zero_s
        self._late_s = late_s if 0 < late_s <= _MAX_HOLE_S else 0.0
        end_s = 0.0 if guessed else _end_s(stream, formats, self._late_s)
        super().__init__(path, end_s or _seconds(whole.get("duration")), tracks, number)
        self._length_is_sure = end_s > 0

    def pieces(self) -> Iterator[Samples]:
        count = 0
        blocks = self._blocks()
        sound = mono_16k(self.path, self._rate, blocks)
        first = next(sound)  # raises AudioFileError, before there is any silence
        for piece in self._with_silence_before(first, sound):
            count += len(piece)
            yield piece
        self._check_end(count)

    def _with_silence_before(self, first: Samples, sound: Iterator[Samples]) -> Iterator[Samples]:
        late = round(self._late_s * RATE)
        while late > 0:
            yield np.zeros(min(late, RATE), np.float32)
            late -= RATE
        yield first
        yield from sound

    def _blocks(self) -> Iterator[NDArray[np.float32]]:
        command = ["ffmpeg", "-nostdin", "-v", "error", *_ONLY_FILES, "-i", f"file:{self.path}"]
        # Fix the channel count that ffprobe saw: the track may change it later.
        command += ["-map", f"0:{self._index}", "-af", _FILL_HOLES, "-ac", str(self._channels)]
        command += ["-ar", str(self._rate), "-f", "f32le", "pipe:1"]
        frame_bytes = 4 * self._channels
        size = max(1, _BLOCK_SAMPLES // self._channels) * frame_bytes
        read = 0
        with (
            tempfile.TemporaryFile() as complaints,
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
            ) as ffmpeg,
        ):
            assert ffmpeg.stdout is not None
            try:
                while block := ffmpeg.stdout.read(size):
                    whole = len(block) - len(block) % frame_bytes
                    read += whole
                    yield np.frombuffer(block[:whole], "<f4").reshape(-1, self._channels)
            except BaseException:
                ffmpeg.kill()  # the caller stopped reading
                raise
            failed = ffmpeg.wait() != 0
            complaints.seek(0)
            said = complaints.read().decode(errors="replace")
        if failed and not read:
            raise AudioFileError(
                _("{path} is damaged: {reason}").format(path=self.path, reason=_last_line(said))
            )
        with self.path.open("rb") as file:
            if lacks_its_end(file) or any(sign in said for sign in _CUT_SIGNS):
                self._suspicion = CUT
            elif failed or _DAMAGE_SIGN in said:
                self._suspicion = DAMAGED


def _describe(path: Path) -> tuple[dict[str, Any], bool]:
    """What is in a file, and whether its length is a guess."""
    done = _ffprobe(path, "-v", "warning", "-show_entries", _ASKED)
    said = done.stderr.decode(errors="replace")
    if "moov atom not found" in said:
        raise AudioFileError(
            _(
                "{path} cannot be read: the end of the file is missing, and with it the "
                "index (moov) that says where the sound is. Copy it again, or repair it with "
                "a program for that"
            ).format(path=path)
        )
    if done.returncode:
        reason = _last_line(said).removeprefix(f"file:{path}: ")
        raise UnknownFormat(_("{path} is no sound file: {reason}").format(path=path, reason=reason))
    return json.loads(done.stdout), "Estimating duration" in said


def _first_time(path: Path, index: int, otherwise_s: float) -> float:
    """The time of the first sound of a stream: that in the description is a guess, too."""
    first = ("-select_streams", str(index), "-read_intervals", "%+#1")
    done = _ffprobe(path, "-v", "quiet", *first, "-show_entries", "packet=pts_time")
    packets = json.loads(done.stdout or b"{}").get("packets", [])
    return _seconds(packets[0].get("pts_time"), otherwise_s) if packets else otherwise_s


def _ffprobe(path: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ffprobe", *arguments, *_ONLY_FILES, "-of", "json", f"file:{path}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PROBE_S,
        )
    except subprocess.TimeoutExpired as error:
        raise AudioFileError(_("{path}: ffprobe does not finish").format(path=path)) from error


def _track(number: int, stream: dict[str, Any]) -> Track:
    tags = {key.lower(): str(value) for key, value in stream.get("tags", {}).items()}
    language = tags.get("language", "")
    return Track(
        number,
        "" if language == "und" else language,
        tags.get("title", ""),
        bool(stream.get("disposition", {}).get("default")),
    )


def _end_s(stream: dict[str, Any], formats: set[str], late_s: float) -> float:
    """Seconds between the start of the file and the end of its sound; 0 if that is not sure."""
    if formats & {"ogg", "avi", "asf"}:
        # The first has no length, only a mark at its end; the others count what is not there.
        return 0.0
    if "matroska" not in formats:
        length_s = _seconds(stream.get("duration"))
        return late_s + length_s if length_s else 0.0
    # Its tracks have no length, but may note when they end. The film may be longer.
    tags = {key.lower(): str(value) for key, value in stream.get("tags", {}).items()}
    parts = tags.get("duration", "").split(":")
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + _seconds(part)
    return seconds


def _seconds(value: Any, otherwise: float = 0.0) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return otherwise
    return found if math.isfinite(found) else otherwise


def _last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1] if lines else _("ffmpeg does not say why")
