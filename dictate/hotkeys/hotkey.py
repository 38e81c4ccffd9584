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

A tap is shorter than `tap_ms`, and so is the gap between the two taps of a double tap.

A bouncing contact turns one press into several. A press within `BOUNCE_S` of a release continues
the press before it where that is safe (a tap that has latched), and is never a toggle of its own.
A short press during which another key was pressed was a shortcut (Ctrl+C) and is discarded. A long
one is kept: what was said in it is worth more. In doubt, sound is recorded rather than lost: a new
recording starts, and is discarded if it ends as a tap.

With two keys, pressing the second while the first is down has no effect.
"""

from enum import Enum

from dictate.config.schema import HotkeySettings
from dictate.hotkeys import KeyDown, KeyUp

BOUNCE_S = 0.05
"""Seconds after a release in which a press may come from a bouncing contact."""


class Press(Enum):
    """A command to the session."""

    START_HELD = "start_held"
    """Start, while the key is held."""
    STOP = "stop"
    """Stop, and write."""
    TOGGLE = "toggle"
    """Start, or stop and write."""
    LATCH = "latch"
    """Go on after the release, until the next press."""
    DISCARD = "discard"
    """Stop, and write nothing."""


class _At(Enum):
    REST = 0
    HELD = 1
    """The key is down and records."""
    LATCHED = 2
    """The key is up and its tap records."""
    SPENT = 3
    """The key is down; its press has no further effect."""
    FIRST = 4
    """The key is down; this may become the first of two taps."""


class Hotkey:
    """Turns KeyDown and KeyUp into commands. After a KeyUp no recording is held."""

    def __init__(self, settings: HotkeySettings) -> None:
        self._mode = settings.mode
        self._tap_s = settings.tap_ms / 1000
        self._at = _At.REST
        self._down_at = float("-inf")
        self._up_at = float("-inf")
        self._tapped_at = float("-inf")
        """When the first of two taps ended."""
        self._was = _At.REST
        """The state that the last release ended: HELD, LATCHED (by that release) or SPENT."""
        self._bounced = False
        self._recording = False

    def key(self, event: KeyDown | KeyUp) -> list[Press]:
        """The commands for this event, in order; none for auto-repeat and stray releases."""
        if isinstance(event, KeyDown):
            if self._at in (_At.HELD, _At.SPENT, _At.FIRST):
                return []
            return self._down(event.at)
        if self._at in (_At.REST, _At.LATCHED):
            return []
        return self._up(event.at, combined=event.combined)

    def session(self, *, recording: bool) -> None:
        """The session started or stopped recording, by this key or otherwise.

        So a press stops what a command has started, and does not stop what has ended by itself.
        After a cancelled recording the release of its key has no effect.
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
        # Count it as stopped now: the session may take a moment, and the next press is a new one.
        self._recording = False
        if at - self._down_at >= self._tap_s:
            return [Press.STOP]
        if self._mode == "hold" or self._bounced or combined:
            return [Press.DISCARD]
        self._at = _At.LATCHED
        return [Press.LATCH]


class FirstDown:
    """Of several keys, only the one that went down first counts, until it is up."""

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
