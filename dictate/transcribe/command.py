"""Transcribes file by file and segment by segment, through one engine process."""

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
from typing import Any, Final

from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.config.sources import CommandLineOverrides, hotwords_of
from dictate.engines import aligner
from dictate.engines.client import EngineClient
from dictate.engines.language import utterance_language
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
from dictate.joining import needs_space
from dictate.microphone.ffmpeg import iter_any_file
from dictate.platform import paths
from dictate.text import polish
from dictate.transcribe.align import WordTiming
from dictate.transcribe.cues import TranscribedSegment
from dictate.transcribe.cut import Segment, segments
from dictate.transcribe.formats import Transcript, write
from dictate.transcribe.plan import Job, TranscribeOptions, job, refuse_existing
from dictate.transcribe.progress import ProgressDisplay, clock, print_error
from dictate.transcribe.resume_file import ResumeFile, resume_folder
from dictate.vad import DETECTORS

INTERRUPTED: Final = 130
"""Exit status after Ctrl+C, as in shells."""


def transcribe(
    options: TranscribeOptions, *, as_json: bool, engine: str | None, hotwords: Path | None
) -> int:
    """Transcribe every file; 0, 1 if one of them failed, 130 if interrupted.

    `engine` and `hotwords` win over the configuration. A file that cannot be transcribed is named
    on stderr, and the others continue. Raises ConfigError, TranscriptError, Unavailable,
    EngineError, UnsafeFolder.
    """
    settings = CommandLineOverrides(engine=engine).apply_to(config_file.load(paths.config_file()))
    if hotwords is not None and not hotwords.is_file():
        raise ConfigError([f"{hotwords}: there is no such file"])
    user_hotwords = hotwords_of(settings.hotwords, hotwords or paths.hotwords_file())
    if options.words:
        _check_word_times(options, settings, as_json=as_json)
    try:
        jobs = _plan(options, settings, user_hotwords)
        timing = WordTiming(settings.engine) if options.words else None
        single = len(options.files) == 1
        run = _Run(settings, jobs, timing, force=options.force, as_json=as_json, single=single)
        if jobs:
            asyncio.run(run.all())
    except KeyboardInterrupt:
        print_error("interrupted: run the same command again to continue")
        return INTERRUPTED
    if as_json:
        sys.stdout.write(json.dumps(run.facts, ensure_ascii=False, indent=2) + "\n")
    return 0 if len(run.facts) == len(options.files) else 1


def _check_word_times(options: TranscribeOptions, settings: Settings, *, as_json: bool) -> None:
    """Raises TranscriptError if no output has word times, Unavailable if they cannot be found."""
    outputs = [output for its_outputs in options.outputs() for output in its_outputs]
    if not as_json and all(output.suffix.lower() == ".txt" for output in outputs):
        raise TranscriptError("--words is for json, vtt and srt: a txt has no times")
    if reason := aligner.unavailable_reason(settings.engine):
        raise Unavailable(f"--words: {reason}")


def _plan(options: TranscribeOptions, settings: Settings, hotwords: Hotwords) -> list[Job]:
    """The files that can be transcribed; the others are named on stderr."""
    outputs = options.outputs()
    if options.out_dir is not None:
        try:
            options.out_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TranscriptError(f"--out-dir {options.out_dir}: {error.strerror}") from error
    folder = resume_folder()
    jobs = []
    for path, its_outputs in zip(options.files, outputs, strict=True):
        try:
            jobs.append(job(path, its_outputs, settings, hotwords, folder, force=options.force))
        except (AudioFileError, ConfigError, TranscriptError) as error:
            print_error(_with_path(path, error))
    return jobs


def _with_path(path: Path, error: DictateError) -> str:
    return str(error) if str(path) in str(error) else f"{path}: {error}"


