"""What engines that are not in this process have in common."""

from collections.abc import Callable
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.errors import EngineError

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


def unreachable(
    settings: EngineSettings, parse: Callable[[str], object], example: str
) -> str | None:
    """Why the server that engine.base_url shall name cannot even be asked, or None. `parse` raises
    ValueError for what is no address of its kind, of which there is an example."""
    if not settings.base_url:
        return f"engine.base_url is empty: set it to the server's address, {example}"
    try:
        parse(settings.base_url)
    except ValueError as error:
        return f"engine.base_url: {error}"
    return missing_file(settings, "api_key_file", "certificate_file") or _open_key(settings)


def _open_key(settings: EngineSettings) -> str | None:
    """What to say of a key that others may read, or None."""
    path = settings.api_key_file
    if path and Path(path).stat().st_mode & 0o077:
        return f"engine.api_key_file: others may read {path}: chmod 600 {path}"
    return None


def read_key(settings: EngineSettings) -> str:
    """The key that the server asks for; empty where none is named. Raises EngineError."""
    try:
        key = Path(settings.api_key_file).read_text().strip() if settings.api_key_file else ""
    except (OSError, ValueError) as error:
        raise unreadable("engine.api_key_file", error) from error
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EngineError("engine.api_key_file: a key is one line of ASCII without a space")
    return key


def unreadable(option: str, error: Exception) -> EngineError:
    """The file that this option names cannot be read; without what may be in it."""
    why = getattr(error, "strerror", None) or type(error).__name__
    return EngineError(f"{option} cannot be read: {why}")


def away(host: str, round_trip_s: float) -> str:
    """Where the engine is and how far that is, for people."""
    return f"remote: {host}, {round_trip_s * 1000:.1f} ms away"
