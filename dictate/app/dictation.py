"""One dictation: its profile, and what is known of it so far."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log10
from typing import Final

from dictate.app.observer import Timing
from dictate.app.profiles import Profile, ProfileSet
from dictate.app.selection import Selection
from dictate.app.utterance import Utterance
from dictate.engines.protocol import EngineState
from dictate.engines.quiet_speech import Level
from dictate.events import (
    RATE,
    AudioChunk,
    FinalTranscript,
    PartialTranscript,
    SpeechEnded,
    SpeechStarted,
)
from dictate.outputs import Focus
from dictate.text.edit_phrases import Edit
from dictate.text.fit import Fitting
from dictate.text.snippets import SnippetValues
from dictate.translation import _

QUIET_DB: Final = -46.0
"""Highest level, in dB of full scale, below which speech may not be recognised, although the engine
gets it louder."""
SILENT_S: Final = 1.0
"""Seconds of exact zeros that a headset may give while it switches on. A microphone that gives
more is as ready as it will be: it is muted, or has a noise gate."""
LATE_S: Final = 0.5
"""Seconds between the press and the first sound, after which somebody may speak unheard. Where the
microphone must be opened, 0.1 to 0.3 are usual."""
AT_ONCE_S: Final = 0.15
"""Speech that begins so soon after the first sound has begun before it."""
LONG_TEXT: Final = 20_000
"""Characters of a text that is polished in 50 ms: half an hour of speech."""


@dataclass(slots=True)
class Dictation:
    """A dictation that is not over yet."""

    number: int
    profiles: ProfileSet
    """Those in force when it began."""
    hearing: Profile
    """What hears it. Until that is known, the main profile."""
    utterance: Utterance
    pressed_at: float
    asked: str = ""
    """The name of the profile that the user asked for; empty if what is in front decides."""
    place: Profile | None = None
    """What is on where its text lands, if that decides, and once it is known."""
    application: str = ""
    """The application there."""
    continued: bool = False
    """Whether it goes on after an earlier one, without a new press."""
    samples: int = 0
    level: Level = field(default_factory=Level)
    sound_from: float = float("inf")
    """Where its first sound begins, monotonic seconds."""
    heard_from: float = float("inf")
    """Where its sound begins that is no exact zeros, monotonic seconds. If it begins with more of
    them than a headset gives, where they begin."""
    heard_until: float = 0.0
    """Where the sound ends that has come so far, monotonic seconds."""
    dropped: int = 0
    """Samples that were lost because a receiver was too slow."""
    away: int = 0
    """Samples that nobody heard, because the microphone was away."""
    released_at: float = 0.0
    ends_at: float = float("inf")
    """Where its sound ends, monotonic seconds."""
    focus: "asyncio.Task[Focus | None] | None" = None
    partial: PartialTranscript | None = None
    """The engine's last."""
    instructs: bool = False
    """Whether its text says what to do with what is selected, and is not written itself."""
    selection: "asyncio.Task[Selection] | None" = None
    """What that is, once the sound is over."""
    waits_for: "asyncio.Task[str] | None" = None
    """The language model's answer."""
    text: str = ""
    has_snippet: bool = False
    """Whether a snippet of the user's is in it."""
    edit: Edit | None = None
    """The voice command that it is; None if it is a text."""
    polished: str = ""
    """What the language model made of it, or of the selection, if that is what is written."""
    fitting: Fitting = field(default_factory=Fitting)
    """How that is fitted in where it lands."""
    reason: str = ""
    """Why its text is held."""
    timing: Timing = field(default_factory=Timing)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    """Cancelled when it is over."""

    @property
    def profile(self) -> Profile:
        """What hears it and writes it, as far as that is known."""
        return self.hearing.landing(self.place) if self.place else self.hearing

    @property
    def lost_ms(self) -> int:
        """Milliseconds of sound that are missing."""
        return (self.dropped + self.away) * 1000 // RATE

    def take(self, chunk: AudioChunk) -> None:
        """Count this sound."""
        self.samples += len(chunk.samples)
        self.sound_from = min(self.sound_from, chunk.at)
        if not self.hears:
            if self.samples >= SILENT_S * RATE:
                self.heard_from = self.sound_from
            elif chunk.samples.any():
                self.heard_from = chunk.at
        self.heard_until = chunk.end
        self.dropped += chunk.dropped
        self.away += chunk.away
        self.level.feed(chunk.samples)

    @property
    def hears(self) -> bool:
        """Whether what the user says now is recorded."""
        return self.heard_from < float("inf")

    @property
    def too_quiet(self) -> str:
        """What is wrong with the level of its sound and what to do, or an empty text."""
        if not self.samples:
            return _("the microphone delivered no sound")
        if not self.level.peak:
            return _("the microphone gave only digital silence: is it muted?")
        decibels = 20 * log10(self.level.peak)
        if decibels >= QUIET_DB:
            return ""
        return _("very quiet: peak {decibels:.0f} dBFS; raise the microphone's level").format(
            decibels=decibels
        )


def unheard(dictation: Dictation, marks: Iterable[SpeechStarted | SpeechEnded]) -> str:
    """What to tell the user who spoke before the microphone was ready, or an empty text."""
    # Zeros alone prove nothing: a noise gate gives them until the user speaks.
    late = dictation.sound_from - dictation.pressed_at > LATE_S and not dictation.continued
    starts = [mark.at for mark in marks if isinstance(mark, SpeechStarted)]
    if not late or not any(at - dictation.heard_from < AT_ONCE_S for at in starts):
        return ""
    return _(
        "the microphone was ready {seconds:.1f} s after the press: what you said "
        "before that may be lost. Wait until the overlay listens, or keep the microphone "
        "open (microphone.keep_open)"
    ).format(seconds=dictation.heard_from - dictation.pressed_at)


async def polished(
    profile: Profile, final: FinalTranscript, application: str, values: SnippetValues | None
) -> str:
    """The text as it is written into this application, with these values of snippets: a long one
    off the loop, where it takes up to a second."""
    if len(final.text) <= LONG_TEXT:
        return profile.polish(final, application, values)
    return await asyncio.to_thread(profile.polish, final, application, values)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far an engine is with the sound of a dictation."""

    number: int
    engine: str
    loading: bool
    """Whether the engine is not loaded yet."""
    sound_s: float
    worked_s: float | None
    """Seconds of the sound that it has worked through; None if it does not report that."""
    waited_s: float
    """Seconds since the end of the sound; 0 before that."""


def backlog_of(
    in_flight: Iterable[Dictation], recording: Dictation | None, now: float
) -> Backlog | None:
    """The backlog of the dictation that waits longest for its text; if none waits, of the one that
    records. `now` is monotonic seconds."""
    waiting = (each for each in in_flight if each.ends_at < now)
    dictation = next((each for each in waiting if not each.text), recording)
    if dictation is None:
        return None
    engine = dictation.profile.engine
    return Backlog(
        number=dictation.number,
        engine=engine.info.name,
        loading=engine.serving_state is EngineState.LOADING,
        sound_s=dictation.samples / RATE,
        worked_s=dictation.utterance.worked_s if engine.info.streams else None,
        waited_s=max(0.0, now - dictation.ends_at),
    )
