"""When the engine process makes no draft.

A draft is worth its work only on a machine that has some left: it keeps the engine's thread from
the sound that follows, and is in vain if speech comes back. So there is none

- where the last end of a sound, a draft or the final text, took longer than LONGEST_S: if speech
  comes back at once, the final text may be late by this much;
- where the engine needs more than MOST_RTF of the time for the sound itself: it would catch up too
  slowly with the sound that waited meanwhile;
- while the user has the machine save power, by its platform profile.

Without drafts the final texts are measured on, so drafts come back when the machine is faster
again.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

from dictate.engines.pace import MEASURABLE_S
from dictate.translation import _

LONGEST_S: Final = 0.4
"""The full Nemotron model takes 0.2 to 0.3 s on two cores (bench/README.md)."""
MOST_RTF: Final = 0.6
"""At this factor it takes a second to catch up after a draft of LONGEST_S."""
PROFILE: Final = Path("/sys/firmware/acpi/platform_profile")
"""What "Power Saver" of a desktop sets on most laptops
(https://docs.kernel.org/userspace-api/sysfs-platform_profile.html)."""
SAVING: Final = ("low-power", "quiet")


class DraftLimit:
    """Of one engine on this machine."""

    def __init__(self, profile: Path = PROFILE) -> None:
        self._profile = profile
        self._end_s = 0.0
        self._rtf = 0.0

    def measured(self, end_s: float, worked_s: float, sound_s: float) -> None:
        """The end of an utterance with this much sound took `end_s` seconds of work, and all of it
        `worked_s`."""
        self._end_s = end_s
        if sound_s >= MEASURABLE_S:
            self._rtf = worked_s / sound_s

    @property
    def exceeded(self) -> str:
        """Why this machine makes none now; empty if it does."""
        if self._end_s > LONGEST_S:
            return _("the last one took {end_s:.0f} ms").format(end_s=self._end_s * 1000)
        if self._rtf > MOST_RTF:
            return _("the engine is busy with the sound itself (RTF {rtf:.2f})").format(
                rtf=self._rtf
            )
        with suppress(OSError):  # most machines have no such file
            if self._profile.read_text().strip() in SAVING:
                return _("the machine saves power")
        return ""
