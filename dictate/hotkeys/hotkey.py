"""What the presses of one key mean. Pure: time comes in with the events, commands go out as values.

              press            short release         long release
    hold      START_HELD       DISCARD               STOP
    toggle    TOGGLE           -                     -
    hold_or_tap
     at rest  START_HELD       LATCH                 STOP
     latched  STOP             -                     -
    double_tap
     at rest  -                -                     -
     tapped   START_HELD       LATCH                 STOP
     latched  STOP             -                     -

A tap is short, and what is tapped is pressed again as soon.

A contact that bounces makes several presses of one. A press within `BOUNCE_S` of a release goes on
with the press before it where that is safe (a tap that has latched), and is never a toggle of its
own. A short press during which another key was pressed was a shortcut (Ctrl+C) and is discarded; a
long one is not: what was said in it is worth more. Where it is not known which of the two it was,
sound is rather recorded than lost: a new recording starts, and if it ends as a tap, it is
discarded.

Where there are two keys, whoever touches the second while the first is down means nothing by it.
"""

from enum import Enum

from dictate.config.schema import HotkeySettings
from dictate.hotkeys import KeyDown, KeyUp

BOUNCE_S = 0.05


class Press(Enum):
    """What the session is told."""

    START_HELD = "start, while the key is held"
    STOP = "stop, and write"
    TOGGLE = "start, or stop and write"
    LATCH = "go on after the release, until the next press"
    DISCARD = "stop, and write nothing"


class _At(Enum):
    REST = 0
    HELD = 1
    """The key is down, and records."""
    LATCHED = 2
    """The key is up, and a tap of it records."""
    SPENT = 3
    """The key is down, and its press has done all it will do."""
    FIRST = 4
    """The key is down, for what may become the first of two taps."""


class Hotkey:
    """Turns KeyDown and KeyUp into commands. Once a KeyUp has been seen, no recording is held."""

    def __init__(self, settings: HotkeySettings) -> None:
        self._mode = settings.mode
        self._tap_s = settings.tap_ms / 1000
        self._at = _At.REST
        self._down_at = float("-inf")
        self._up_at = float("-inf")
        self._tapped_at = float("-inf")
        """When the first of two taps was over."""
        self._was = _At.REST
        """What the release before this press ended: HELD, LATCHED (by that release) or SPENT."""
        self._bounced = False
        self._recording = False

    def key(self, event: KeyDown | KeyUp) -> list[Press]:
        """The commands that this event gives, in order; none for auto-repeat and stray releases."""
        if isinstance(event, KeyDown):
            if self._at in (_At.HELD, _At.SPENT, _At.FIRST):
                return []
            return self._down(event.at)
        if self._at in (_At.REST, _At.LATCHED):
            return []
        return self._up(event.at, combined=event.combined)

    def session(self, *, recording: bool) -> None:
        """Told whenever the session starts or stops recording, whoever made it do so.

        So a press stops what a command has started, and does not stop what has ended by itself.
        The release of a key whose recording was cancelled says nothing more.
        """
        ended = self._recording and not recording
        self._recording = recording
        if ended and self._at is _At.HELD:
            self._at = _At.SPENT
        elif not recording and self._at is _At.LATCHED:
            self._at = _At.REST

    def _down(self, at: float) -> list[Press]:
        bounced = 0 <= at - self._up_at < BOUNCE_S
        if self._mode == "toggle":
            self._at = _At.SPENT
            return [] if bounced else [Press.TOGGLE]
        if self._at is _At.LATCHED and bounced:
            self._at = _At.HELD
            return []
        if bounced and self._was is _At.SPENT:
            self._at = _At.SPENT
            return []
        if self._mode != "hold" and (self._at is _At.LATCHED or self._recording):
            self._at = _At.SPENT
            self._recording = False
            return [Press.STOP]
        if self._mode == "double_tap" and not self._is_second_tap(at, bounced=bounced):
            self._at = _At.FIRST
            if not (bounced and self._was is _At.FIRST):
                self._down_at = at
            return []
        self._at = _At.HELD
        self._down_at = at
        self._bounced = bounced
        return [Press.START_HELD]

    def _is_second_tap(self, at: float, *, bounced: bool) -> bool:
        if bounced:
            return self._was is _At.HELD
        return at - self._tapped_at < self._tap_s

    def _up(self, at: float, *, combined: bool) -> list[Press]:
        self._was, self._up_at = self._at, at
        if self._at is _At.FIRST:
            self._at = _At.REST
            tapped = at - self._down_at < self._tap_s and not combined
            self._tapped_at = at if tapped else float("-inf")
            return []
        self._tapped_at = float("-inf")
        if self._at is _At.SPENT:
            self._at = _At.REST
            return []
        self._at = _At.REST
        # What we stop counts as stopped: the session may take a moment, and the next press is new.
        self._recording = False
        if at - self._down_at >= self._tap_s:
            return [Press.STOP]
        if self._mode == "hold" or self._bounced or combined:
            return [Press.DISCARD]
        self._at = _At.LATCHED
        return [Press.LATCH]


class FirstDown:
    """Of several keys, only the first that is down counts, until it is up."""

    def __init__(self) -> None:
        self._down = ""
        self._ignored: set[str] = set()

    def counts(self, name: str, event: KeyDown | KeyUp) -> bool:
        """Whether this event of the key `name` counts."""
        if isinstance(event, KeyDown):
            if self._down not in ("", name):
                self._ignored.add(name)
            if name not in self._ignored:
                self._down = name
            return name not in self._ignored
        if name in self._ignored:
            self._ignored.discard(name)
            return False
        if self._down == name:
            self._down = ""
        return True
