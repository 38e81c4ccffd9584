"""Transcribes file by file and segment by segment, through one engine process."""

import asyncio
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from dictate import console
from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.config.sources import CommandLineOverrides, hotwords_of
from dictate.engines import aligner
from dictate.engines.client import EngineClient
from dictate.engines.language import utterance_language
from dictate.errors import (
    AudioFileError,
    ConfigError,
    EngineError,
    TranscriptError,
    Unavailable,
    UnsafeFolder,
)
from dictate.events import RATE, PartialTranscript, Samples, pcm_from_samples
from dictate.hotwords.calibration import calibration_file, default_strength, load
from dictate.hotwords.model import Hotwords
from dictate.joining import needs_space
from dictate.microphone.recording import Recording
from dictate.platform import paths
from dictate.text import polish
from dictate.text.repair_list import load_repairs, wants_repair
from dictate.transcribe.align import WordTiming
from dictate.transcribe.cues import TranscribedSegment
from dictate.transcribe.cut import Segment, segments
from dictate.transcribe.formats import Transcript, write
from dictate.transcribe.plan import Job, TranscribeOptions, job, refuse_existing
from dictate.transcribe.progress import ProgressDisplay, clock, print_error
from dictate.transcribe.resume_file import ResumeFile, resume_folder
from dictate.transcribe.source import name_of, open_source, readable
from dictate.translation import _
from dictate.vad import DETECTORS

NOTHING_HEARD: Final = 4
"""Exit status if all files were transcribed, but a text is empty; `dictatectl` has the same number
for "nothing to show"."""
INTERRUPTED: Final = 130
"""Exit status after Ctrl+C, as in shells."""
_SILENT: Final = 0.001
"""Highest amplitude that counts as silence: -60 dBFS, less than the noise of a microphone."""


def transcribe(
    options: TranscribeOptions, *, as_json: bool, engine: str | None, hotwords: Path | None
) -> int:
    """Transcribe every file; 0, 1 if one of them failed, 4 if nothing was heard in one of them, 130
    if interrupted.

    `engine` and `hotwords` win over the configuration. A file that cannot be transcribed is named
    on stderr, and the others continue. Raises ConfigError, TranscriptError, Unavailable,
    EngineError.
    """
    settings = CommandLineOverrides(engine=engine).apply_to(config_file.load(paths.config_file()))
    if hotwords is not None and not hotwords.is_file():
        raise ConfigError([_("{hotwords}: there is no such file").format(hotwords=hotwords)])
    whole = hotwords_of(settings.hotwords, hotwords or paths.hotwords_file())
    user_hotwords = whole.for_use(application="")
    if options.words:
        _check_word_times(options, settings, as_json=as_json)
    results: dict[int, dict[str, Any]] = {}
    can_continue = True
    try:
        outputs = options.outputs()
        folder = _resume_folder()
        can_continue = folder is not None
        jobs = _plan(options, outputs, settings, user_hotwords, folder, results)
        timing = WordTiming(settings.engine) if options.words else None
        single = len(options.files) == 1
        run = _Run(settings, jobs, timing, options.force, as_json, single, results)
        if jobs:
            asyncio.run(run.all())
    except KeyboardInterrupt:
        print_error(
            _("interrupted: run the same command again to continue")
            if can_continue
            else _("interrupted")
        )
        return INTERRUPTED
    if as_json:
        console.as_json([results[number] for number in sorted(results)])
    if any("error" in result for result in results.values()):
        return 1
    return 0 if all(result["heard"] for result in results.values()) else NOTHING_HEARD


def _check_word_times(options: TranscribeOptions, settings: Settings, *, as_json: bool) -> None:
    """Raises TranscriptError if no output has word times, Unavailable if they cannot be found."""
    outputs = [output for its_outputs in options.outputs() for output in its_outputs]
    if not as_json and all(output.suffix.lower() == ".txt" for output in outputs):
        raise TranscriptError(_("--words is for json, vtt and srt: a txt has no times"))
    if reason := aligner.unavailable_reason(settings.engine):
        raise Unavailable(f"--words: {reason}")


