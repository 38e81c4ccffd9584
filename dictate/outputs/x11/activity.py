"""Whether the user has pressed anything since our last text: for the undo, and for the space before
the next text.
"""

import time
from collections import Counter, deque
from collections.abc import Collection, Sequence
from typing import Final

from Xlib import XK, X
from Xlib.ext import xinput

from dictate.outputs.x11.keys import modifiers, modifiers_down
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.thread import XConnection
from dictate.translation import _

UNDO_S = 120.0
"""Seconds after a delivery in which keys and clicks are watched, and the text can be taken back."""
SHORTCUT_S = 1.0
"""A key pressed within this many seconds with Ctrl, Alt or Super, or a function key, is the
shortcut for the undo."""
_SILENT = ("Pause", "Scroll_Lock", *(f"F{number}" for number in range(1, 21)))
HOTKEY_S = 0.5
"""A key pressed within this many seconds of the moment in which Dictate was asked for something is
the hotkey. The two are reported on different connections, late on a busy machine."""
HOTKEYS: Final = 5
"""Different keys that may be hotkeys: of both profiles, to cancel, paste and undo. Of a user who
types, more come at once, and none is remembered."""
OURS_S: Final = 1.0
"""Seconds within which the server reports keys that we pressed: some ms, more if it is busy."""
EVENTS: Final = 64
"""Keys and buttons, down or up, of which the time is kept. Of those that are no hotkey, less than
that come before the watch ends."""
_WHEEL: Final = frozenset(range(4, 8))
"""The buttons of a wheel, by which the cursor does not move."""
_SIDE: Final = frozenset((8, 9))
"""The buttons that may be hotkeys."""

_Press = tuple[int, bool]
"""The code of a key, or minus that of a button, and whether it may be the shortcut for the undo."""