@dataclass(slots=True)
class _Run:
    """Transcribes all files, one after the other."""

    settings: Settings
    jobs: list[Job]
    timing: WordTiming | None
    """Finds the times of the words, if the user wants them."""
    force: bool
    as_json: bool
    single: bool
    """Whether there is only one file, so that its text needs no name."""
    facts: list[dict[str, Any]] = field(default_factory=list)
    """The result of each file, for --json."""
    unsaved: set[Path] = field(default_factory=set)
    """The resume files that can no longer be written."""

    async def all(self) -> None:
        """Do every job. The resume files are deleted only after the last job, so that a user who
        interrupts it does not have to repeat the others."""
        runtime = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
        link = EngineClient(self.settings.engine, runtime / f"file-{os.getpid()}.sock")
        await link.start()
        done: list[Job] = []
        try:
            if self.timing is not None:
                for line in await self.timing.start():
                    print_error(line)
            prepared = self.jobs[0].hotwords
            for line in await link.prepare(prepared):
                print_error(line)
            with ProgressDisplay([one.length_s for one in self.jobs]) as progress:
                for number, one in enumerate(self.jobs):
                    try:
                        if one.hotwords != prepared:
                            for line in await link.prepare(one.hotwords):
                                progress.line(line)
                            prepared = one.hotwords
                        progress.begin(number, one.path.name)
                        await self._one(link, number, one, progress)
                    except (AudioFileError, EngineError, TranscriptError) as error:
                        progress.line(_with_path(one.path, error))
                    else:
                        done.append(one)
        finally:
            if self.timing is not None:
                await self.timing.stop()
            await link.stop()
        for one in done:
            await asyncio.to_thread(one.resume_path.unlink, missing_ok=True)

    async def _one(
        self, link: EngineClient, number: int, one: Job, progress: ProgressDisplay
    ) -> None:
        began = time.monotonic()
        resume = await asyncio.to_thread(ResumeFile, one.resume_path)
        try:
            transcript = await self._transcribe(link, number, one, resume, progress)
            await asyncio.to_thread(self._write, one, transcript, resume)
        finally:
            await asyncio.to_thread(resume.close)
        took_s = time.monotonic() - began
        self.facts.append({**transcript.facts(), "seconds": round(took_s, 3)})
        if not (one.outputs or self.as_json):
            named = transcript.text if self.single else f"{transcript.name}: {transcript.text}"
            progress.transcript(named)
        if one.outputs or not progress.on_terminal:
            wrote = "".join(f", {output}" for output in one.outputs)
            sound = clock(transcript.audio / RATE)
            progress.line(f"{one.path}: {sound} of sound in {clock(took_s)}{wrote}")

    def _write(self, one: Job, transcript: Transcript, resume: ResumeFile) -> None:
        refuse_existing(one, resume, force=self.force)
        for output in one.outputs:
            # The user may have corrected the output of an earlier run by hand.
            if not (resume.has_written(output) and output.exists()):
                write(transcript, output)
                with suppress(TranscriptError):  # the output is written anyway
                    resume.mark_written(output)

    async def _transcribe(
        self,
        link: EngineClient,
        number: int,
        one: Job,
        resume: ResumeFile,
        progress: ProgressDisplay,
    ) -> Transcript:
        """The whole file. Segments that an earlier run transcribed are cut again, but not
        transcribed again."""
        speech, language = self.settings.speech, self.settings.engine.language
        detector = await asyncio.to_thread(DETECTORS.choose, speech.use, speech)
        cut = segments(
            iter_any_file(one.path), detector.frame_samples, detector.likelihood, speech.threshold
        )
        text, audio = "", 0
        transcribed: list[TranscribedSegment] = []
        resumes = bool(resume.transcripts)
        # The space between two segments is set below, so no text may end with one.
        steps = replace(self.settings.text, trailing_space=False)

        def report_resume(segment: Segment) -> None:
            nonlocal resumes
            if resumes:
                progress.line(f"{one.path}: resumed at {clock(segment.start / RATE)}")
                resumes = False

        while (segment := await asyncio.to_thread(next, cut, None)) is not None:
            start, audio = segment.start, segment.end
            said = resume.transcripts.get((start, audio))
            if said is None:
                report_resume(segment)
                progress.advance_to(start / RATE)
                said = await self._transcribe_segment(link, number, segment, one.hotwords, progress)
                await self._save(one, progress, partial(resume.add, start, audio, said))
            written = polish(
                said,
                one.hotwords,
                steps,
                language=utterance_language(language, "", link.info.languages),
                punctuates=link.info.punctuates,
                audio_s=(audio - start) / RATE,
            )
            if needs_space(text, written):
                written = f" {written}"
            text += written
            if not written.strip():
                continue
            words = resume.words(start, audio, written) if self.timing is not None else ()
            if self.timing is not None and not words:
                report_resume(segment)
                progress.advance_to((start + audio) / 2 / RATE)
                words, problem = await self.timing.words(segment, written)
                if problem:
                    progress.line(f"{one.path}: {problem}")
                if words:
                    timed = partial(resume.add_words, start, audio, written, words)
                    await self._save(one, progress, timed)
            transcribed.append(TranscribedSegment(start, audio, segment.speech, written, words))
        return Transcript(one.path, text, audio, tuple(transcribed))

    async def _save(self, one: Job, progress: ProgressDisplay, save: Callable[[], None]) -> None:
        """Save something to resume from. A full disk costs that, but not the text."""
        if one.resume_path in self.unsaved:
            return
        try:
            await asyncio.to_thread(save)
        except TranscriptError as error:
            progress.line(f"{one.path}: {error}")
            self.unsaved.add(one.resume_path)

    async def _transcribe_segment(
        self,
        link: EngineClient,
        number: int,
        segment: Segment,
        hotwords: Hotwords,
        progress: ProgressDisplay,
    ) -> str:
        """The engine's text of a segment."""
        utterance = link.begin(number, hotwords, self.settings.engine.language, _ignore)

        async def whole() -> bytes:
            return pcm_from_samples(segment.samples)

        try:
            for start in range(0, len(segment.samples), RATE):
                utterance.feed(pcm_from_samples(segment.samples[start : start + RATE]))
                await utterance.drain()
                # With word times, the aligner is the other half of the work.
                part = 1.0 if self.timing is None else 0.5
                progress.advance_to((segment.start + part * start) / RATE)
            return (await utterance.finish(whole)).text
        except BaseException:
            utterance.cancel()
            raise


def _ignore(_: PartialTranscript) -> None:
    pass
