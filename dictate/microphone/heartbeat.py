"""Whether a microphone works, judged only by the sound that arrives.

A sound server can hang, lose the device or deliver zeros while every call still succeeds. So only
arrivals count. The state outlives a stream: the effect of a reopening is part of the judgement.
"""

from enum import Enum
from typing import Final

from dictate.events import RATE, Samples

STALLED_S: Final = 0.5
"""Seconds without sound after which a stream is stalled: ten bursts of a healthy one. Less would
trigger on short hiccups of a busy machine."""
FIRST_SOUND_S: Final = 3.0
"""Seconds until the first sound must arrive. A Bluetooth headset needs up to three to switch."""
ZEROS_S: Final = 2.0
"""Seconds of exact zeros that count as a fault: a real microphone has noise in its last bit.
Shorter runs occur while a headset switches."""
LATE_QUESTION_S: Final = 0.3
"""Seconds between two checks after which our own loop was busy: sound may wait unread."""


class Health(Enum):
    """The result of `check`."""

    FINE = "fine"
    STALLED = "stalled"
    """No sound arrives: reopen the device."""
    ZEROS = "zeros"
    """Only exact zeros arrive: reopening may help."""
    MUTED = "muted"
    """Exact zeros, and reopening did not help: keep the stream and tell the user."""


class Heartbeat:
    """Gets all sound that arrives, and is checked at intervals. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._last = 0.0
        self._patience_s = FIRST_SOUND_S
        self._asked = 0.0
        self._heard_s = 0.0
        self._zeros_s = 0.0
        self._reopened = False

    def opened(self, now: float) -> None:
        """The device was opened or reopened."""
        self._last = self._asked = now
        self._patience_s = FIRST_SOUND_S
        self._heard_s = self._zeros_s = 0.0

    def begin(self) -> None:
        """A dictation begins; silence before it does not count."""
        self._zeros_s = 0.0

    def heard(self, now: float, samples: Samples) -> None:
        """`samples` arrived."""
        self._last = now
        self._patience_s = STALLED_S
        seconds = len(samples) / RATE
        self._heard_s += seconds
        if not samples.any():
            self._zeros_s += seconds
            return
        self._zeros_s = 0.0
        # Noise right after reopening means that reopening helped. A device that is silent between
        # words by design (a noise gate) will be silent again: ignore that.
        if self._heard_s <= STALLED_S:
            self._reopened = False

    def check(self, now: float) -> Health:
        """The present health. Zeros after a ZEROS result give MUTED."""
        late = now - self._asked > LATE_QUESTION_S
        self._asked = now
        if now - self._last > self._patience_s:
            return Health.FINE if late else Health.STALLED
        if self._zeros_s < ZEROS_S:
            return Health.FINE
        if self._reopened:
            return Health.MUTED
        self._reopened = True
        return Health.ZEROS
