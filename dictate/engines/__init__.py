"""The third stage: sound becomes text.

An engine is slow, synchronous and lives in a process of its own (`worker.py`), which speaks the
Wyoming protocol; the daemon talks to it through `client.py`. To add one: write `engines/<name>.py`
with a subclass of `Engine`, add one line to `ENGINES`. The contract tests run on it unasked.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import EngineSettings
from dictate.events import Samples
from dictate.hotwords.model import Hotwords

SHORTEST_S = 0.3
"""A sound of fewer seconds holds no word, and a model may invent one."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a loaded engine runs on; empty fields do not apply to it."""

    model: str = ""
    device: str = ""
    """For people: "NVIDIA GB10", "cpu"."""
    precision: str = ""
    """fp32 or bf16."""
    chunk_ms: int = 0
    """Milliseconds of sound that one step works through."""
    device_memory_mb: float = 0.0
    notes: tuple[str, ...] = ()
    """One line for each thing that is not as it was asked for, and why."""


@dataclass(frozen=True, slots=True)
class UtteranceStats:
    """What one utterance took, for an engine that works in steps."""

    chunk_ms: int = 0
    steps: int = 0
    step_ms: float = 0.0
    """The median step, in milliseconds of work."""
    note: str = ""
    """One line, without a dictated word, if the text is not as the hotwords would have it."""


class Utterance(ABC):
    """One dictation inside an engine. After `finish` or `cancel` it is over."""

    stopped = False
    """Whether nobody wants the text any more: a `finish` that takes long looks at it."""

    @property
    def effort(self) -> UtteranceStats:
        """What it took so far."""
        return UtteranceStats()

    @abstractmethod
    def feed(self, samples: Samples) -> str | None:
        """Take more sound; the whole text so far if it changed, else None."""

    @abstractmethod
    def finish(self) -> str:
        """No more sound comes: the whole text, empty if nothing was said."""

    @abstractmethod
    def cancel(self) -> None:
        """Throw it away, quickly. Idempotent."""

    def stop(self) -> None:
        """The text is not wanted any more. The one call that may come from another thread, while
        `finish` runs."""
        self.stopped = True


class Engine(ABC):
    """One recogniser with its model. All calls come from one thread, one at a time; several
    utterances may be open at once."""

    name: ClassVar[str]
    languages: tuple[str, ...]
    """BCP 47 tags; once it is loaded, those of its model."""
    streams: bool
    """Whether `feed` yields text while the user speaks; once it is loaded, with its model."""
    hotwords_as: str
    """How hotwords reach it, for people; empty if they do not. Once it is loaded, with its
    model."""
    local: ClassVar[bool] = True
    """Whether it works on this machine alone; one that does not needs the network."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None. Imports nothing heavy."""

    @abstractmethod
    def load(self) -> None:
        """Load the model; after this the first utterance is as fast as any. Raises EngineError."""

    @abstractmethod
    def prepare(self, hotwords: Hotwords) -> list[str]:
        """Take the list in, ahead of the dictation that uses it: one line for each term that
        cannot be used, naming it, the reason and what to do. An unchanged list costs nothing."""

    @abstractmethod
    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        """Begin one dictation with these hotwords; `language` None means the engine's own, and
        `chunk_ms` 0 its own chunk. An engine that works in chunks takes the nearest it knows."""

    @property
    def facts(self) -> EngineInfo:
        """What it runs on, once loaded."""
        return EngineInfo()


ENGINES: Backends[Engine] = Backends(
    stage="engine",
    table={
        "nemotron": "dictate.engines.nemotron.engine:NemotronEngine",
        "openai": "dictate.engines.remote.openai:OpenAIEngine",
        "pocketsphinx": "dictate.engines.pocketsphinx:PocketSphinxEngine",
        "qwen3": "dictate.engines.qwen3.engine:Qwen3Engine",
        "riva": "dictate.engines.remote.riva:RivaEngine",
        "scripted": "dictate.engines.scripted:ScriptedEngine",
        "wyoming": "dictate.engines.remote.wyoming:WyomingEngine",
    },
    auto=("nemotron", "pocketsphinx"),
    group="dictate.engines",
)
