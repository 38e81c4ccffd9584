"""One dictation: the profile that it began with, and what is known of it so far."""

import asyncio
from dataclasses import dataclass, field

from dictate.app.observer import Timing
from dictate.app.profiles import Profile
from dictate.engines.client import UtteranceClient
from dictate.events import PartialTranscript
from dictate.outputs import Focus


@dataclass(slots=True)
class Dictation:
    """A dictation that is not over yet."""

    number: int
    profile: Profile
    utterance: UtteranceClient
    continued: bool
    pressed_at: float
    samples: int = 0
    lost: int = 0
    """Samples that the microphone lost."""
    released_at: float = 0.0
    ends_at: float = float("inf")
    """Where its sound ends, monotonic seconds."""
    focus: "asyncio.Task[Focus | None] | None" = None
    partial: PartialTranscript | None = None
    """The engine's last."""
    text: str = ""
    reason: str = ""
    """Why its text is held."""
    timing: Timing = field(default_factory=Timing)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    """Cancelled when it is over."""