def _resume_folder() -> Path | None:
    """The folder of the files to resume from. None, after a message, if there can be none: that
    costs the resuming, and not the text."""
    try:
        return resume_folder()
    except (UnsafeFolder, OSError) as error:
        print_error(
            _("if this is interrupted, it cannot be continued: {error}").format(error=error)
        )
        return None


def _plan(
    options: TranscribeOptions,
    outputs: list[tuple[Path, ...]],
    settings: Settings,
    hotwords: Hotwords,
    folder: Path | None,
    results: dict[int, dict[str, Any]],
) -> list[Job]:
    """The files that can be transcribed; the others are named on stderr, and in the results."""
    if options.out_dir is not None:
        try:
            options.out_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TranscriptError(
                f"--out-dir {name_of(options.out_dir)}: {error.strerror}"  # untranslated
            ) from error
    jobs = []
    for number, (path, its_outputs) in enumerate(zip(options.files, outputs, strict=True)):
        source = None
        try:
            source = open_source(path)
            jobs.append(job(number, source, its_outputs, settings, hotwords, folder, options))
        except (AudioFileError, ConfigError, TranscriptError) as error:
            message = str(error) if source is None else source.message(error)
            print_error(message)
            results[number] = _failure(path, message)
    return jobs


def _failure(path: Path, message: str) -> dict[str, Any]:
    return {"file": readable(path), "error": message}


def _loudest(recording: Recording, note: Callable[[float], None]) -> Iterator[Samples]:
    """The pieces of a recording; its highest amplitude so far is noted."""
    peak = 0.0
    for piece in recording.pieces():
        peak = max(peak, float(np.abs(piece).max()))
        note(peak)
        yield piece


