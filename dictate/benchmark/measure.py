"""Measures row by row: the clips go through the engine process, like dictations."""

import asyncio
import os
import platform
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from dictate import __version__
from dictate.benchmark import audio, rows
from dictate.benchmark.audio import Clips
from dictate.benchmark.rows import HARMLESS, HOTWORD, Row, on_gpu
from dictate.config.schema import Settings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.supervisor import EngineStatus
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords, Term
from dictate.platform import paths
from dictate.text import polish
from dictate.translation import _

MAX_CLIP_RUNS: Final = 5
"""Maximum number of runs with a long clip: more runs hardly change the average."""
QUIET_S: Final = 3.0
"""Seconds of the silence and of the noise that must give no text."""
BLOCK_S: Final = 0.02
"""Seconds of one block of sound from a microphone."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that was measured. The JSON has the same names."""

    system: str
    architecture: str
    processor: str
    processors: int
    memory_gb: float
    python: str
    dictate: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured. The JSON has the same names."""

    machine: Machine
    engine: EngineStatus
    source: str
    """Who speaks, for people; empty if there is no speech."""
    rows: list[Row]
    restarts: int
    """How often the engine process was restarted, which lengthens the times of that moment."""
    release_ms: list[float]
    """From the last sound to the text, for each utterance that was fed in real time."""


async def measure(
    settings: Settings,
    hotwords: Hotwords,
    clips: Clips,
    runs: int,
    show_progress: Callable[[str], None],
) -> Report:
    """Measure every row of the table, even if some fail.

    `hotwords` are the user's; `runs` is the number of utterances that are fed in real time;
    `show_progress` is called with the current step.
    """
    folder = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
    link = EngineClient(settings.engine, folder / f"bench-{os.getpid()}.sock")
    table = _Table(link, settings, hotwords, clips, runs, show_progress)
    await link.start()
    try:
        measured = await table.measure()
        restarts = link.supervisor.run - 1
    finally:
        await link.stop()
    machine = await asyncio.to_thread(_machine)
    return Report(machine, link.info, clips.source, measured, restarts, table.release_ms)


class _Table:
    """One pass through the table. Each row is a method; it raises Unavailable if something it needs
    is missing here, and EngineError if the engine fails."""

    def __init__(
        self,
        link: EngineClient,
        settings: Settings,
        hotwords: Hotwords,
        clips: Clips,
        runs: int,
        show_progress: Callable[[str], None],
    ) -> None:
        self.release_ms: list[float] = []
        self._link = link
        self._settings = settings
        self._clips = clips
        self._runs = runs
        self._show_progress = show_progress
        self._began = time.monotonic()
        self._number = 0
        self._loaded = False
        self._prepared = Hotwords()
        self._steps_ms: list[float] = []
        self._without = Hotwords(strength=hotwords.strength)
        self._with = Hotwords((Term(HOTWORD),), hotwords.strength)
        others = tuple(term for term in hotwords.terms if term.spelling != HOTWORD)
        self._whole_list = replace(hotwords, terms=(*others, Term(HOTWORD)))

    async def measure(self) -> list[Row]:
        """All rows, in their order."""
        table: list[tuple[str, Callable[[], Awaitable[Row]]]] = [
            (rows.LOADS, self._loads),
            (rows.TRANSCRIPTION, self._transcription),
            (rows.BOOSTING, self._boosting),
            (rows.REPAIRED, self._repaired),
            (rows.HARM, self._harm),
            (rows.LONG, self._long),
            (rows.BOOSTED, self._boosted),
            (rows.RELEASE, self._release),
            (rows.CHUNK, self._chunk),
            (rows.MEMORY, self._memory),
            (rows.SHORT, lambda: self._nothing(rows.SHORT, self._clips.snippet)),
            (rows.SILENCE, lambda: self._nothing(rows.SILENCE, lambda: audio.silence(QUIET_S))),
            (rows.NOISE, lambda: self._nothing(rows.NOISE, lambda: audio.noise(QUIET_S))),
        ]
        return [await self._row(name, measure) for name, measure in table]

    async def _row(self, name: str, measure: Callable[[], Awaitable[Row]]) -> Row:
        self._show_progress(_(name))
        if not self._loaded and name != rows.LOADS:
            return rows.skipped(name, _("the model did not load"))
        try:
            return await measure()
        except Unavailable as error:
            return rows.skipped(name, str(error))
        except EngineError as error:
            return rows.failed(name, str(error))

    @property
    def _gpu(self) -> bool:
        return on_gpu(self._link.info.device)

    async def _loads(self) -> Row:
        await self._link.prepare(self._prepared)
        self._loaded = True
        waited_s = time.monotonic() - self._began
        info = self._link.info
        runs_on = ", ".join(filter(None, (info.name, info.model, info.device, info.precision)))
        saw = (
            _("engine: {name}").format(name=runs_on),
            _("{waited_s:.1f} s from the start of its process").format(waited_s=waited_s),
            *info.notes,
        )
        return rows.loads(info.load_s, gpu=self._gpu, saw=saw)

    async def _transcription(self) -> Row:
        return rows.transcription(
            [(clip.text, await self._transcribe(clip.samples)) for clip in self._clips.plain()]
        )

    async def _boosting(self) -> Row:
        self._require_hotwords()
        began = time.monotonic()
        unusable = await self._link.prepare(self._whole_list)
        took_ms = 1000 * (time.monotonic() - began)
        self._prepared = self._whole_list
        return rows.boosting(took_ms, unusable, self._link.info.hotwords_as)

    async def _repaired(self) -> Row:
        self._require_hotwords()
        return rows.repaired(await self._without_and_with(HOTWORD))

    async def _harm(self) -> Row:
        self._require_hotwords()
        return rows.harm(await self._without_and_with(HARMLESS))

    def _require_hotwords(self) -> None:
        if not self._link.info.hotwords_as:
            raise Unavailable(
                _("the engine {name} takes no hotwords").format(name=self._link.info.name)
            )

    async def _without_and_with(self, words: str) -> list[tuple[str, str, str]]:
        clips = self._clips.with_words(words)
        without = [await self._transcribe(clip.samples) for clip in clips]
        boosted = [await self._transcribe(clip.samples, self._with) for clip in clips]
        said = [clip.text for clip in clips]
        return list(zip(said, without, boosted, strict=True))

    async def _long(self) -> Row:
        sound = self._clips.lasting(rows.LONG_S, first=HARMLESS)
        return rows.clip(rows.LONG, await self._times(sound), rows.LONG_S, gpu=self._gpu)

    async def _boosted(self) -> Row:
        sound = self._clips.lasting(rows.BOOSTED_S, first=HOTWORD)
        times = await self._times(sound, self._with)
        note = "" if self._link.info.hotwords_as else _("not boosted: the engine takes no hotwords")
        return rows.clip(rows.BOOSTED, times, rows.BOOSTED_S, gpu=self._gpu, note=note)

    async def _times(self, sound: Samples, hotwords: Hotwords | None = None) -> list[float]:
        """Milliseconds to the text of this sound, fed at once, for each run."""
        times = []
        for __ in range(min(self._runs, MAX_CLIP_RUNS)):
            await self._prepare(hotwords or self._without)
            began = time.monotonic()
            text = await self._transcribe(sound, hotwords)
            times.append(1000 * (time.monotonic() - began))
            _refuse_empty(text)
        return times

    async def _release(self) -> Row:
        pcm = pcm_from_samples(self._clips.lasting(rows.SHORT_S))
        await self._prepare(self._with)
        for number in range(1, self._runs + 1):
            step = _("{number} of {count}").format(number=number, count=self._runs)
            self._show_progress(f"{_(rows.RELEASE)}: {step}")
            self.release_ms.append(await self._real_time_ms(pcm))
            self._steps_ms.append(self._link.info.step_ms)
        return rows.release(self.release_ms, gpu=self._gpu)

    async def _real_time_ms(self, pcm: bytes) -> float:
        """Milliseconds from the last sound to the text, fed in real time like a microphone."""
        loop = asyncio.get_running_loop()
        utterance = self._begin(self._with)
        size = 2 * round(BLOCK_S * RATE)
        try:
            began = loop.time()
            for number, at in enumerate(range(0, len(pcm), size), 1):
                # A block is complete when its last sample has been spoken. Delays do not add up,
                # because each block has its own due time.
                await asyncio.sleep(began + number * BLOCK_S - loop.time())
                utterance.feed(pcm[at : at + size])
            released = loop.time()
            final = await utterance.finish(lambda: _whole(pcm))
        except BaseException:
            utterance.cancel()
            raise
        took_ms = 1000 * (loop.time() - released)
        _refuse_empty(final.text)
        return took_ms

    async def _chunk(self) -> Row:
        if not self._steps_ms:
            raise Unavailable(_("nothing was fed in real time"))
        return rows.chunk(median(self._steps_ms), self._link.info.chunk_ms)

    async def _memory(self) -> Row:
        info = self._link.info
        return rows.memory(info.device_memory_mb, info.memory_mb, gpu=self._gpu)

    async def _nothing(self, name: str, sound: Callable[[], Samples]) -> Row:
        return rows.nothing(name, await self._transcribe(sound(), self._with))

    async def _transcribe(self, sound: Samples, hotwords: Hotwords | None = None) -> str:
        """The text of this sound, as it would be written."""
        hotwords = hotwords or self._without
        await self._prepare(hotwords)
        pcm = pcm_from_samples(sound)
        utterance = self._begin(hotwords)
        try:
            utterance.feed(pcm)
            final = await utterance.finish(lambda: _whole(pcm))
        except BaseException:
            utterance.cancel()
            raise
        return polish(
            final.text,
            hotwords,
            self._settings.text,
            language=self._settings.engine.language,
            punctuates=final.punctuates,
        ).strip()

    def _begin(self, hotwords: Hotwords) -> UtteranceClient:
        self._number += 1
        return self._link.begin(self._number, hotwords, self._settings.engine.language)

    async def _prepare(self, hotwords: Hotwords) -> None:
        # As in the daemon, the list is prepared before the dictation, not during it.
        if hotwords != self._prepared:
            await self._link.prepare(hotwords)
            self._prepared = hotwords


async def _whole(pcm: bytes) -> bytes:
    return pcm


def _refuse_empty(text: str) -> None:
    # An engine that hears nothing is quick, but not fast.
    if not text.strip():
        raise EngineError(_("the engine found no text in speech, so its time means nothing"))


def _machine() -> Machine:
    page = os.sysconf("SC_PAGE_SIZE")
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        architecture=platform.machine(),
        processor=_processor(Path("/proc/cpuinfo").read_text()),
        processors=len(os.sched_getaffinity(0)),
        memory_gb=round(os.sysconf("SC_PHYS_PAGES") * page / 2**30, 1),
        python=platform.python_version(),
        dictate=__version__,
    )


def _processor(cpuinfo: str) -> str:
    """The processor's name; empty if the kernel does not give it, as on aarch64."""
    names = [line.partition(":")[2] for line in cpuinfo.splitlines() if "model name" in line]
    return names[0].strip() if names else ""
