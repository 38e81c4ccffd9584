"""Has an engine hear utterances with lists of hotwords.

Each text is kept on the disk, so that a run that was stopped goes on where it was. It counts only
for the code and the model that made it.
"""

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TextIO

from bench.figures import say
from bench.hotwords_metrics import Tally, tally
from bench.hotwords_speech import TERMS, Spoken, distractors
from bench.remote import linked
from dictate.config.schema import EngineSettings, TextSettings
from dictate.engines.client import EngineClient
from dictate.errors import EngineError
from dictate.events import Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords, Term
from dictate.platform import paths
from dictate.text import polish
from tests.lab.engine import Whole

ROOT = Path(__file__).parents[1]
CODE = ("dictate/engines", "dictate/hotwords", "dictate/benchmark/audio.py")
"""What a text depends on, besides the model."""
DEFAULT_STRENGTH = 1.0
USUAL_SIZE = 100
"""Distractors of the table by strength, and of the goals."""
STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.5)
SIZES = (0, 10, 100, 1000)
THINNED = {"terms": 1, "control": 3, "free": 3}
"""One in so many utterances of a set is heard with every list, all with those of the goals."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One list: of the table by strength, or of that by size."""

    strength: float
    size: int

    @property
    def hotwords(self) -> Hotwords:
        """The terms and as many distractors."""
        return Hotwords(tuple(map(Term, (*TERMS, *distractors(self.size)))), self.strength)

    @property
    def usual(self) -> bool:
        """Whether the goals are about this one; strength 0 is what it is compared with."""
        return self.size == USUAL_SIZE and self.strength in (0.0, DEFAULT_STRENGTH)


GOALS = tuple(Cell(strength, USUAL_SIZE) for strength in (0.0, DEFAULT_STRENGTH))
CELLS = (
    *GOALS,
    *(Cell(strength, USUAL_SIZE) for strength in STRENGTHS[1:] if strength != DEFAULT_STRENGTH),
    *(Cell(DEFAULT_STRENGTH, size) for size in SIZES if size != USUAL_SIZE),
)
"""Those of the goals come first."""


class Utterance(Protocol):
    """Something that was said."""

    @property
    def key(self) -> str:
        """Its own, and the same in each run."""

    @property
    def samples(self) -> Samples:
        """Its sound."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine returned for one utterance."""

    text: str
    punctuates: bool | None = None
    audio_s: float = 0.0

    def written(self, hotwords: Hotwords) -> str:
        """What a user would get: after the text steps."""
        return polish(
            self.text,
            hotwords,
            TextSettings(),
            language="en",
            punctuates=self.punctuates,
            audio_s=self.audio_s,
        ).strip()


