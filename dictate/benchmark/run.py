"""The measurement: the clips go through the engine process, as dictations do, row by row."""

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
from dictate.benchmark import rows, speech
from dictate.benchmark.rows import HARMLESS, HOTWORD, Row, on_gpu
from dictate.benchmark.speech import Clips
from dictate.config.schema import Settings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.supervisor import EngineStatus
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords, Term
from dictate.platform import paths
from dictate.text import polish

MOST_CLIP_RUNS: Final = 5
"""A long clip says little more when it is heard more often than this."""
QUIET_S: Final = 3.0
PIECE_S: Final = 0.02
"""Seconds of sound that a microphone hands over at a time."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured; these are the names in the JSON."""

    system: str
    architecture: str
    processor: str
    processors: int
    memory_gb: float
    python: str
    dictate: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found out."""

    machine: Machine
    engine: EngineStatus
    source: str
    """Who spoke, for people."""
    rows: list[Row]
    restarts: int
    """How often the engine process had to be started again; what was under way took longer."""
    release_ms: list[float]
    """From the last sound to the text, for each utterance that was fed in real time."""


async def measure(
    settings: Settings,
    own: Hotwords,
    clips: Clips,
    runs: int,
    tell: Callable[[str], None],
) -> Report:
    """Every row of the table, whatever goes wrong in it. `own` are the user's hotwords, `runs` the
    utterances that are fed in real time; `tell` is told what is under way."""
    folder = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
    link = EngineClient(settings.engine, folder / f"gate-{os.getpid()}.sock")
    gate = _Gate(link, settings, own, clips, runs, tell)
    await link.start()
    try:
        table = await gate.table()
        restarts = link.supervisor.run - 1
    finally:
        await link.stop()
    machine = await asyncio.to_thread(_machine)
    return Report(machine, link.info, clips.source, table, restarts, gate.release_ms)


class _Gate:
    """One pass through the table; each row is a method that raises what keeps it from its figure:
    Unavailable for what is missing here, EngineError for what the engine failed to do."""

    def __init__(
        self,
        link: EngineClient,
        settings: Settings,
        own: Hotwords,
        clips: Clips,
        runs: int,
        tell: Callable[[str], None],
    ) -> None:
        self.release_ms: list[float] = []
        self._link = link
        self._settings = settings
        self._clips = clips
        self._runs = runs
        self._tell = tell
        self._began = time.monotonic()
        self._number = 0
        self._loaded = False
        self._prepared = Hotwords()
        self._steps_ms: list[float] = []
        self._without = Hotwords(strength=own.strength)
        self._with = Hotwords((Term(HOTWORD),), own.strength)
        others = tuple(term for term in own.terms if term.spelling != HOTWORD)
        self._whole_list = replace(own, terms=(*others, Term(HOTWORD)))

    async def table(self) -> list[Row]:
        """The rows, all of them, in their order."""
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
            (rows.SILENCE, lambda: self._nothing(rows.SILENCE, lambda: speech.silence(QUIET_S))),
            (rows.NOISE, lambda: self._nothing(rows.NOISE, lambda: speech.noise(QUIET_S))),
        ]
        return [await self._row(name, measure) for name, measure in table]

    async def _row(self, name: str, measure: Callable[[], Awaitable[Row]]) -> Row:
        self._tell(name)
        if not self._loaded and name != rows.LOADS:
            return rows.skipped(name, "the model did not load")
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
        saw = (f"engine: {runs_on}", f"{waited_s:.1f} s from the start of its process", *info.notes)
        return rows.loads(info.load_s, gpu=self._gpu, saw=saw)

    async def _transcription(self) -> Row:
        return rows.transcription(
            [(clip.text, await self._hear(clip.samples)) for clip in self._clips.plain()]
        )

    async def _boosting(self) -> Row:
        self._takes_hotwords()
        began = time.monotonic()
        unusable = await self._link.prepare(self._whole_list)
        took_ms = 1000 * (time.monotonic() - began)
        self._prepared = self._whole_list
        return rows.boosting(took_ms, unusable, self._link.info.hotwords_as)

    async def _repaired(self) -> Row:
        self._takes_hotwords()
        return rows.repaired(await self._both_ways(HOTWORD))

    async def _harm(self) -> Row:
        self._takes_hotwords()
        return rows.harm(await self._both_ways(HARMLESS))

    def _takes_hotwords(self) -> None:
        if not self._link.info.hotwords_as:
            raise Unavailable(f"hotwords do not reach the engine {self._link.info.name}")

    async def _both_ways(self, words: str) -> list[tuple[str, str, str]]:
        clips = self._clips.with_words(words)
        without = [await self._hear(clip.samples) for clip in clips]
        boosted = [await self._hear(clip.samples, self._with) for clip in clips]
        said = [clip.text for clip in clips]
        return list(zip(said, without, boosted, strict=True))

    async def _long(self) -> Row:
        sound = self._clips.lasting(rows.LONG_S, first=HARMLESS)
        return rows.clip(rows.LONG, await self._times(sound), rows.LONG_S, gpu=self._gpu)

    async def _boosted(self) -> Row:
        sound = self._clips.lasting(rows.BOOSTED_S, first=HOTWORD)
        times = await self._times(sound, self._with)
        note = "" if self._link.info.hotwords_as else "not boosted: hotwords do not reach it"
        return rows.clip(rows.BOOSTED, times, rows.BOOSTED_S, gpu=self._gpu, note=note)

    async def _times(self, sound: Samples, hotwords: Hotwords | None = None) -> list[float]:
        """Milliseconds to the text of this sound, fed at once, again and again."""
        times = []
        for _ in range(min(self._runs, MOST_CLIP_RUNS)):
            await self._prepare(hotwords or self._without)
            began = time.monotonic()
            text = await self._hear(sound, hotwords)
            times.append(1000 * (time.monotonic() - began))
            _must_say_something(text)
        return times

    async def _release(self) -> Row:
        pcm = pcm_from_samples(self._clips.lasting(rows.SHORT_S))
        await self._prepare(self._with)
        for number in range(1, self._runs + 1):
            self._tell(f"{rows.RELEASE}: {number} of {self._runs}")
            self.release_ms.append(await self._spoken(pcm))
            self._steps_ms.append(self._link.info.step_ms)
        return rows.release(self.release_ms, gpu=self._gpu)

    async def _spoken(self, pcm: bytes) -> float:
        """Milliseconds from the last sound, fed as a microphone does, to the text."""
        loop = asyncio.get_running_loop()
        utterance = self._begin(self._with)
        size = 2 * round(PIECE_S * RATE)
        try:
            began = loop.time()
            for number, at in enumerate(range(0, len(pcm), size), 1):
                # A piece is handed over when its last sample was spoken; being late adds up to
                # nothing, as the next one is due at its own time.
                await asyncio.sleep(began + number * PIECE_S - loop.time())
                utterance.feed(pcm[at : at + size])
            released = loop.time()
            final = await utterance.finish(lambda: _bring(pcm))
        except BaseException:
            utterance.cancel()
            raise
        took_ms = 1000 * (loop.time() - released)
        _must_say_something(final.text)
        return took_ms

    async def _chunk(self) -> Row:
        if not self._steps_ms:
            raise Unavailable("nothing was fed in real time")
        return rows.chunk(median(self._steps_ms), self._link.info.chunk_ms)

    async def _memory(self) -> Row:
        info = self._link.info
        return rows.memory(info.device_memory_mb, info.memory_mb, gpu=self._gpu)

    async def _nothing(self, name: str, sound: Callable[[], Samples]) -> Row:
        return rows.nothing(name, await self._hear(sound(), self._with))

    async def _hear(self, sound: Samples, hotwords: Hotwords | None = None) -> str:
        """The text of this sound as it would be written."""
        hotwords = hotwords or self._without
        await self._prepare(hotwords)
        pcm = pcm_from_samples(sound)
        utterance = self._begin(hotwords)
        try:
            utterance.feed(pcm)
            final = await utterance.finish(lambda: _bring(pcm))
        except BaseException:
            utterance.cancel()
            raise
        return polish(final.text, hotwords, self._settings.text).strip()

    def _begin(self, hotwords: Hotwords) -> UtteranceClient:
        self._number += 1
        return self._link.begin(self._number, hotwords, self._settings.engine.language)

    async def _prepare(self, hotwords: Hotwords) -> None:
        # As in the daemon, a dictation does not pay for a list that is new.
        if hotwords != self._prepared:
            await self._link.prepare(hotwords)
            self._prepared = hotwords


async def _bring(pcm: bytes) -> bytes:
    return pcm


def _must_say_something(text: str) -> None:
    # To hear nothing is quick.
    if not text.strip():
        raise EngineError("no text came out of speech, so its time says nothing")


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
    """Its name; empty where the kernel does not say it, as on aarch64."""
    names = [line.partition(":")[2] for line in cpuinfo.splitlines() if "model name" in line]
    return names[0].strip() if names else ""
