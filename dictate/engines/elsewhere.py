"""What engines that are not in this process have in common."""

from pathlib import Path

from dictate.config import EngineSettings

SHARE = 0.8
"""Of the link's deadline: the engine's own is over first, and says more."""


def answer_s(settings: EngineSettings) -> float:
    """Seconds in which whoever is there must answer, or come on."""
    return settings.deadline_s * SHARE


def missing_file(settings: EngineSettings, *options: str) -> str | None:
    """What to say of the first of these options that names a file which is not there, or None."""
    for option in options:
        path = getattr(settings, option)
        if path and not Path(path).is_file():
            return f"engine.{option}: there is no file {path!r}"
    return None


def away(host: str, round_trip_s: float) -> str:
    """Where the engine is and how far that is, for people."""
    return f"remote: {host}, {round_trip_s * 1000:.1f} ms away"