@dataclass
class Subject:
    """An engine with a model."""

    name: str
    settings: EngineSettings
    model: str = ""
    """For the tables."""
    texts: dict[str, Heard] = field(default_factory=dict)

    @cached_property
    def _file(self) -> Path:
        return paths.cache_dir() / "bench-hotwords" / f"{self.name}-{self._digest}.jsonl"

    @cached_property
    def _digest(self) -> str:
        """Of the code, the settings and the model."""
        whole = hashlib.sha256(repr(self.settings).encode())
        code = [file for name in CODE for file in _files(ROOT / name) if file.suffix == ".py"]
        model = _files(Path(self.settings.model)) if self.settings.model else []
        for file in (*code, *model):
            whole.update(file.read_bytes())
        return whole.hexdigest()[:16]

    def hear(self, wanted: Sequence[tuple[Hotwords, Sequence[Utterance]]]) -> None:
        """Have all of this in `texts`. Raises EngineError, Unavailable."""
        self._read()
        if not any(self._missing(hotwords, spoken) for hotwords, spoken in wanted):
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory() as folder,
            self._file.open("a") as kept,
            asyncio.Runner() as runner,
        ):
            stack = AsyncExitStack()
            link = runner.run(stack.enter_async_context(linked(self.settings, Path(folder))))
            try:
                if link.state != "ready":
                    raise EngineError(link.message)
                for hotwords, spoken in wanted:
                    self._hear(runner, link, hotwords, self._missing(hotwords, spoken), kept)
            finally:
                runner.run(stack.aclose())

    def text(self, hotwords: Hotwords, spoken: Utterance) -> Heard:
        """What it heard; only after `hear`."""
        return self.texts[_key(hotwords, spoken)]

    def _hear(
        self,
        runner: asyncio.Runner,
        link: EngineClient,
        hotwords: Hotwords,
        spoken: Sequence[Utterance],
        kept: TextIO,
    ) -> None:
        if not spoken:
            return
        say(
            f"{self.name}: {len(hotwords.terms)} terms, strength {hotwords.strength:g}: "
            f"{len(spoken)} utterances"
        )
        runner.run(link.prepare(hotwords))
        for one in spoken:
            heard = runner.run(_heard(link, hotwords, pcm_from_samples(one.samples)))
            self.texts[_key(hotwords, one)] = heard
            line = [_key(hotwords, one), heard.text, heard.punctuates, heard.audio_s]
            kept.write(json.dumps(line) + "\n")
            kept.flush()

    def _missing(self, hotwords: Hotwords, spoken: Iterable[Utterance]) -> list[Utterance]:
        return [one for one in spoken if _key(hotwords, one) not in self.texts]

    def _read(self) -> None:
        if not self._file.exists():
            return
        for line in self._file.read_text().splitlines():
            key, text, punctuates, audio_s = json.loads(line)
            self.texts[key] = Heard(text, punctuates, audio_s)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())


async def _heard(link: EngineClient, hotwords: Hotwords, pcm: bytes) -> Heard:
    utterance = link.begin(0, hotwords, "en")
    utterance.feed(pcm)
    final = await utterance.finish(Whole(pcm))
    return Heard(final.text, final.punctuates, final.audio_s)


def _key(hotwords: Hotwords, spoken: Utterance) -> str:
    return hashlib.sha256(f"({hotwords!r}, {spoken.key})".encode()).hexdigest()[:24]


def measure(
    subject: Subject, sets: dict[str, list[Spoken]], lists: Sequence[Cell]
) -> list[dict[str, Any]]:
    """A row for each list and set, of the same utterances for all lists; and those of the goals, of
    every utterance. Raises EngineError, Unavailable.

    At strength 0 the engine gets no list, and the text steps do.
    """
    subject.hear(
        [
            (
                _given(cell),
                [one for name in sets for one in utterances(sets, name, goal=cell.usual)],
            )
            for cell in lists
        ]
    )
    return [
        {"strength": cell.strength, "distractors": cell.size, "set": name, "goal": goal}
        | _row(subject, cell, utterances(sets, name, goal=goal))
        for cell in lists
        for name in sets
        for goal in ((False, True) if cell.usual else (False,))
    ]


def utterances(sets: dict[str, list[Spoken]], name: str, *, goal: bool) -> list[Spoken]:
    """Those of this set that the goals are about, or that all lists have in common."""
    return sets[name] if goal else sets[name][:: THINNED[name]]


def _given(cell: Cell) -> Hotwords:
    return cell.hotwords if cell.strength else Hotwords()


def _row(subject: Subject, cell: Cell, spoken: list[Spoken]) -> dict[str, Any]:
    hotwords = cell.hotwords
    listed = [term.spelling for term in hotwords.terms]
    whole, changed = Tally(), []
    for one in spoken:
        text = subject.text(_given(cell), one).written(hotwords)
        plain = subject.text(Hotwords(), one).written(Hotwords())
        whole += tally(one.written, text, listed, [one.term] if one.term else [])
        if text != plain and not one.term:
            changed.append([one.written, plain, text])
    return {
        "utterances": len(spoken),
        "hits": whole.found.hits,
        "misses": whole.found.misses,
        "false": whole.found.false,
        "biased_words": whole.biased.words,
        "biased_wrong": whole.biased.wrong,
        "unbiased_words": whole.unbiased.words,
        "unbiased_wrong": whole.unbiased.wrong,
        "changed": changed,
    }
