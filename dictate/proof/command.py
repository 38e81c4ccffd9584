"""`dictatectl hotwords test`: all of the proof of one term."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import numpy as np
import tomlkit

from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.config.sources import hotwords_of
from dictate.engines.protocol import StatusEvent
from dictate.errors import AudioFileError, ConfigError, DictateError, Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords import calibration
from dictate.hotwords.model import Hotwords, Term
from dictate.hotwords.parser import parse
from dictate.microphone.ffmpeg import open_recording
from dictate.platform import paths
from dictate.proof import history, page, say, verdict, voices
from dictate.proof.carriers import carriers, filled
from dictate.proof.daemon import Daemon, running_daemon
from dictate.proof.decoder import EngineDecoder
from dictate.proof.engine import open_engine
from dictate.proof.spoken_controls import spoken
from dictate.proof.trial import DEFAULT, WEIGHTS, Clip, Compared, Trial, Tried
from dictate.proof.verdict import Evidence, Verdict
from dictate.translation import _

CLIPS_PER_VOICE: Final = 2
"""Sentences that each voice says, and that the user is asked to say."""
CONTROLS: Final = 12
"""Control sentences besides those with words that sound like the term."""
LONGEST_CLIP_S: Final = 120.0
"""Seconds of a recording of the user's (--clip)."""

LAST: Final = 20
VOICES: Final = 4

Emit = Callable[[dict[str, Any]], None]
"""Passes one JSON object on: what is done at the moment, or the result."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    spelling: str
    sounds_like: tuple[str, ...] = ()
    clips: tuple[Path, ...] = ()
    """Recordings in which the term is said, instead of voices."""
    say: bool = False
    """Whether the user says it, instead of voices."""
    last: int = LAST
    """Number of the user's own dictations to look for harm in."""
    voices: int = VOICES
    """Maximum number of voices."""
    html: Path | None = None


async def test(options: Options, emit: Emit) -> None:
    """Try the term and emit the result. Raises DictateError."""
    settings = await asyncio.to_thread(config_file.load, paths.config_file())
    async with running_daemon() as daemon:
        file = await daemon.hotwords_file() if daemon else paths.hotwords_file()
        hotwords = await asyncio.to_thread(hotwords_of, settings.hotwords, file)
        term, own_weight = find(hotwords, options)
        # As a dictation with the main profile has it, whose application is not known.
        hotwords = hotwords.for_use(application="")
        speakers = await asyncio.to_thread(voices.installed, settings.engine.language)
        speakers = speakers[: options.voices]
        recordings = await asyncio.to_thread(read_clips, options.clips)
        if not (speakers or recordings or options.say):
            reason = await asyncio.to_thread(voices.nobody_speaks, settings.engine.language)
            raise Unavailable(reason)
        async with open_engine(daemon, settings, lambda what: emit({"waiting": what})) as decoder:
            hotwords = await asyncio.to_thread(_at_default, hotwords, decoder.status)
            proof = _Proof(options, settings, decoder, hotwords, term, own_weight, emit)
            await proof.run(daemon, speakers, recordings)


def find(hotwords: Hotwords, options: Options) -> tuple[Term, float | None]:
    """The term as it would be on the list, active; and its weight there, None if it is not there.
    Raises ConfigError if it cannot be written into hotwords.toml."""
    wanted = tomlkit.dumps({"spelling": options.spelling, "sounds_like": list(options.sounds_like)})
    try:
        term = parse(f"[[word]]\n{wanted}", name=_("the term")).terms[0]
    except ConfigError as error:
        lines = [
            f"{options.spelling!r}: {line.split(':', 2)[2].strip()}" for line in error.problems
        ]
        raise ConfigError(lines) from error
    for one in hotwords.terms:
        if one.spelling.casefold() == term.spelling.casefold():
            forms = dict.fromkeys((*one.sounds_like, *term.sounds_like))
            return replace(term, sounds_like=tuple(forms), language=one.language), one.weight
    return term, None


