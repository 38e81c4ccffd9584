"""Whether a microphone is alive, told from nothing but the sound that arrives.

A sound server can hang, lose the device or feed zeros while every call still succeeds. So only
arrivals count. It outlives a stream: what a reopening changed is part of the judgement.
"""

from enum import Enum
from typing import Final

from dictate.events import RATE, Samples

STALLED_S: Final = 0.5
"""Ten bursts of a healthy stream. Less would fire when a busy machine hiccups."""
FIRST_SOUND_S: Final = 3.0
"""A Bluetooth headset takes up to three seconds to become a microphone."""
ZEROS_S: Final = 2.0
"""A real microphone has noise in its last bit. Shorter runs occur while a headset switches."""
LATE_QUESTION_S: Final = 0.3
"""Who asks this late was busy itself: sound may wait unread."""


class Health(Enum):
    """What `check` can say."""

    FINE = "fine"
    STALLED = "stalled"
    """No sound arrives: open it again."""
    ZEROS = "zeros"
    """Nothing but exact zeros arrives: open it again, it may help."""
    MUTED = "muted"
    """Exact zeros, and opening it again did not help: leave it, and tell the user."""


class Heartbeat:
    """Fed with all that arrives, and asked every now and then. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._last = 0.0
        self._patience_s = FIRST_SOUND_S
        self._asked = 0.0
        self._heard_s = 0.0
        self._zeros_s = 0.0
        self._reopened = False

    def opened(self, now: float) -> None:
        """The device was opened, for the first time or again."""
        self._last = self._asked = now
        self._patience_s = FIRST_SOUND_S
        self._heard_s = self._zeros_s = 0.0

    def begin(self) -> None:
        """A dictation begins: the silence before it says nothing."""
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
        # Noise from the first moment on means that opening it again cured it. A device that is
        # silent by itself between the words (a noise gate) will be so again: never mind it.
        if self._heard_s <= STALLED_S:
            self._reopened = False

    def check(self, now: float) -> Health:
        """How the microphone is at this moment. After ZEROS the next zeros are MUTED."""
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
