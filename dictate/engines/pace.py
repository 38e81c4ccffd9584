"""How fast an engine is: what it may take before it counts as hung, and whether it keeps up."""

from typing import Final

from dictate.models.speed import REAL_TIME_RTF
from dictate.translation import _

FASTER: Final = _(
    "a faster engine helps: `dictatectl engine` lists them, and `dictate setup --remote "
    "HOST` uses one of another machine"
)
"""What a user can do about an engine that is too slow."""
MEASURABLE_S: Final = 2.0
"""Seconds of sound from which a real-time factor counts: in a shorter sound, what each utterance
costs in any case dominates."""

UNMEASURED_RTF: Final = 0.5
"""Real-time factor that is assumed of an engine before its first utterance."""
FASTEST_RTF, SLOWEST_RTF = 0.05, 5.0
"""Limits of the real-time factor from which a time limit is computed: a single call may cost more
than the mean, and one busy minute must not extend all later limits without end."""
AT_ONCE_S: Final = 180.0
"""Seconds of sound from which a time limit no longer grows: engines cut longer sound."""
PATIENCE: Final = 20.0
"""How many times longer than measured a call on sound may work."""
REMOTE_PATIENCE: Final = 3.0
"""How many times longer than measured the server of a remote engine may take. It is less because
the client cannot see it work, and a fallback may be waiting."""


class Pace:
    """The measured speed of an engine."""

    def __init__(self) -> None:
        self.rtf = 0.0
        """The highest real-time factor so far; 0 before the first utterance."""

    def measured(self, worked_s: float, sound_s: float) -> None:
        """This much sound took this much work."""
        if sound_s >= MEASURABLE_S:
            self.rtf = max(self.rtf, worked_s / sound_s)

    def limit_s(self, sound_s: float, patience: float = PATIENCE) -> float:
        """Seconds that a call on this much sound may work."""
        rtf = min(max(self.rtf or UNMEASURED_RTF, FASTEST_RTF), SLOWEST_RTF)
        return patience * rtf * min(sound_s, AT_ONCE_S)


def slow_note(rtf: float) -> str:
    """A line for an engine that is slower than speech, with what to do; empty if it keeps up."""
    if rtf <= REAL_TIME_RTF:
        return ""
    return _(
        "it cannot keep up with speech: {rtf:.1f} s of work for a second of sound; {faster}"
    ).format(rtf=rtf, faster=FASTER)
