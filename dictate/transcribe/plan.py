"""Which file becomes which output, with which hotwords. Everything here blocks."""

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dictate.config.schema import Settings
from dictate.config.sources import hotwords_of
from dictate.errors import ConfigError, TranscriptError
from dictate.hotwords.model import Hotwords
from dictate.microphone.ffmpeg import open_recording
from dictate.microphone.recording import Recording
from dictate.transcribe.formats import FORMATS
from dictate.transcribe.resume_file import ResumeFile, resume_key
from dictate.transcribe.source import Source, name_of, output_place
from dictate.translation import _

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """The files and outputs on the command line."""

    files: tuple[Path, ...]
    out: tuple[Path, ...] = ()
    """Outputs of a single file; the suffix sets the format."""
    formats: tuple[str, ...] = ()
    """Formats in which each file gets an output of its name, ..."""
    out_dir: Path | None = None
    """... in this folder, or beside the file if None."""
    force: bool = False
    """Whether existing outputs are overwritten."""
    words: bool = False
    """Whether each word gets its time."""
    track: int | None = None
    """The sound track that is transcribed, from 1; None is the default one of each file."""

    def outputs(self) -> list[tuple[Path, ...]]:
        """The outputs of each file; empty if the text goes to stdout. Raises TranscriptError if the
        options contradict each other."""
        if self.out and (self.formats or self.out_dir):
            raise TranscriptError(
                _("--out names the whole output: leave out --format and --out-dir")
            )
        if self.out and len(self.files) > 1:
            raise TranscriptError(
                _("--out is for one file: for several, use --format and --out-dir")
            )
        for path in self.out:
            if path.suffix[1:].lower() not in FORMATS:
                known = ", ".join(f".{name}" for name in FORMATS)
                raise TranscriptError(
                    _(
                        "--out {path}: the suffix sets the format, and must be one of {known}"
                    ).format(path=path, known=known)
                )
        formats = self.formats or (("txt",) if self.out_dir else ())
        found: list[tuple[Path, ...]] = []
        owners: dict[Path, Path] = {}
        for file in self.files:
            beside, stem = output_place(file)
            folder = self.out_dir or beside
            found.append(self.out or tuple(folder / f"{stem}.{name}" for name in formats))
            for output in found[-1]:
                owner = owners.setdefault(output.absolute(), file)
                if owner is not file:
                    raise TranscriptError(
                        _(
                            "{file} and {other} would both become {output}: "
                            "transcribe them one by one, or into different folders"
                        ).format(file=name_of(owner), other=name_of(file), output=name_of(output))
                    )
        return found


@dataclass(frozen=True, slots=True)
class Job:
    """One file that can be transcribed."""

    number: int
    """Its place on the command line, from 0."""
    source: Source
    recording: Recording
    hotwords: Hotwords
    outputs: tuple[Path, ...]
    resume_path: Path | None
    """Where its transcripts are kept while it is not finished; None if that is not possible."""

    @property
    def name(self) -> str:
        """What the user calls the file."""
        return self.source.name


def job(
    number: int,
    source: Source,
    outputs: tuple[Path, ...],
    settings: Settings,
    hotwords: Hotwords,
    folder: Path | None,
    options: TranscribeOptions,
) -> Job:
    """Plan one file. `hotwords` are the user's; `folder` holds the files to resume from.

    Raises AudioFileError, ConfigError for the hotwords beside the file, TranscriptError if an
    output cannot be written.
    """
    recording = open_recording(source.path, options.track)
    own_list = source.own_hotwords
    if own_list is not None and own_list.exists():
        own = hotwords_of(settings.hotwords, own_list)
        if own.sources:
            raise ConfigError(
                [_("{name}: [[source]] works in hotwords.toml only").format(name=own_list.name)]
            )
        hotwords = merge_hotwords(hotwords, own.for_use(application=""))
    resume_path = None
    if folder is not None:
        key = resume_key(source.path, recording.track.number, settings, hotwords)
        resume_path = folder / f"{key}.jsonl"
    planned = Job(number, source, recording, hotwords, outputs, resume_path)
    if outputs:
        for parent in {output.parent for output in outputs}:
            if not os.access(parent, os.W_OK | os.X_OK):
                raise TranscriptError(
                    _("you cannot write to the folder {file}").format(file=name_of(parent))
                )
        with closing(ResumeFile(planned.resume_path)) as earlier:
            refuse_existing(planned, earlier, force=options.force)
    return planned


def refuse_existing(planned: Job, earlier: ResumeFile, *, force: bool) -> None:
    """Raises TranscriptError if an output exists that no earlier run of this job wrote."""
    for output in planned.outputs:
        if not force and os.path.lexists(output) and not earlier.has_written(output):
            raise TranscriptError(
                _("{file} exists already: --force overwrites it").format(file=name_of(output))
            )


def merge_hotwords(general: Hotwords, specific: Hotwords) -> Hotwords:
    """The user's hotwords and those of one file. The file's win, as does its context if it has
    one."""
    return replace(
        general,
        terms=_merged(
            [(term.spelling, term) for term in general.terms],
            [(term.spelling, term) for term in specific.terms],
        ),
        replacements=_merged(
            [(pair[0], pair) for pair in general.replacements],
            [(pair[0], pair) for pair in specific.replacements],
        ),
        # Those of the file's own come first, and of two equal ones the first counts.
        replacements_in=specific.replacements_in + general.replacements_in,
        commands=_merged(
            [(pair[0], pair) for pair in general.commands],
            [(pair[0], pair) for pair in specific.commands],
        ),
        context=specific.context or general.context,
    )


def _merged(general: Iterable[tuple[str, T]], specific: Iterable[tuple[str, T]]) -> tuple[T, ...]:
    """Merged by name, ignoring letter case."""
    found = {name.casefold(): one for name, one in general}
    found |= {name.casefold(): one for name, one in specific}
    return tuple(found.values())
