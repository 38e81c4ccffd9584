"""What the pipeline reports of its dictations, and how long each took."""

from dataclasses import dataclass
from typing import Protocol

from dictate.events import PartialTranscript, Samples
from dictate.outputs import Receipt


class PipelineObserver(Protocol):
    """Receives every event of the pipeline. Dictated text goes into `partial` alone."""

    def changed(self) -> None:
        """The state of the session changed, or a dictation's sound has begun to come."""

    def partial(self, partial: PartialTranscript) -> None:
        """The engine has a new partial transcript."""

    def previewed(self, number: int, *, in_field: bool) -> None:
        """Whether the last partial stands in the text field itself, marked as not written yet.
        Called for each one that has words, as soon as the desktop has answered."""

    def sound(self, samples: Samples) -> None:
        """A chunk of the dictation's sound."""

    def writing(self, number: int) -> None:
        """A text is about to be written."""

    def delivered(self, number: int, receipt: Receipt, timing: "Timing") -> None:
        """A text was written."""

    def carried_out(self, number: int, done: str) -> None:
        """A voice command was carried out; `done` says what that was."""

    def nothing_heard(self, number: int, level: str, *, continued: bool) -> None:
        """The engine heard no words: nothing is written. `level` says what is wrong with the level
        of the sound, or is empty. A dictation that was `continued` after a silence often ends
        so."""

    def cancelled(self, number: int) -> None:
        """The user cancelled it: nothing is written."""

    def held(self, number: int, reason: str) -> None:
        """A text, or the sound, is kept and was not written."""

    def trouble(self, message: str) -> None:
        """Something is wrong: one line that says what, and what to do."""


@dataclass(slots=True)
class Timing:
    """Where the time between release and written text went, in milliseconds."""

    tail_ms: float = 0.0
    """From the release to the end of the sound."""
    engine_ms: float = 0.0
    """From the end of the sound to the final text."""
    journal_ms: float = 0.0
    """Until text and intent were durable."""
    output_ms: float = 0.0
    """Until the output had written."""
    total_ms: float = 0.0
    """From the release to the written text."""
    early: bool = False
    """Whether the final text was there before the release."""
