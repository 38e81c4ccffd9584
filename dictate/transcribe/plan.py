"""What is to be done: which file, with which words, into which outputs. Everything here blocks."""

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dictate.config.schema import Settings
from dictate.config.sources import hotwords_of
from dictate.errors import TranscriptError
from dictate.hotwords.model import Hotwords
from dictate.microphone.ffmpeg import length_s
from dictate.transcribe import kept
from dictate.transcribe.formats import FORMATS
from dictate.transcribe.kept import ResumeFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """The files and outputs on the command line."""

    files: tuple[Path, ...]
    out: tuple[Path, ...] = ()
    """Outputs of the only file; the suffix says the format."""
    formats: tuple[str, ...] = ()
    """For each file an output of its name in each of these formats, ..."""
    out_dir: Path | None = None
    """... in this folder; None is beside the file."""
    force: bool = False
    """Whether outputs that exist are written over."""
    words: bool = False
    """Whether each word gets its time."""

    def outputs(self) -> list[tuple[Path, ...]]:
        """The outputs of each file; empty where the text goes to stdout. Raises TranscriptError if
        it cannot be meant so."""
        if self.out and (self.formats or self.out_dir):
            raise TranscriptError("--out names one output: use it without --format and --out-dir")
        if self.out and len(self.files) > 1:
            raise TranscriptError("--out is for one file: for several, use --format and --out-dir")
        for path in self.out:
            if path.suffix[1:].lower() not in FORMATS:
                known = ", ".join(f".{name}" for name in FORMATS)
                raise TranscriptError(f"--out {path}: the suffix says the format, one of {known}")
        formats = self.formats or (("txt",) if self.out_dir else ())
        found: list[tuple[Path, ...]] = []
        owners: dict[Path, Path] = {}
        for file in self.files:
            folder = self.out_dir or file.parent
            found.append(self.out or tuple(folder / f"{file.stem}.{name}" for name in formats))
            for output in found[-1]:
                owner = owners.setdefault(output.absolute(), file)
                if owner is not file:
                    raise TranscriptError(
                        f"{owner} and {file} would both become {output}: transcribe them one by"
                        " one, or into different folders"
                    )
        return found


@dataclass(frozen=True, slots=True)
class Job:
    """One file that can be transcribed."""

    path: Path
    length_s: float
    """Seconds of sound, as the file says; 0 if it does not."""
    hotwords: Hotwords
    outputs: tuple[Path, ...]
    kept: Path
    """Where what is heard of it is kept."""


def job(
    path: Path,
    outputs: tuple[Path, ...],
    settings: Settings,
    own: Hotwords,
    folder: Path,
    *,
    force: bool,
) -> Job:
    """`own` are the user's words, `folder` is where what is heard is kept. Raises AudioFileError,
    ConfigError for the words beside the file, TranscriptError if an output cannot be made."""
    length = length_s(path)
    beside = path.with_suffix(".toml")
    hotwords = own
    if beside.exists():
        hotwords = together(own, hotwords_of(settings.hotwords, beside))
    planned = Job(
        path, length, hotwords, outputs, folder / f"{kept.key(path, settings, hotwords)}.jsonl"
    )
    if outputs:
        for parent in {output.parent for output in outputs}:
            if not os.access(parent, os.W_OK | os.X_OK):
                raise TranscriptError(f"{parent} is no folder that you can write to")
        with closing(ResumeFile(planned.kept)) as earlier:
            refuse_existing(planned, earlier, force=force)
    return planned


def refuse_existing(planned: Job, earlier: ResumeFile, *, force: bool) -> None:
    """Raises TranscriptError if an output exists that is not from an earlier try of this job."""
    for output in planned.outputs:
        if not force and os.path.lexists(output) and not earlier.has_written(output):
            raise TranscriptError(
                f"{planned.path}: {output} exists already: --force writes over it"
            )


def together(own: Hotwords, beside: Hotwords) -> Hotwords:
    """The user's words and those of one file, which win; so does its context, if it has one."""
    return replace(
        own,
        terms=_merged(
            [(term.spelling, term) for term in own.terms],
            [(term.spelling, term) for term in beside.terms],
        ),
        replacements=_merged(
            [(pair[0], pair) for pair in own.replacements],
            [(pair[0], pair) for pair in beside.replacements],
        ),
        commands=_merged(
            [(pair[0], pair) for pair in own.commands],
            [(pair[0], pair) for pair in beside.commands],
        ),
        context=beside.context or own.context,
    )


def _merged(own: Iterable[tuple[str, T]], beside: Iterable[tuple[str, T]]) -> tuple[T, ...]:
    """By name, letter case aside."""
    found = {name.casefold(): one for name, one in own}
    found |= {name.casefold(): one for name, one in beside}
    return tuple(found.values())
