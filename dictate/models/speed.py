"""What a measured speed means."""

from typing import Final

from dictate.translation import _

REAL_TIME_RTF: Final = 0.8
"""Seconds of work for a second of sound, up to which a machine keeps up with the voice. The rest is
for the desktop."""


def describe_speed(rtf: float, device: str) -> str:
    """The speed for people."""
    verdict = _("real time") if rtf <= REAL_TIME_RTF else _("slower than speech")
    on = _(" on {device}").format(device=device) if device else ""
    return _("{verdict} ({rtf:.2f} s of work for a second of sound{on})").format(
        verdict=verdict, rtf=rtf, on=on
    )
