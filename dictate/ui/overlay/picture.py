"""What the overlay shows, from what is told; no clock, no loop.

Whoever has news calls a method; whoever shows it is woken and takes the whole picture, which is all
that there is to know: one that was skipped is not missed.
"""

from collections import deque
from collections.abc import Callable
from math import log10
from typing import Any, Final
from unicodedata import category

import numpy as np

from dictate.events import RATE, PartialTranscript, Samples

MOST: Final = 600
"""Characters: of a longer text the end is shown."""
STEP: Final = 200
"""So many characters leave at once, so that the rest stands still in between."""
BAR_S: Final = 0.05
"""Seconds of sound behind one level."""
MOST_LEVELS: Final = 60
QUIET_DB: Final = -55.0
LOUD_DB: Final = -10.0
"""Between these the meter goes from nothing to full."""


class Picture:
    """All methods belong on the loop. `on_news` is called when there is something new to show."""

    def __init__(self, on_news: Callable[[], None] = lambda: None) -> None:
        self.on_news = on_news
        self._state = "ready"
        self._held = 0
        """The dictation whose reason is shown; 0 is none."""
        self._reason = ""
        self._since = 0.0
        self._goes = ""
        self._remote = ""
        self._number = 0
        self._guess: PartialTranscript | None = None
        self._in_field: bool | None = None
        """Whether the guesses stand in the text field itself; None until that is known."""
        self._power = 0.0
        self._samples = 0
        self._levels: deque[float] = deque(maxlen=MOST_LEVELS)

    def session(self, state: str, now: float) -> None:
        """The session is ready, recording or finishing; `now` is monotonic seconds."""
        if state == "recording" and self._state != "recording":
            self._since = now
            self._held = 0
            self._goes = ""
            self._levels.clear()
            self._guess = None
        if state == "ready":
            self._guess = None
        self._state = state
        self.on_news()

    def partial(self, partial: PartialTranscript) -> None:
        """A new guess; one of an earlier dictation than the last is not shown."""
        if partial.dictation < self._number:
            return
        if partial.dictation > self._number:
            self._number = partial.dictation
            self._in_field = None
        self._guess = partial
        self.on_news()

    def previewed(self, number: int, *, in_field: bool) -> None:
        """Whether the guess at this dictation stands in the text field itself, where the eye is:
        its words are then left out here. Until that is told they are not shown, or they would
        flash up."""
        if number == self._number and in_field != self._in_field:
            self._in_field = in_field
            self.on_news()

    def writing(self, number: int) -> None:
        """The text of this dictation goes where it belongs, so it need not stand here. No news: to
        draw just now would keep the desktop from taking the text."""
        if number >= self._number:
            self._guess = None

    def sound(self, samples: Samples) -> None:
        """Some sound of a dictation."""
        self._power += float(np.dot(samples, samples))
        self._samples += len(samples)
        if self._samples >= BAR_S * RATE:
            self._levels.append(level(self._power / self._samples))
            self._power, self._samples = 0.0, 0
            self.on_news()

    def goes(self, where: str) -> None:
        """What will happen to the text, in a word or two."""
        if where != self._goes:
            self._goes = where
            self.on_news()

    def engine(self, device: str) -> None:
        """What the engine in use runs on: of interest if that is another machine."""
        where = device.partition(",")[0] if device.startswith("remote: ") else ""
        if where != self._remote:
            self._remote = where
            self.on_news()

    def held(self, number: int, reason: str) -> None:
        """A text was not written. Shown until `release`, or until the next one is spoken."""
        self._held, self._reason = number, clean(reason)
        self._guess = None
        self.on_news()

    def release(self, number: int) -> None:
        """The user had time to read why that one is held."""
        if self._held == number:
            self._held = 0
            self.on_news()

    def take(self) -> dict[str, Any]:
        """All of it, as `window.py` understands it. Levels are taken once."""
        levels = [round(each, 2) for each in self._levels]
        self._levels.clear()
        solid, dim = self._words()
        state = "" if self._state == "ready" else self._state
        if not state and self._held:
            state, solid = "held", f"{self._reason}. dictatectl paste {self._held}"
        return {
            "state": state,
            "since": self._since,
            "goes": self._goes if state == "recording" else "",
            "remote": self._remote,
            "solid": solid,
            "dim": dim,
            "levels": levels,
        }

    def _words(self) -> tuple[str, str]:
        if self._guess is None or self._in_field is not False:
            return "", ""
        text = clean(self._guess.text)
        settled = len(clean(self._guess.text[: self._guess.settled]))
        start = first_shown(text)
        shown = ("…" if start else "") + text[start:]
        cut = max(0, settled - start) + bool(start)
        return shown[:cut], shown[cut:]


def first_shown(text: str) -> int:
    """Where the shown end of a long text begins: at a word, and the same for a while."""
    if len(text) <= MOST:
        return 0
    start = -(-(len(text) - MOST) // STEP) * STEP
    space = text.find(" ", start, start + STEP)
    return start if space < 0 else space + 1


def level(power: float) -> float:
    """The mean power of some sound, as a height in [0, 1]."""
    decibels = 10 * log10(power) if power > 1e-12 else QUIET_DB
    return min(1.0, max(0.0, (decibels - QUIET_DB) / (LOUD_DB - QUIET_DB)))


def clean(text: str) -> str:
    """In one line, and nothing in it that no program can draw."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(" " if category(c) == "Cc" else c for c in " ".join(whole.split()))
