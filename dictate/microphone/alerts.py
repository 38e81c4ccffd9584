"""What the user learns about a microphone that fails: each problem once, at the right time."""

from typing import Final

from dictate.events import Samples
from dictate.translation import _

PATIENCE_S: Final = 3.0
"""Seconds without a second message after a loss: a restarting sound server is back by then."""


class MicrophoneAlerts:
    """Each method takes an event and returns a message for the user, or None. Times: monotonic."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A dictation begins; nothing has been reported in it yet."""
        self._since: float | None = None
        self._reported_lost = False
        self._reported_muted = False
        self._signal = False

    def sound(self, samples: Samples) -> None:
        """Sound arrived: the microphone works (again)."""
        self._since = None
        self._signal = self._signal or bool(samples.any())

    def lost(self, now: float, reason: str) -> str | None:
        """The open microphone failed."""
        if self._since is not None:
            return self.closed(now, reason)
        self._since = now
        self._reported_lost = False
        lost = _("the microphone is lost: {reason}. Opening it again; what was heard is kept")
        return lost.format(reason=reason)

    def closed(self, now: float, reason: str) -> str | None:
        """The microphone cannot be opened. Right after a loss that may pass."""
        if self._since is None:
            self._since = now
            self._reported_lost = True
            return _("{reason}. Retrying until the dictation ends").format(reason=reason)
        if self._reported_lost or now - self._since < PATIENCE_S:
            return None
        self._reported_lost = True
        return _("the microphone is still lost: {reason}").format(reason=reason)

    def muted(self) -> str | None:
        """Only exact zeros arrive, even after reopening. After real sound they mean nothing: a
        noise gate produces them between words."""
        if self._signal or self._reported_muted:
            return None
        self._reported_muted = True
        return _("the microphone gives only digital silence: is it muted?")
