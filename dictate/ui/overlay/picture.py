"""What the overlay shows. Pure: no clock, no loop.

Events come in as method calls and wake the display, which takes the whole picture. A picture that
was skipped is not missed, because each one is complete.
"""

from collections import deque
from collections.abc import Callable
from math import log10
from typing import Any, Final
from unicodedata import category

import numpy as np

from dictate.events import RATE, PartialTranscript, Samples

MOST: Final = 600
"""Maximum number of characters; of a longer text the end is shown."""
STEP: Final = 200
"""Characters that scroll away at a time, so that the rest stands still in between."""
BAR_S: Final = 0.05
"""Seconds of sound per level of the meter."""
BEGUN: Final = ("opening", "recording")
"""States of a dictation that records."""
MOST_LEVELS: Final = 60
QUIET_DB: Final = -55.0
LOUD_DB: Final = -10.0
"""The range of the meter, from empty to full, in dB of full scale."""


class Picture:
    """Call all methods on the loop. `on_change` is called when the picture changed."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.on_change = on_change
        self._state = "ready"
        self._notice: tuple[int, str, str] | None = None
        """What became of a dictation that was not written: its number, a state of the window, and
        a text."""
        self._progress = ""
        self._download = ""
        self._since = 0.0
        self._destination = ""
        self._remote = ""
        self._number = 0
        self._partial: PartialTranscript | None = None
        self._in_field: bool | None = None
        """Whether the text field shows the partials as a preedit; None until that is known."""
        self._power = 0.0
        self._samples = 0
        self._levels: deque[float] = deque(maxlen=MOST_LEVELS)

    def session(self, state: str, now: float) -> None:
        """The session's state: ready, opening (it records, and no sound comes yet), recording or
        finishing. `now` is monotonic seconds."""
        if state == "recording" and self._state != "recording":
            self._since = now
        if state in BEGUN and self._state not in BEGUN:
            self._notice = None
            self._destination = ""
            self._levels.clear()
            self._partial = None
        if state == "ready":
            self._partial = None
        self._state = state
        self.on_change()

    def partial(self, partial: PartialTranscript) -> None:
        """A partial transcript; one of an earlier dictation is ignored."""
        if partial.dictation < self._number:
            return
        if partial.dictation > self._number:
            self._number = partial.dictation
            self._in_field = None
        self._partial = partial
        self.on_change()

    def previewed(self, number: int, *, in_field: bool) -> None:
        """Whether the text field itself shows the partial as a preedit. The overlay then leaves
        the words out. It also waits for this call before it shows them, or they would flash."""
        if number == self._number and in_field != self._in_field:
            self._in_field = in_field
            self.on_change()

    def writing(self, number: int) -> None:
        """The text is being written, so the overlay stops showing it. Does not signal a change:
        drawing now would delay the desktop's handling of the text."""
        if number >= self._number:
            self._partial = None

    def sound(self, samples: Samples) -> None:
        """Sound of a dictation, for the meter."""
        self._power += float(np.dot(samples, samples))
        self._samples += len(samples)
        if self._samples >= BAR_S * RATE:
            self._levels.append(level(self._power / self._samples))
            self._power, self._samples = 0.0, 0
            self.on_change()

    def destination(self, where: str) -> None:
        """Where the text will go, in a word or two."""
        if where != self._destination:
            self._destination = where
            self.on_change()

    def engine(self, device: str) -> None:
        """The device of the engine in use; shown if it is a remote machine."""
        where = device.partition(",")[0] if device.startswith("remote: ") else ""
        if where != self._remote:
            self._remote = where
            self.on_change()

    def held(self, number: int, message: str) -> None:
        """A text is held. Why, and what to do, is shown until `release` or the next dictation, as
        are the next two."""
        self._show_notice(number, "held", clean(message))

    def nothing_heard(self, number: int, level: str) -> None:
        """The engine heard no words; `level` is what is wrong with the sound, or empty."""
        self._show_notice(number, "nothing", clean(level))

    def cancelled(self, number: int) -> None:
        """The user cancelled it."""
        self._show_notice(number, "cancelled", "")

    def release(self, number: int) -> None:
        """Stop showing what became of this dictation."""
        if self._notice is not None and self._notice[0] == number:
            self._notice = None
            self.on_change()

    def progress(self, how_far: str) -> None:
        """How far a slow engine is; empty when that is over."""
        if how_far != self._progress:
            self._progress = how_far
            self.on_change()

    def download(self, how_far: str) -> None:
        """How far the download of a model is; empty when it is over. Shown during dictations."""
        if how_far != self._download:
            self._download = how_far
            if self._state != "ready":
                self.on_change()

    def _show_notice(self, number: int, state: str, text: str) -> None:
        self._notice = number, state, text
        self._partial = None
        self.on_change()

    def take(self) -> dict[str, Any]:
        """The whole picture in the form that `window.py` expects. Levels are taken once."""
        levels = [round(each, 2) for each in self._levels]
        self._levels.clear()
        solid, dim = self._words()
        state = "" if self._state == "ready" else self._state
        if not state and self._notice is not None:
            _, state, solid = self._notice
        return {
            "state": state,
            "since": self._since,
            "goes": self._destination if state in BEGUN else "",
            "remote": self._remote,
            "progress": self._progress if self._state != "ready" else "",
            "download": self._download if self._state != "ready" else "",
            "solid": solid,
            "dim": dim,
            "levels": levels,
        }

    def _words(self) -> tuple[str, str]:
        if self._partial is None or self._in_field is not False:
            return "", ""
        text = clean(self._partial.text)
        stable_chars = len(clean(self._partial.text[: self._partial.stable_chars]))
        start = first_shown(text)
        shown = ("…" if start else "") + text[start:]
        cut = max(0, stable_chars - start) + bool(start)
        return shown[:cut], shown[cut:]


def first_shown(text: str) -> int:
    """Where the visible end of a long text starts: at a word, stable for `STEP` characters."""
    if len(text) <= MOST:
        return 0
    start = -(-(len(text) - MOST) // STEP) * STEP
    space = text.find(" ", start, start + STEP)
    return start if space < 0 else space + 1


def level(power: float) -> float:
    """Mean power as a height of the meter in [0, 1]."""
    decibels = 10 * log10(power) if power > 1e-12 else QUIET_DB
    return min(1.0, max(0.0, (decibels - QUIET_DB) / (LOUD_DB - QUIET_DB)))


def clean(text: str) -> str:
    """`text` in one line, without characters that cannot be drawn."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(" " if category(c) == "Cc" else c for c in " ".join(whole.split()))
