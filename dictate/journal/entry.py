"""What the journal says of one dictation, and the steps it may take. Pure."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class EntryState(Enum):
    """How far a dictation has come."""

    RECORDING = "recording"
    CAPTURED = "captured"
    """All sound is there, no text yet."""
    TRANSCRIBED = "transcribed"
    TYPING = "typing"
    """Writing has begun; how much arrived is not known yet."""
    DELIVERED = "delivered"
    HELD = "held"
    """Not delivered, for the reason given; the user may have it written again."""
    CANCELLED = "cancelled"
    EMPTY = "empty"
    """Nothing was heard."""


S = EntryState
STEPS: Final[dict[EntryState, frozenset[EntryState]]] = {
    S.RECORDING: frozenset({S.CAPTURED, S.CANCELLED, S.EMPTY}),
    S.CAPTURED: frozenset({S.TRANSCRIBED, S.HELD, S.CANCELLED, S.EMPTY}),
    S.TRANSCRIBED: frozenset({S.TYPING, S.HELD, S.CANCELLED}),
    S.TYPING: frozenset({S.DELIVERED, S.HELD}),
    # Asked for by the user, these may be recognised or written again, which may fail; and the
    # text of a cancelled one may come late.
    S.DELIVERED: frozenset({S.TYPING, S.TRANSCRIBED, S.HELD}),
    S.HELD: frozenset({S.TYPING, S.TRANSCRIBED, S.HELD, S.CANCELLED, S.EMPTY}),
    S.CANCELLED: frozenset({S.TYPING, S.TRANSCRIBED, S.HELD, S.CANCELLED}),
    S.EMPTY: frozenset({S.TRANSCRIBED, S.HELD}),
}
"""From each state, where a dictation may go; any other step is a mistake and raises ValueError."""

FINISHED: Final = frozenset({S.DELIVERED, S.CANCELLED, S.EMPTY})
"""Nobody waits for these: retention applies in full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One dictation, as the journal knows it."""

    number: int
    state: EntryState
    started: float
    """Wall clock, seconds since the epoch."""
    audio_s: float = 0.0
    text: str = ""
    """As it is written."""
    heard: str = ""
    """As the engine said it."""
    engine: str = ""
    output: str = ""
    application: str = ""
    reason: str = ""
    """Why it is held or cancelled; for a delivered one, the receipt."""
    second: bool = False
    """Meant for the second way."""
    has_audio: bool = False
