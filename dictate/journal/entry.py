"""What the journal knows of one dictation, and the steps between its states. Pure."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from dictate.hotwords.model import MAIN
from dictate.translation import N_


class EntryState(Enum):
    """The state of a dictation. The values are stored in the user's database."""

    RECORDING = "recording"
    CAPTURED = "captured"
    """All sound is recorded; there is no text yet."""
    TRANSCRIBED = "transcribed"
    TYPING = "typing"
    """Writing has begun; how much of the text arrived is not known yet."""
    DELIVERED = "delivered"
    HELD = "held"
    """Not delivered, for the recorded reason; the user can have it written again."""
    CANCELLED = "cancelled"
    EMPTY = "empty"
    """The engine recognized nothing."""


RECOVERED: Final = N_("recovered")
"""The reason of an entry that a crash left. Fixed reasons are stored in English, and translated
where they are shown: the journal outlives a change of the language."""

S = EntryState
STEPS: Final[dict[EntryState, frozenset[EntryState]]] = {
    S.RECORDING: frozenset({S.CAPTURED, S.CANCELLED, S.EMPTY}),
    S.CAPTURED: frozenset({S.TRANSCRIBED, S.HELD, S.CANCELLED, S.EMPTY}),
    # A voice command is carried out, not typed.
    S.TRANSCRIBED: frozenset({S.TYPING, S.DELIVERED, S.HELD, S.CANCELLED}),
    S.TYPING: frozenset({S.DELIVERED, S.HELD}),
    # The user may have these recognized or written again, which may fail; and the text of a
    # cancelled one may arrive late.
    S.DELIVERED: frozenset({S.TYPING, S.TRANSCRIBED, S.HELD}),
    S.HELD: frozenset({S.TYPING, S.TRANSCRIBED, S.HELD, S.CANCELLED, S.EMPTY}),
    S.CANCELLED: frozenset({S.TYPING, S.TRANSCRIBED, S.HELD, S.CANCELLED}),
    S.EMPTY: frozenset({S.TRANSCRIBED, S.HELD}),
}
"""The states that may follow each state; any other step is a bug and raises ValueError."""

FINISHED: Final = frozenset({S.DELIVERED, S.CANCELLED, S.EMPTY})
"""States in which nothing is left to do: retention applies in full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One dictation. The fields up to `lost_ms` are the columns of the user's database."""

    number: int
    state: EntryState
    started: float
    """Wall clock, seconds since the epoch."""
    audio_s: float = 0.0
    text: str = ""
    """The text that is written."""
    heard: str = ""
    """The text of the engine, before the text steps."""
    engine: str = ""
    output: str = ""
    application: str = ""
    reason: str = ""
    """Why it is held or cancelled; for a delivered dictation, the receipt."""
    profile: str = MAIN
    """The name of the profile that heard it."""
    plain: str | None = None
    """The text of the engine without hotwords, from the same sound; None if it is not known."""
    corrected: str = ""
    """The text as the user corrected it later; empty if nobody did."""
    polished: str = ""
    """The text that a language model made of `text`, if that is what was written; of an edit of a
    selection, what replaced it. Otherwise empty."""
    command: str = ""
    """The voice command that it is, such as "scratch"; `heard` has its words, and nothing is
    written. Empty if it is a text."""
    lost_ms: int = 0
    """Milliseconds of sound that the microphone lost while it was recorded."""
    has_audio: bool = False

    @property
    def wanted(self) -> str:
        """The text as the user wants it."""
        return self.corrected or self.polished or self.text
