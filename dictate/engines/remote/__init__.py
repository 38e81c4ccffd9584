"""What the clients of remote engines have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dictate.config.schema import EngineSettings
from dictate.engines.pace import REMOTE_PATIENCE, Pace
from dictate.errors import EngineError
from dictate.translation import _

SHARE = 0.8
"""Share of engine.deadline_s after which a client gives up: its own error comes first, and says
more."""


def answer_s(settings: EngineSettings) -> float:
    """Seconds in which the server must answer, or make progress."""
    return settings.deadline_s * SHARE


def text_s(settings: EngineSettings, pace: Pace, sound_s: float) -> float:
    """Seconds in which a server that reports no progress must answer with the text of this much
    sound."""
    return answer_s(settings) + pace.limit_s(sound_s, REMOTE_PATIENCE)


class ServerSettings(Protocol):
    """The options that name a server, in any table of config.toml."""

    @property
    def base_url(self) -> str: ...
    @property
    def api_key_file(self) -> str: ...
    @property
    def certificate_file(self) -> str: ...


def missing_file(settings: object, *options: str, table: str = "engine") -> str | None:
    """A message about the first of these options that names a missing file, or None."""
    for option in options:
        path = getattr(settings, option)
        if path and not Path(path).is_file():
            return _("{table}.{option}: there is no file {path!r}").format(
                table=table, option=option, path=path
            )
    return None


def unreachable(
    settings: ServerSettings,
    parse: Callable[[str], object],
    example: str,
    table: str = "engine",
) -> str | None:
    """Why the settings in this table name no server that could be asked, or None. `parse` raises
    ValueError if base_url is no address of the right kind, such as `example`."""
    if not settings.base_url:
        return _("{table}.base_url is empty: set it to the server's address, {example}").format(
            table=table, example=example
        )
    try:
        parse(settings.base_url)
    except ValueError as error:
        return f"{table}.base_url: {error}"
    files = ("api_key_file", "certificate_file")
    return missing_file(settings, *files, table=table) or _open_key(settings, table)


def _open_key(settings: ServerSettings, table: str) -> str | None:
    """A message about a key file that others may read, or None."""
    path = settings.api_key_file
    if path and Path(path).stat().st_mode & 0o077:
        return _("{table}.api_key_file: others may read {path}: chmod 600 {path}").format(
            table=table, path=path
        )
    return None


def read_key(settings: ServerSettings, table: str = "engine") -> str:
    """The key for the server; empty if the settings name none. Raises EngineError."""
    option = f"{table}.api_key_file"
    try:
        key = Path(settings.api_key_file).read_text().strip() if settings.api_key_file else ""
    except (OSError, ValueError) as error:
        raise unreadable(option, error) from error
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EngineError(
            _("{option}: a key is one line of ASCII without a space").format(option=option)
        )
    return key


def unreadable(option: str, error: Exception) -> EngineError:
    """An error for a file of this option that cannot be read; it contains nothing of the file."""
    why = getattr(error, "strerror", None) or type(error).__name__
    return EngineError(_("{option} cannot be read: {why}").format(option=option, why=why))


def away(host: str, round_trip_s: float) -> str:
    """The engine's host and round trip, for people."""
    return _("remote: {host}, {round_trip_s:.1f} ms away").format(
        host=host, round_trip_s=round_trip_s * 1000
    )
