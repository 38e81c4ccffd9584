"""The third stage: sound becomes text.

An engine is slow and synchronous. It runs in a process of its own (`worker.py`), which speaks the
Wyoming protocol; the daemon talks to it through `client.py`. To add one, write `engines/<name>.py`
with a subclass of `Engine` and add one line to `ENGINES` (docs/adding-an-engine.md).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dictate.backends import Backends
from dictate.config.schema import EngineSettings
from dictate.engines.graphics_card import nvidia_card
from dictate.events import Samples
from dictate.hotwords.model import Guards, Hotwords, Term

SHORTEST_S = 0.3
"""Seconds below which a sound contains no word, although a model may invent one."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a loaded engine runs on; a field that does not apply is empty."""

    model: str = ""
    device: str = ""
    """For people: "NVIDIA GB10", "cpu"."""
    precision: str = ""
    """fp32 or bf16."""
    chunk_ms: int = 0
    """Milliseconds of sound in one step."""
    device_memory_mb: float = 0.0
    rtf: float = 0.0
    """Real-time factor (seconds of work for a second of sound), if `load` measured it."""
    notes: tuple[str, ...] = ()
    """One line for each setting that could not be applied, with the reason."""


@dataclass(frozen=True, slots=True)
class UtteranceStats:
    """The cost of one utterance, for an engine that works in steps."""

    chunk_ms: int = 0
    steps: int = 0
    step_ms: float = 0.0
    """Milliseconds of work for the median step."""
    note: str = ""
    """One line, without a dictated word, if the hotwords were not applied as usual."""


@dataclass(frozen=True, slots=True)
class TermReport:
    """How an engine sees one term."""

    spelling: str
    tokens: tuple[str, ...] = ()
    """One text for each form in which the engine expects it: the tokens of its model with spaces
    between them, that of the spelling first, or a pronunciation. Empty if it has nothing like
    that."""
    problem: str = ""
    """Why it cannot be used and what to do about it; empty if it can."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an utterance would be if its sound ended here: the text and the fields of `Utterance`
    that `finish` sets."""

    text: str
    plain: str | None = None
    language: str = ""
    note: str = ""
    """As in `UtteranceStats`."""


class Utterance(ABC):
    """One dictation inside an engine. After `finish` or `cancel` it is over."""

    stopped = False
    """Whether the text is no longer wanted; a `finish` that takes long checks this."""
    language = ""
    """The language that it detected (BCP 47), known after `finish`; empty if it detects none."""
    plain: str | None = None
    """What the same sound is without the hotwords, known after `finish`; None if it was not
    computed."""
    signs = 0
    """Counted up in a call that waits for something else than the processor, at each sign that this
    goes on: otherwise the call counts as hung."""

    @property
    def effort(self) -> UtteranceStats:
        """Its cost so far."""
        return UtteranceStats()

    @abstractmethod
    def feed(self, samples: Samples) -> str | None:
        """Take more sound; returns the whole text so far if it changed, else None."""

    def draft(self) -> Draft | None:
        """What `finish` would return if the sound ended here, to the letter; None if there is none
        now. All that comes after it is as if it had not been asked for."""
        return None

    @abstractmethod
    def finish(self) -> str:
        """The sound is over; returns the whole text, empty if nothing was said."""

    @abstractmethod
    def cancel(self) -> None:
        """Discard it, quickly. Idempotent."""

    def stop(self) -> None:
        """The text is no longer wanted. The only call that may come from another thread, while
        `finish` runs."""
        self.stopped = True


class Engine(ABC):
    """One recogniser with its model. All calls come from one thread, one at a time; several
    utterances may be open at once."""

    name: ClassVar[str]
    languages: tuple[str, ...]
    """BCP 47 tags; once loaded, those of its model."""
    streams: bool
    """Whether `feed` returns text while the user speaks; once loaded, with its model."""
    can_draft: bool = False
    """Whether its utterances make drafts; once loaded, with its model. A draft is made in each
    pause, so it has to be cheap: the end of an utterance, on a copy of its state."""
    hotwords_as: str
    """How it uses hotwords, for people; empty if it does not. Once loaded, with its model."""
    punctuates: bool | None = None
    """Whether its texts have punctuation; once loaded, with its model. None means that the text
    steps look for it in each text."""
    local: ClassVar[bool] = True
    """Whether it works on this machine alone; if not, its process keeps the network."""
    prepares_beside: ClassVar[bool] = False
    """Whether `prepare` may run on a thread of its own, beside all other calls."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do about it, or None. Imports nothing heavy."""

    @abstractmethod
    def load(self) -> None:
        """Load the model. The first utterance after this is as fast as any. Raises EngineError."""

    @abstractmethod
    def prepare(self, hotwords: Hotwords) -> list[str]:
        """Prepare the list, ahead of the dictation that uses it. Returns one line for each term
        that cannot be used, with the term, the reason and what to do. An unchanged list costs
        nothing."""

    def inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        """How it sees each of these terms, whether they are in a list or not. Changes nothing."""
        del guards
        return [TermReport(term.spelling) for term in terms]

    @abstractmethod
    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        """Begin one dictation with these hotwords. `language` None means that of the settings, and
        `chunk_ms` 0 the chunk of the settings. An engine that works in chunks takes the nearest
        chunk it has."""

    @property
    def facts(self) -> EngineInfo:
        """What it runs on, once it is loaded."""
        return EngineInfo()


class _Engines(Backends[Engine]):
    def order(self, settings: Any) -> tuple[str, ...]:
        if settings.device != "cpu" and nvidia_card():
            return self.auto
        # On a processor NeMo computes in fp32, which takes longer.
        return ("onnx", "nemotron", "pocketsphinx")


ENGINES = _Engines(
    stage="engine",
    table={
        "nemotron": "dictate.engines.nemotron.engine:NemotronEngine",
        "onnx": "dictate.engines.onnx.engine:OnnxEngine",
        "openai": "dictate.engines.remote.openai:OpenAIEngine",
        "pocketsphinx": "dictate.engines.pocketsphinx:PocketSphinxEngine",
        "qwen3": "dictate.engines.qwen3.engine:Qwen3Engine",
        "riva": "dictate.engines.remote.riva:RivaEngine",
        "scripted": "dictate.engines.scripted:ScriptedEngine",
        "wyoming": "dictate.engines.remote.wyoming:WyomingEngine",
    },
    auto=("nemotron", "onnx", "pocketsphinx"),
    group="dictate.engines",
)
