"""What to tell the user of a microphone that does not work: each thing once, at the right time."""

from typing import Final

from dictate.events import Samples

PATIENCE_S: Final = 3.0
"""A sound server that restarts is back by then; the user need hear of it only once."""


class MicrophoneAlerts:
    """Told of what happens, it answers with a line for people, or None. Times are monotonic."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A dictation begins: it has heard of nothing yet."""
        self._since: float | None = None
        self._said_gone = False
        self._said_muted = False
        self._signal = False

    def sound(self, samples: Samples) -> None:
        """It works (again)."""
        self._since = None
        self._signal = self._signal or bool(samples.any())

    def lost(self, now: float, reason: str) -> str | None:
        """It was open, and failed."""
        if self._since is not None:
            return self.closed(now, reason)
        self._since = now
        self._said_gone = False
        return f"the microphone is lost: {reason}. Opening it again; what was heard is kept"

    def closed(self, now: float, reason: str) -> str | None:
        """It cannot be opened. If it just got lost, that may pass."""
        if self._since is None:
            self._since = now
            self._said_gone = True
            return f"{reason}. Trying on until the dictation ends"
        if self._said_gone or now - self._since < PATIENCE_S:
            return None
        self._said_gone = True
        return f"the microphone is still lost: {reason}"

    def muted(self) -> str | None:
        """Only exact zeros come, although it was opened again. After sound they mean nothing: a
        noise gate makes them between the words."""
        if self._signal or self._said_muted:
            return None
        self._said_muted = True
        return "the microphone gives only digital silence: is it muted?"
