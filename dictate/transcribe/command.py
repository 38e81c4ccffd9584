"""Does what was planned: file by file, segment by segment, through one engine process."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.config.sources import CommandLineOverrides, hotwords_of
from dictate.engines import aligner
from dictate.engines.client import EngineClient
from dictate.errors import (
    AudioFileError,
    ConfigError,
    DictateError,
    EngineError,
    TranscriptError,
    Unavailable,
)
from dictate.events import RATE, PartialTranscript, pcm_from_samples
from dictate.hotwords.model import Hotwords
from dictate.microphone.ffmpeg import iter_any_file
from dictate.platform import paths
from dictate.text import polish
from dictate.transcribe import kept
from dictate.transcribe.align import WordTiming
from dictate.transcribe.cues import Heard
from dictate.transcribe.cut import Segment, segments
from dictate.transcribe.formats import Transcript, write
from dictate.transcribe.kept import ResumeFile
from dictate.transcribe.plan import Job, TranscribeOptions, job, refuse_existing
from dictate.transcribe.show import Show, clock, complain
from dictate.vad import DETECTORS

INTERRUPTED = 130
"""As shells say it of what Ctrl+C ended."""


def transcribe(
    asked: TranscribeOptions, *, as_json: bool, engine: str | None, hotwords: Path | None
) -> int:
    """Transcribe every file; 0, 1 if one of them failed, 130 if interrupted.

    `engine` and `hotwords` win over the configuration. A file that cannot be transcribed is named
    on stderr, the others go on. Raises ConfigError, TranscriptError, Unavailable, EngineError,
    UnsafeFolder.
    """
    settings = CommandLineOverrides(engine=engine).over(config_file.load(paths.config_file()))
    if hotwords is not None and not hotwords.is_file():
        raise ConfigError([f"{hotwords}: there is no such file"])
    own = hotwords_of(settings.hotwords, hotwords or paths.hotwords_file())
    if asked.words:
        _refuse_words(asked, settings, as_json=as_json)
    try:
        jobs = _plan(asked, settings, own)
        timing = WordTiming(settings.engine) if asked.words else None
        alone = len(asked.files) == 1
        run = _Run(settings, jobs, timing, force=asked.force, as_json=as_json, alone=alone)
        if jobs:
            asyncio.run(run.all())
    except KeyboardInterrupt:
        complain("interrupted: what was heard is kept, the same command goes on from there")
        return INTERRUPTED
    if as_json:
        sys.stdout.write(json.dumps(run.facts, ensure_ascii=False, indent=2) + "\n")
    return 0 if len(run.facts) == len(asked.files) else 1


def _refuse_words(asked: TranscribeOptions, settings: Settings, *, as_json: bool) -> None:
    """Raises TranscriptError if nobody would see the times, Unavailable if they cannot be had."""
    outputs = [output for its_outputs in asked.outputs() for output in its_outputs]
    if not as_json and all(output.suffix.lower() == ".txt" for output in outputs):
        raise TranscriptError("--words is for json, vtt and srt: a text has no times")
    if reason := aligner.unavailable_reason(settings.engine):
        raise Unavailable(f"--words: {reason}")


def _plan(asked: TranscribeOptions, settings: Settings, own: Hotwords) -> list[Job]:
    """What can be done; what cannot is named."""
    outputs = asked.outputs()
    if asked.out_dir is not None:
        try:
            asked.out_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TranscriptError(f"--out-dir {asked.out_dir}: {error.strerror}") from error
    folder = kept.folder()
    jobs = []
    for path, its_outputs in zip(asked.files, outputs, strict=True):
        try:
            jobs.append(job(path, its_outputs, settings, own, folder, force=asked.force))
        except (AudioFileError, ConfigError, TranscriptError) as error:
            complain(_about(path, error))
    return jobs


def _about(path: Path, error: DictateError) -> str:
    return str(error) if str(path) in str(error) else f"{path}: {error}"


@dataclass(slots=True)
class _Run:
    """All files, one after the other."""

    settings: Settings
    jobs: list[Job]
    timing: WordTiming | None
    """Tells the times of the words, where they are wanted."""
    force: bool
    as_json: bool
    alone: bool
    """Whether only one file was asked for, so that its text needs no name."""
    facts: list[dict[str, Any]] = field(default_factory=list)
    """What became of each, for machines."""
    full: set[Path] = field(default_factory=set)
    """Where nothing more can be kept."""

    async def all(self) -> None:
        """Do every job. What was heard is forgotten when all of it is where it belongs, so that
        whoever is interrupted in the last file does not find the others to be done again."""
        runtime = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
        link = EngineClient(self.settings.engine, runtime / f"file-{os.getpid()}.sock")
        await link.start()
        done: list[Job] = []
        try:
            if self.timing is not None:
                for line in await self.timing.start():
                    complain(line)
            taken_in = self.jobs[0].hotwords
            for line in await link.prepare(taken_in):
                complain(line)
            with Show([one.length_s for one in self.jobs]) as show:
                for number, one in enumerate(self.jobs):
                    try:
                        if one.hotwords != taken_in:
                            for line in await link.prepare(one.hotwords):
                                show.line(line)
                            taken_in = one.hotwords
                        show.begin(number, one.path.name)
                        await self._one(link, number, one, show)
                    except (AudioFileError, EngineError, TranscriptError) as error:
                        show.line(_about(one.path, error))
                    else:
                        done.append(one)
        finally:
            if self.timing is not None:
                await self.timing.stop()
            await link.stop()
        for one in done:
            await asyncio.to_thread(one.kept.unlink, missing_ok=True)

    async def _one(self, link: EngineClient, number: int, one: Job, show: Show) -> None:
        began = time.monotonic()
        so_far = await asyncio.to_thread(ResumeFile, one.kept)
        try:
            transcript = await self._hear(link, number, one, so_far, show)
            await asyncio.to_thread(self._write, one, transcript, so_far)
        finally:
            await asyncio.to_thread(so_far.close)
        took_s = time.monotonic() - began
        self.facts.append({**transcript.facts(), "seconds": round(took_s, 3)})
        if not (one.outputs or self.as_json):
            named = transcript.text if self.alone else f"{transcript.name}: {transcript.text}"
            show.transcript(named)
        if one.outputs or not show.on_terminal:
            wrote = "".join(f", {output}" for output in one.outputs)
            sound = clock(transcript.audio / RATE)
            show.line(f"{one.path}: {sound} of sound in {clock(took_s)}{wrote}")

    def _write(self, one: Job, transcript: Transcript, so_far: ResumeFile) -> None:
        refuse_existing(one, so_far, force=self.force)
        for output in one.outputs:
            # What an earlier try wrote may have been corrected by hand meanwhile.
            if not (so_far.has_written(output) and output.exists()):
                write(transcript, output)
                with suppress(TranscriptError):  # it is written, whether that is known or not
                    so_far.wrote(output)

    async def _hear(
        self, link: EngineClient, number: int, one: Job, so_far: ResumeFile, show: Show
    ) -> Transcript:
        """The whole file; what was heard before is not heard again, only cut again."""
        speech = self.settings.speech
        detector = await asyncio.to_thread(DETECTORS.choose, speech.use, speech)
        cut = segments(
            iter_any_file(one.path), detector.frame_samples, detector.likelihood, speech.threshold
        )
        text, audio = "", 0
        heard: list[Heard] = []
        resumes = bool(so_far.heard)
        # The space between two files or segments is ours to set.
        steps = replace(self.settings.text, trailing_space=False)

        def goes_on(segment: Segment) -> None:
            nonlocal resumes
            if resumes:
                show.line(f"{one.path}: resumed at {clock(segment.start / RATE)}")
                resumes = False

        while (segment := await asyncio.to_thread(next, cut, None)) is not None:
            start, audio = segment.start, segment.end
            said = so_far.heard.get((start, audio))
            if said is None:
                goes_on(segment)
                show.at(start / RATE)
                said = await self._say(link, number, segment, one.hotwords, show)
                await self._keep(one, show, partial(so_far.add, start, audio, said))
            follows = bool(text) and not text.endswith("\n")
            written = polish(said, one.hotwords, steps, continued=follows)
            text += written
            if not written.strip():
                continue
            words = so_far.words(start, audio, written) if self.timing is not None else ()
            if self.timing is not None and not words:
                goes_on(segment)
                show.at((start + audio) / 2 / RATE)
                words, trouble = await self.timing.words(segment, written)
                if trouble:
                    show.line(f"{one.path}: {trouble}")
                if words:
                    timed = partial(so_far.add_words, start, audio, written, words)
                    await self._keep(one, show, timed)
            heard.append(Heard(start, audio, segment.speech, written, words))
        return Transcript(one.path, text, audio, tuple(heard))

    async def _keep(self, one: Job, show: Show, keep: Callable[[], None]) -> None:
        """A full disk costs the going on, not the text."""
        if one.kept in self.full:
            return
        try:
            await asyncio.to_thread(keep)
        except TranscriptError as error:
            show.line(f"{one.path}: {error}")
            self.full.add(one.kept)

    async def _say(
        self, link: EngineClient, number: int, segment: Segment, hotwords: Hotwords, show: Show
    ) -> str:
        """What the engine hears in a segment."""
        utterance = link.begin(number, hotwords, self.settings.engine.language, _ignore)

        async def whole() -> bytes:
            return pcm_from_samples(segment.samples)

        try:
            for start in range(0, len(segment.samples), RATE):
                utterance.feed(pcm_from_samples(segment.samples[start : start + RATE]))
                await utterance.drain()
                # Where words get their times, that is the other half of the work.
                part = 1.0 if self.timing is None else 0.5
                show.at((segment.start + part * start) / RATE)
            return (await utterance.finish(whole)).text
        except BaseException:
            utterance.cancel()
            raise


def _ignore(_: PartialTranscript) -> None:
    pass
