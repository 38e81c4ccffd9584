"""How much time has passed for what is kept, whatever the clock of the machine does.

Strategy: a clock that jumps must delete nothing. So the journal has a clock of its own, which goes
on from one look at the world to the next by what is plausible: while the machine is up (suspended
or not) by the kernel's count since the boot, across a boot by the wall clock. A machine that was
off, or a clock that was set, adds a day at most.
"""

from dataclasses import dataclass
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime, time
from typing import Final, Self

from dictate.translation import _, ngettext

DAY_S: Final = 86_400.0
MOST_S: Final = DAY_S
"""Maximum number of seconds that pass between two looks. A daemon that runs looks every hour. What
happens while it does not run cannot be checked, so weeks of holiday count as one day."""
LONGEST_OFF_S: Final = 60 * DAY_S
"""Seconds after which a pause is less plausible than a wrong clock, and does not count at all."""
JUMP_S: Final = DAY_S
"""Seconds by which the clock must be off before it is reported. A time zone is no jump, and
neither are the hours by which two systems on one machine can differ."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """One look at the world."""

    wall: float
    """Wall clock, seconds since the epoch."""
    boot: str
    """The id of this boot of the machine; empty if the system has none."""
    boot_s: float
    """Seconds since the boot, suspended ones included."""

    @classmethod
    def now(cls) -> Self:
        """It reads a small file of the kernel."""
        try:
            boot = _BOOT_ID.read_text().strip()
        except OSError:
            boot = ""
        return cls(time(), boot, clock_gettime(CLOCK_BOOTTIME))


def passed(before: Moment, now: Moment) -> tuple[float, float]:
    """The seconds that count between two looks, and by how many the wall clock jumped (0.0: it did
    not; negative: back)."""
    wall_s = now.wall - before.wall
    same_boot = now.boot == before.boot and now.boot_s >= before.boot_s
    counted_s = now.boot_s - before.boot_s if same_boot else wall_s
    if not 0 <= counted_s <= LONGEST_OFF_S:
        counted_s = 0.0
    jump_s = wall_s - counted_s
    return min(counted_s, MOST_S), jump_s if abs(jump_s) > JUMP_S else 0.0


def jump_message(jump_s: float) -> str:
    """What the user learns of a jump."""
    days = round(abs(jump_s) / DAY_S)
    size = ngettext("{days:,} day", "{days:,} days", days).format(days=days)
    jumped = (
        _("the clock of this machine jumped {size} ahead")
        if jump_s > 0
        else _("the clock of this machine jumped {size} back")
    ).format(size=size)
    why = _(
        "nothing is deleted for that, because only days on which Dictate runs count. Check the date"
    )
    return f"{jumped}: {why}"
