"""How long an application may be busy with a text that it has requested.

Some take a text in several steps. How long a step takes depends on how busy the machine is, so it
is measured.
"""

import time
from typing import Final

PATIENCE: Final = 5
"""An application that was silent for this many times its longest step so far is done."""
MOST_S: Final = 2.0
"""Maximum number of seconds to wait so; an application that was hung has had a very long step."""


class Pace:
    """The steps of one application with one text, from the chord on."""

    def __init__(self) -> None:
        self.stepped_at: float = 0.0
        """When it made its last step, monotonic seconds; 0 before the chord."""
        self._longest_s = 0.0

    def begin(self) -> None:
        """The chord is pressed now."""
        self.stepped_at = time.monotonic()
        self._longest_s = 0.0

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
        return max(0.0, self.stepped_at + silent_s - time.monotonic())
