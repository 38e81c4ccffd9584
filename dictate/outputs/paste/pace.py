"""How long an application may be busy with a text that it has requested.

Some take a text in several steps. How long a step takes depends on how busy the machine is, so it
is measured. An application that has read a text may still be stopped, or busy, before it inserts
it: it is done only when its process was seen to wait for the next event.
"""

import time
from pathlib import Path
from typing import Final

PATIENCE: Final = 5
"""An application that was silent for this many times its longest step so far is done."""
MOST_S: Final = 2.0
"""Maximum number of seconds to wait so; an application that was hung has had a very long step."""
LATE_S: Final = 10.0
"""Seconds after its last step in which an application that does not come to rest may still be busy
with the text."""
LOOK_S: Final = 0.02
"""Seconds between two looks at a process that does not come to rest."""


class Pace:
    """The steps of one application with one text, from the chord on."""

    def __init__(self) -> None:
        self.stepped_at: float = 0.0
        """When it made its last step, monotonic seconds; 0 before the chord."""
        self._longest_s = 0.0
        self._process: int | None = None
        self._rested_at = 0.0

    def begin(self, process: int | None = None) -> None:
        """The chord is pressed now. `process` is the application's, if that is known."""
        self.stepped_at = time.monotonic()
        self._longest_s = 0.0
        self._process = process

    def step(self) -> None:
        """The application has just requested something."""
        if self.stepped_at:
            now = time.monotonic()
            self._longest_s = max(self._longest_s, now - self.stepped_at)
            self.stepped_at = now

    def held_up(self) -> None:
        """Until now it was busy with something else, which is no silence."""
        self.stepped_at = time.monotonic()

    def rest_s(self, least_s: float) -> float:
        """Seconds until it is done, if it stays silent for at least `least_s`; 0 if it is."""
        silent_s = max(least_s, min(PATIENCE * self._longest_s, MOST_S))
        now = time.monotonic()
        if (rest := self.stepped_at + silent_s - now) > 0:
            return rest
        if self._process is None or self._rested_at > self.stepped_at:
            return 0.0
        if now < self.stepped_at + LATE_S and not waits(self._process):
            return LOOK_S
        self._rested_at = now
        return 0.0


def waits(pid: int) -> bool:
    """Whether the main thread of this process sleeps, as it does until the next event; also True if
    it has ended, or if that cannot be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] not in "RDTt"
