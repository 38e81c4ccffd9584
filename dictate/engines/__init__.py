"""The third stage: sound becomes text.

An engine is slow, synchronous and lives in a process of its own (`worker.py`), which speaks the
Wyoming protocol; the daemon talks to it through `link.py`. To add one: write `engines/<name>.py`
with a subclass of `Engine`, add one line to `ENGINES`. The contract tests run on it unasked.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from dictate.backends import Backends
from dictate.config import EngineSettings
from dictate.events import Samples
from dictate.hotwords import Hotwords


class Utterance(ABC):
    """One dictation inside an engine. After `finish` or `cancel` it is over."""

    @abstractmethod
    def feed(self, samples: Samples) -> str | None:
        """Take more sound; the whole text so far if it changed, else None."""

    @abstractmethod
    def finish(self) -> str:
        """No more sound comes: the whole text, empty if nothing was said."""

    @abstractmethod
    def cancel(self) -> None:
        """Throw it away, quickly. Idempotent."""


class Engine(ABC):
    """One recogniser with its model. All calls come from one thread, one at a time; several
    utterances may be open at once."""

    name: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]
    """BCP 47 tags."""
    streams: ClassVar[bool]
    """Whether `feed` yields text while the user speaks."""
    hotwords_as: ClassVar[str]
    """How hotwords reach it, for people; empty if they do not."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings

    @abstractmethod
    def why_not(self) -> str | None:
        """Why this cannot work here and what to do, or None. Imports nothing heavy."""

    @abstractmethod
    def load(self) -> None:
        """Load the model; after this the first utterance is as fast as any. Raises EngineError."""

    @abstractmethod
    def prepare(self, hotwords: Hotwords) -> list[str]:
        """Take the list in, ahead of the dictation that uses it: one line for each term that
        cannot be used, naming it, the reason and what to do. An unchanged list costs nothing."""

    @abstractmethod
    def begin(self, hotwords: Hotwords, language: str | None) -> Utterance:
        """Begin one dictation with these hotwords; `language` None means the engine's own."""


ENGINES: Backends[Engine] = Backends(
    stage="engine",
    table={
        "pocketsphinx": "dictate.engines.pocketsphinx:PocketSphinxEngine",
        "scripted": "dictate.engines.scripted:ScriptedEngine",
    },
    auto=("pocketsphinx",),
)