def _nothing_heard(recording: Recording, peak: float) -> str:
    """Why a text is empty, as far as it is known, and what the user can do."""
    others = recording.other_tracks()
    where = _("sound track {track}").format(track=recording.track) if others else _("the sound")
    if peak < _SILENT:
        said = _("nothing was heard: {where} is silent").format(where=where)
    else:
        level = 20 * math.log10(peak)
        said = _(
            "nothing was heard: no speech was recognised in {where} (peak {level:.0f} dBFS)"
        ).format(where=where, level=level)
    if others:
        listed = ", ".join(map(str, others))
        said += _("; for another track, give --track: {listed}").format(listed=listed)
    return said


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
    results: dict[int, dict[str, Any]]
    """The result of each file, for --json, by its place on the command line."""
    unsaved: set[int] = field(default_factory=set)
    """The files whose transcripts can no longer be kept."""

    async def all(self) -> None:
        """Do every job. The resume files are deleted only after the last job, so that a user who
        interrupts it does not have to repeat the others."""
        with ExitStack() as stack:
            runtime = await asyncio.to_thread(_socket_folder, stack)
            done = await self._all(runtime)
        for one in done:
            if one.resume_path is not None:
                await asyncio.to_thread(one.resume_path.unlink, missing_ok=True)

    async def _all(self, runtime: Path) -> list[Job]:
        """Do every job; those that are done."""
        strength = default_strength(await asyncio.to_thread(load, calibration_file()))
        socket = runtime / f"file-{os.getpid()}.sock"
        link = EngineClient(self.settings.engine, socket, default_strength=strength)
        await link.start()
        done: list[Job] = []
        try:
            if self.timing is not None:
                for line in await self.timing.start():
                    print_error(line)
            prepared = self.jobs[0].hotwords
            for line in await link.prepare(prepared):
                print_error(line)
            with ProgressDisplay([one.recording.length_s for one in self.jobs]) as progress:
                for place, one in enumerate(self.jobs):
                    try:
                        if one.hotwords != prepared:
                            for line in await link.prepare(one.hotwords):
                                progress.line(line)
                            prepared = one.hotwords
                        progress.begin(place, name_of(Path(one.source.given.name)))
                        await self._one(link, place, one, progress)
                    except (AudioFileError, EngineError, TranscriptError) as error:
                        message = one.source.message(error)
                        progress.line(message)
                        self.results[one.number] = _failure(one.source.given, message)
                    else:
                        done.append(one)
        finally:
            if self.timing is not None:
                await self.timing.stop()
            await link.stop()
        return done

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
        self.results[one.number] = {**transcript.facts(), "seconds": round(took_s, 3)}
        if transcript.text.strip() and not (one.outputs or self.as_json):
            named = transcript.text if self.single else f"{one.name}: {transcript.text}"
            progress.transcript(named)
        for warning in transcript.warnings:
            progress.line(f"{one.name}: {warning}")
        if one.outputs or not progress.on_terminal:
            wrote = "".join(f", {name_of(output)}" for output in one.outputs)
            sound = clock(transcript.audio / RATE)
            progress.line(
                _("{name}: {sound} of sound in {clock}{wrote}").format(
                    name=one.name, sound=sound, clock=clock(took_s), wrote=wrote
                )
            )

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
        peak = 0.0

        def note(amplitude: float) -> None:
            nonlocal peak
            peak = amplitude

        sound = _loudest(one.recording, note)
        cut = segments(sound, detector.frame_samples, detector.likelihood, speech.threshold)
        text, audio = "", 0
        transcribed: list[TranscribedSegment] = []
        resumes = bool(resume.transcripts)

        def report_resume(segment: Segment) -> None:
            nonlocal resumes
            if resumes:
                progress.line(
                    _("{name}: resumed at {clock}").format(
                        name=one.name, clock=clock(segment.start / RATE)
                    )
                )
                resumes = False

        repair, repairs = self.settings.hotwords.repair, None
        if wants_repair(repair, link.info.hotwords_as):
            repairs = await asyncio.to_thread(load_repairs, one.hotwords)
        while (segment := await asyncio.to_thread(next, cut, None)) is not None:
            start, audio = segment.start, segment.end
            said = resume.transcripts.get((start, audio))
            if not segment.samples.any():
                said = "", ""  # a hole in the recording: engines invent words for silence
            if said is None:
                report_resume(segment)
                progress.advance_to(start / RATE)
                said = await self._transcribe_segment(link, number, segment, one.hotwords, progress)
                await self._save(one, progress, partial(resume.add, start, audio, *said))
            heard, detected = said
            written = polish(
                heard,
                one.hotwords,
                self.settings.text,
                language=utterance_language(language, detected, link.info.languages),
                punctuates=link.info.punctuates,
                audio_s=(audio - start) / RATE,
                repairs=repairs,
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
                    progress.line(f"{one.name}: {problem}")
                if words:
                    timed = partial(resume.add_words, start, audio, written, words)
                    await self._save(one, progress, timed)
            transcribed.append(TranscribedSegment(start, audio, segment.speech, written, words))
        recording, warnings = one.recording, []
        if recording.problem:
            warnings.append(recording.problem)
        if not text.strip():
            warnings.append(_nothing_heard(recording, peak))
        return Transcript(
            one.source.given,
            text,
            audio,
            tuple(transcribed),
            tuple(warnings),
            recording.track.number,
            recording.tracks if recording.other_tracks() else (),
        )

    async def _save(self, one: Job, progress: ProgressDisplay, save: Callable[[], None]) -> None:
        """Save something to resume from. A full disk costs that, but not the text."""
        if one.number in self.unsaved:
            return
        try:
            await asyncio.to_thread(save)
        except TranscriptError as error:
            progress.line(f"{one.name}: {error}")
            self.unsaved.add(one.number)

    async def _transcribe_segment(
        self,
        link: EngineClient,
        number: int,
        segment: Segment,
        hotwords: Hotwords,
        progress: ProgressDisplay,
    ) -> tuple[str, str]:
        """The engine's text of a segment, and the language that it detected."""
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
            final = await utterance.finish(whole)
        except BaseException:
            utterance.cancel()
            raise
        return final.text, final.language


def _ignore(__: PartialTranscript) -> None:
    pass


def _socket_folder(stack: ExitStack) -> Path:
    """A folder for the engine's socket: the usual one or, if it cannot be used, a temporary one."""
    try:
        return paths.safe_dir(paths.runtime_dir())
    except UnsafeFolder:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dictate-")))