class InputActivity:
    """Whether the user has pressed anything since the last change of ours. Modifiers alone do not
    count. What was pressed is not kept, except for keys that may be the hotkey."""

    def __init__(self, connection: XConnection, raw: RawEvents) -> None:
        self._x = connection
        self._raw = raw
        self._serial = 0
        self._undoable_until = 0.0
        self._typed = self._scrolled = False
        self._pressed: dict[_Press, list[float]] = {}
        """The monotonic seconds of what may be the hotkey."""
        self._events: deque[tuple[int, float]] = deque(maxlen=EVENTS)
        """Keys, modifiers too, and side buttons, as in `_Press`: what went down or up, and when."""
        self.presses = 0
        """Keys and buttons that the user has pressed while we watched, without modifiers and
        wheel."""
        self._pressed_at = 0.0
        """When the last one was. Monotonic seconds."""
        self._began_at = 0.0
        self._ours: Counter[int] = Counter()
        """Presses and releases of our own that were not reported yet, by their key."""
        self._ours_until = 0.0
        self._modifiers: set[int] = set()
        self._shifts: set[int] = set()
        self._held: set[int] = set()
        self._silent: set[int] = set()
        """The keys that type nothing and move no cursor."""

    def begin(self, *, undoable: bool) -> None:
        """Start to watch: a text has just been delivered; or taken back, not `undoable`."""
        display = self._x.display
        self._serial += 1
        self._undoable_until = time.monotonic() + UNDO_S if undoable else 0.0
        self._typed = self._scrolled = False
        self._pressed.clear()
        self._events.clear()
        self._began_at = time.monotonic()
        self._modifiers = modifiers(display)
        self._shifts = set(display.get_modifier_mapping()[X.ShiftMapIndex])
        self._held = set(modifiers_down(display))
        self._silent = {
            code
            for name in _SILENT
            for code, __ in display.keysym_to_keycodes(XK.string_to_keysym(name))
        }
        kinds = (xinput.RawKeyPress, xinput.RawKeyRelease, xinput.RawButtonPress)
        self._raw.listen(self._see, *kinds)
        serial = self._serial
        self._x.call_later(UNDO_S, lambda: self._end() if serial == self._serial else None)

    def press(self, codes: Sequence[int]) -> None:
        """We are about to press these keys, one after the other. That is no activity of the user's,
        although the server may report it after the next `begin`."""
        self._ours = Counter([*codes, *codes])
        self._ours_until = time.monotonic() + OURS_S

    def _end(self) -> None:
        self._raw.deafen(self._see)

    def why_not_watched(self) -> str | None:
        """Why it is not known what was pressed since the text was written, or None."""
        if not self._raw.able:
            return _("this X server does not say whether something was typed since")
        self._x.poll()
        if time.monotonic() >= self._undoable_until:
            return _(
                "the last text was written more than {seconds:.0f} s ago, or taken back already"
            ).format(seconds=UNDO_S)
        return None

    async def quiet(self, seconds: float) -> None:
        """Wait until nothing has been pressed for so long."""
        while (rest := self._pressed_at + seconds - time.monotonic()) > 0:
            await self._x.wait(lambda: False, rest)

    def unavailable_reason(self) -> str | None:
        """Why the text may not be the last thing that happened in its window, or None."""
        if reason := self.why_not_watched():
            return reason
        now = time.monotonic()
        match [(press, at) for press, times in self._pressed.items() for at in times]:
            case [] if not self._typed and not self._scrolled:
                return None
            case [((_, True), at)] if not self._scrolled and now - at < SHORTCUT_S:
                return None
        return _(
            "something was typed or clicked since it was written: press Ctrl+Z there (typing "
            "a command in a terminal counts, pressing undo_key of [hotkey] does not)"
        )

    def untouched(self, asked_at: Sequence[float]) -> bool:
        """Whether nothing that may have moved the cursor or changed the text was pressed, as far as
        this server reports it.

        A key that was pressed when Dictate was asked for something, at one of these monotonic
        seconds, is the hotkey: it never counts, and the text can still be taken back if it is the
        only key and types nothing. Of two keys in this moment it is the nearer one.
        """
        asked_at = [asked for asked in asked_at if asked >= self._began_at]
        alone = self._nearest(asked_at)
        in_chord = self._nearest(asked_at, but=self._modifiers)
        untouched = not self._typed and all(
            code in (in_chord if shortcut else alone)
            and any(abs(at - asked) < HOTKEY_S for at in times for asked in asked_at)
            for (code, shortcut), times in self._pressed.items()
        )
        # One key that types nothing is the hotkey. No text is deleted on the word of others.
        if untouched and all(silent for __, silent in self._pressed) and len(self._pressed) == 1:
            self._pressed.clear()
        return untouched

    def _nearest(self, asked_at: Sequence[float], but: Collection[int] = ()) -> set[int]:
        """What went down or up nearest to each of these moments."""
        events = [(code, at) for code, at in self._events if code not in but]
        return {
            min(events, key=lambda event: abs(event[1] - asked))[0] for asked in asked_at if events
        }

    def _see(self, kind: int, code: int) -> None:
        is_key = kind != xinput.RawButtonPress
        if is_key and self._ours[code] and time.monotonic() < self._ours_until:
            self._ours[code] -= 1
            return
        is_text = code not in (self._modifiers if is_key else _WHEEL)
        if kind != xinput.RawKeyRelease and is_text:
            self.presses += 1
            self._pressed_at = time.monotonic()
        if not self._typed and (is_key or code in _SIDE):
            self._events.append((code if is_key else -code, time.monotonic()))
        if kind == xinput.RawKeyRelease:
            self._held.discard(code)
        elif kind == xinput.RawButtonPress:
            if code in _WHEEL:
                self._scrolled = True
            elif code in _SIDE:
                self._pressed.setdefault((-code, True), []).append(time.monotonic())
            else:
                self._typed = True
        elif code in self._modifiers:
            self._held.add(code)
        elif not self._typed:
            shortcut = bool(self._held - self._shifts) or code in self._silent
            self._pressed.setdefault((code, shortcut), []).append(time.monotonic())
            if len(self._pressed) > HOTKEYS:
                self._typed = True
        if self._typed:
            self._pressed.clear()
            self._events.clear()