def read_clips(files: Sequence[Path]) -> list[Clip]:
    """The user's recordings. Blocks. Raises AudioFileError."""
    clips = []
    for file in files:
        recording = open_recording(file)
        pieces: list[Samples] = []
        for piece in recording.pieces():
            pieces.append(piece)
            if sum(map(len, pieces)) > LONGEST_CLIP_S * RATE:
                raise AudioFileError(
                    _(
                        "{file} is longer than {longest_clip_s:.0f} s: cut out the sentence "
                        "with the term"
                    ).format(file=file, longest_clip_s=LONGEST_CLIP_S)
                )
        clips.append(Clip(str(file), np.concatenate(pieces)))
    return clips


def _at_default(hotwords: Hotwords, engine: StatusEvent) -> Hotwords:
    """The list as a dictation has it: at the strength that was calibrated. Blocks."""
    known = calibration.load(calibration.calibration_file())
    factor = calibration.default_strength(known)(engine.name, engine.model)
    return hotwords.stronger(factor)


class _Proof:
    """One run."""

    def __init__(
        self,
        options: Options,
        settings: Settings,
        decoder: EngineDecoder,
        hotwords: Hotwords,
        term: Term,
        own_weight: float | None,
        emit: Emit,
    ) -> None:
        self._options = options
        self._settings = settings
        self._decoder = decoder
        self._hotwords = hotwords
        self._term = term
        self._own_weight = own_weight
        self._emit = emit
        self._trial = Trial(decoder, hotwords, term, self._report)
        self._notes: list[str] = []

    async def run(
        self, daemon: Daemon | None, speakers: Sequence[voices.Voice], recordings: list[Clip]
    ) -> None:
        """Try everything and emit the result."""
        said = recordings + (await self._record() if self._options.say else [])
        clips = said or await asyncio.to_thread(self._speak, speakers)
        takes = bool(self._decoder.status.hotwords_as)
        # Where weights mean nothing, one is enough.
        weights = {*WEIGHTS, self._own_weight or DEFAULT} if takes else {DEFAULT}
        try:
            unusable = await self._decoder.prepare(self._trial.at(DEFAULT))
            tried = await self._trial.speak(clips, weights)
            mine = repr(self._term.spelling)
            found = Evidence(
                self._term.spelling,
                self._decoder.status.name,
                takes,
                next((line for line in unusable if line.startswith(mine)), ""),
                tried,
                verdict.advised_weight(tried),
            )
            if found.weight is not None:
                found = await self._look_for_harm(found, daemon, speakers)
        finally:
            await self._decoder.restore(self._hotwords)
        judged = verdict.judge(found)
        if daemon is not None:
            await self._keep(daemon, found)
        if self._options.html is not None:
            html = page.page(found, judged, self._facts(), self._notes)
            await asyncio.to_thread(page.write, self._options.html, html)
        self._emit({"result": self._result(found, judged)})

    async def _look_for_harm(
        self, found: Evidence, daemon: Daemon | None, speakers: Sequence[voices.Voice]
    ) -> Evidence:
        """The same evidence with controls and history, at the highest weight up to the advised one
        that does no harm; at the lowest, if all do."""
        sentences = await asyncio.to_thread(self._speak_controls, speakers)
        own = await self._history(daemon)
        weight = found.weight
        while weight is not None:
            found = replace(
                found,
                weight=weight,
                controls=await self._trial.compare(
                    sentences, weight, _("control sentences"), found.controls
                ),
                history=await self._trial.compare(
                    own.clips, weight, _("your dictations"), found.history
                ),
            )
            if not found.harms:
                break
            weight = verdict.advised_weight(found.tried, below=weight)
        return found

    async def _keep(self, daemon: Daemon, found: Evidence) -> None:
        """Have the journal keep what the term did to each clip at the lowest weight that was
        enough, or the highest, and which control sentences it changed. Of the user's dictations
        nothing is kept: a trial belongs to none, and would outlive one that is forgotten."""
        rows = [
            (one.clip, one.without, next((r for r in one.readings if r.right), one.readings[-1]))
            for one in found.tried
        ]
        rows += [(one.clip, one.without, one.reading) for one in found.controls if one.changed]
        status, strength = self._decoder.status, self._settings.hotwords.strength
        try:
            for clip, without, reading in rows:
                await daemon.record_trial(
                    self._term.spelling,
                    status.name,
                    status.model,
                    strength * reading.weight,
                    clip.name,
                    without.text,
                    reading.heard.text,
                )
        except DictateError as error:
            self._notes.append(
                _("the journal did not keep this trial: {error}").format(error=error)
            )

    async def _record(self) -> list[Clip]:
        """The user says it."""
        clips = []
        for number, carrier in enumerate(self._carriers()[:CLIPS_PER_VOICE], 1):
            words = filled(carrier, self._term.spelling)
            self._emit({"say": words, "number": number, "of": CLIPS_PER_VOICE})
            sound = await say.record(self._settings.microphone, self._settings.speech)
            clips.append(Clip(f"you, {number}", sound, words))
        return clips

    def _carriers(self) -> tuple[str, ...]:
        return carriers(self._settings.engine.language)

    def _speak(self, speakers: Sequence[voices.Voice]) -> list[Clip]:
        """The term in sentences, by all voices. Blocks."""
        places = cycle(self._carriers())
        clips = []
        for voice in speakers:
            for __ in range(CLIPS_PER_VOICE):
                words = filled(next(places), self._term.spelling)
                clips.append(Clip(f"{voice}", voices.speak(words, voice), words))
        return clips

    def _speak_controls(self, speakers: Sequence[voices.Voice]) -> list[Clip]:
        """The control set, each sentence by another voice. Blocks."""
        language = self._settings.engine.language
        found = list(spoken(self._term.spelling, language, speakers, CONTROLS))
        if not found:
            self._notes.append(_("there was no control sentence: no voice is installed"))
        return found

    async def _history(self, daemon: Daemon | None) -> history.History:
        if not self._options.last:
            return history.History(())
        folder = paths.state_dir() / "audio"
        numbers = await history.numbers(daemon, folder, self._options.last)
        found = await asyncio.to_thread(history.read, folder, numbers, self._options.last)
        if found.too_long:
            self._notes.append(
                _(
                    "{too_long} of your dictations were left out: they are longer than "
                    "{longest_s:.0f} s"
                ).format(too_long=found.too_long, longest_s=history.LONGEST_S)
            )
        if not found.clips:
            self._notes.append(
                _("none of your dictations has sound: nothing of yours was looked at")
            )
        return found

    def _report(self, what: str, done: int, of: int) -> None:
        self._emit({"doing": what, "clip": done, "of": of})

    def _facts(self) -> dict[str, Any]:
        status = self._decoder.status
        return {
            "term": self._term.spelling,
            "sounds_like": list(self._term.sounds_like),
            "weight_in_list": self._own_weight,
            "strength": self._hotwords.strength,
            "engine": status.name,
            "model": status.model,
            "hotwords_as": status.hotwords_as,
        }

    def _result(self, found: Evidence, judged: Verdict) -> dict[str, Any]:
        return {
            **self._facts(),
            "clips": [_tried(one) for one in found.tried],
            "checked_at": found.weight,
            "controls": [_compared(one) for one in found.controls],
            "history": [_compared(one) for one in found.history],
            "notes": self._notes,
            "verdict": {**asdict(judged), "kind": judged.kind.value, "good": judged.kind.good},
        }


def _tried(one: Tried) -> dict[str, Any]:
    return {
        "name": one.clip.name,
        "said": one.clip.said,
        "without": asdict(one.without),
        "right_without": one.right_without,
        "turns_at": one.turns_at,
        "with": [asdict(reading) for reading in one.readings],
    }


def _compared(one: Compared) -> dict[str, Any]:
    return {
        "name": one.clip.name,
        "said": one.clip.said,
        "changed": one.changed,
        "without": asdict(one.without),
        "with": asdict(one.reading),
    }
