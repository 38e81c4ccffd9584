"""Writes a transcript as text, subtitles or JSON."""

import html
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import srt
import webvtt

from dictate.errors import TranscriptError
from dictate.events import RATE
from dictate.microphone.recording import Track
from dictate.transcribe.cues import Cue, TranscribedSegment, cues
from dictate.transcribe.source import name_of, readable
from dictate.translation import _


@dataclass(frozen=True, slots=True)
class Transcript:
    """The transcript of one file."""

    path: Path
    text: str
    audio: int
    """Number of samples of its sound."""
    segments: tuple[TranscribedSegment, ...]
    """Its segments, without those that have no text."""
    warnings: tuple[str, ...] = ()
    """What the user should know about it."""
    track: int = 1
    """The number of the sound track."""
    tracks: tuple[Track, ...] = ()
    """All sound tracks of the file, if there are several."""

    def facts(self) -> dict[str, Any]:
        """The transcript as JSON; times are in seconds."""
        found = {
            "file": readable(self.path),
            "audio_s": round(self.audio / RATE, 3),
            "text": self.text,
            "segments": [_segment(one) for one in self.segments],
            "heard": bool(self.text.strip()),
            "warnings": list(self.warnings),
        }
        if self.tracks:
            found["track"] = self.track
            found["tracks"] = [asdict(track) for track in self.tracks]
        return found


def _segment(one: TranscribedSegment) -> dict[str, Any]:
    start, end = one.span
    found = {"start": round(start, 3), "end": round(end, 3), "text": one.text.strip()}
    if one.words:
        found["words"] = [
            {"text": word.text, "start": round(word.start_s, 3), "end": round(word.end_s, 3)}
            for word in one.words
        ]
    return found


def _txt(transcript: Transcript) -> str:
    return f"{transcript.text}\n"


def _json(transcript: Transcript) -> str:
    return json.dumps(transcript.facts(), ensure_ascii=False, indent=2) + "\n"


def _srt(transcript: Transcript) -> str:
    composed: str = srt.compose(
        srt.Subtitle(
            None, timedelta(seconds=cue.start_s), timedelta(seconds=cue.end_s), "\n".join(cue.lines)
        )
        for cue in cues(transcript.segments)
    )
    return composed


def _vtt(transcript: Transcript) -> str:
    captions = webvtt.WebVTT()
    for cue in cues(transcript.segments):
        captions.captions.append(
            webvtt.Caption(_clock(cue.start_s), _clock(cue.end_s), list(_marked(cue)))
        )
    written = io.StringIO()
    captions.write(written, format="vtt")
    return written.getvalue()


def _marked(cue: Cue) -> Iterator[str]:
    """The lines of a cue, with the times of the words between them. WebVTT requires each time to be
    later than the previous one and inside the cue, so a word that takes no time is joined with the
    previous one."""
    marks, letters = dict(cue.marks), 0
    last, end = _clock(cue.start_s), _clock(cue.end_s)
    for line in cue.lines:
        written = ""
        for sign in line:
            if not sign.isspace():
                if letters in marks and last < (mark := _clock(marks[letters])) < end:
                    written += f"<{mark}>"
                    last = mark
                letters += 1
            # WebVTT has markup, so the text must not look like markup.
            written += html.escape(sign, quote=False)
        yield written


def _clock(seconds: float) -> str:
    timestamp: str = srt.timedelta_to_srt_timestamp(timedelta(seconds=seconds))
    return timestamp.replace(",", ".")


FORMATS: Final[dict[str, Callable[[Transcript], str]]] = {
    "txt": _txt,
    "srt": _srt,
    "vtt": _vtt,
    "json": _json,
}


def write(transcript: Transcript, path: Path) -> None:
    """Write it in the format of the suffix, completely or not at all. Raises TranscriptError."""
    text = FORMATS[path.suffix[1:].lower()](transcript)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise TranscriptError(
            _("{file} cannot be written: {strerror}").format(
                file=name_of(path), strerror=error.strerror
            )
        ) from error
