"""A transcript as a text, as subtitles or for machines, and onto the disk."""

import html
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import srt
import webvtt

from dictate.errors import TranscriptError
from dictate.events import RATE
from dictate.transcribe.cues import Cue, Heard, cues


@dataclass(frozen=True, slots=True)
class Transcript:
    """What became of one file."""

    path: Path
    text: str
    audio: int
    """Samples of sound in it."""
    heard: tuple[Heard, ...]
    """Segment by segment; those without a text are left out."""

    @property
    def name(self) -> str:
        """The path, as far as it is text."""
        return os.fsencode(self.path).decode(errors="replace")

    def facts(self) -> dict[str, Any]:
        """It for machines; times are seconds."""
        return {
            "file": self.name,
            "audio_s": round(self.audio / RATE, 3),
            "text": self.text,
            "segments": [_segment(one) for one in self.heard],
        }


def _segment(one: Heard) -> dict[str, Any]:
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
        for cue in cues(transcript.heard)
    )
    return composed


def _vtt(transcript: Transcript) -> str:
    captions = webvtt.WebVTT()
    for cue in cues(transcript.heard):
        captions.captions.append(
            webvtt.Caption(_clock(cue.start_s), _clock(cue.end_s), list(_marked(cue)))
        )
    written = io.StringIO()
    captions.write(written, format="vtt")
    return written.getvalue()


def _marked(cue: Cue) -> Iterator[str]:
    """Its lines with the times of its words between them. The format wants each time to be later
    than the one before and within the cue, so a word that takes no time goes with the one before
    it."""
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
            # The format has markup, so what is said must not look like it.
            written += html.escape(sign, quote=False)
        yield written


def _clock(seconds: float) -> str:
    told: str = srt.timedelta_to_srt_timestamp(timedelta(seconds=seconds))
    return told.replace(",", ".")


FORMATS: Final[dict[str, Callable[[Transcript], str]]] = {
    "txt": _txt,
    "srt": _srt,
    "vtt": _vtt,
    "json": _json,
}


def write(transcript: Transcript, path: Path) -> None:
    """Write it in the format of the suffix, whole or not at all. Raises TranscriptError."""
    text = FORMATS[path.suffix[1:].lower()](transcript)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with aside.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise TranscriptError(f"{path} cannot be written: {error.strerror}") from error
