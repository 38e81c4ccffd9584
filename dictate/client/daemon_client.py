"""The daemon as its clients see it: one connection, for some calls or a stream of changes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from dictate.client.connection import BUS, BUS_PATH, Connection
from dictate.errors import ConfigError, DictateError, FocusMoved, NotFound, Unavailable
from dictate.platform import bus_names
from dictate.translation import _

ANSWER_S: Final = 10.0
"""Seconds to wait for an answer."""
SLOW_ANSWER_S: Final = {
    "Paste": 60.0,
    "Check": 60.0,
    "CheckLive": 120.0,
    "Devices": 20.0,
    "Reload": 30.0,
    "ReadFiles": 30.0,
    "Prove": 180.0,
    "Accept": 30.0,
    "Unlearn": 30.0,
    "CorrectWindow": 30.0,
}
"""Seconds to wait for slow methods: some transcribe a recording again, some try every backend."""

_START: Final = _("start it with `systemctl --user start dictate`, or `dictate run` in a terminal")
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_ABSENT: Final = (f"{BUS}.Error.ServiceUnknown", f"{BUS}.Error.NameHasNoOwner")
_KINDS: Final = {kind.__name__: kind for kind in (NotFound, FocusMoved)}
"""The errors of the daemon that a command treats in a special manner."""


class NotRunning(DictateError):
    """The daemon is not running, or cannot be reached."""


class DaemonClient:
    """A connection to the daemon."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(
        self,
        member: str,
        signature: str = "",
        *body: str | float,
        interface: str = bus_names.INTERFACE,
    ) -> Any:
        """Call a method of the daemon; its answer in plain types. Never starts the daemon.

        Raises NotRunning, DictateError.
        """
        name, path = bus_names.NAME, bus_names.PATH
        return self._call(name, path, interface, member, signature, *body)

    def status(self) -> dict[str, Any]:
        """All properties, with names in snake_case. Raises NotRunning, DictateError."""
        found = self.ask("GetAll", "s", bus_names.INTERFACE, interface=_PROPERTIES)
        return {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): v for key, v in found.items()}

    def follow(self) -> Iterator[dict[str, Any]]:
        """The whole status now and after each change. While the daemon is not running, only a state
        "off". Raises NotRunning when the bus goes away.
        """
        name = bus_names.NAME
        for rule in (
            f"type='signal',sender='{name}',interface='{_PROPERTIES}',path='{bus_names.PATH}'",
            f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{name}'",
        ):
            self._call(BUS, BUS_PATH, BUS, "AddMatch", "s", rule)
        while True:
            try:
                yield self.status()
            except NotRunning:
                yield {"state": "off"}
            try:
                self._connection.wait_for_signal()
            except OSError as error:
                raise _gone() from error

    def _call(
        self, name: str, path: str, interface: str, member: str, signature: str, *body: str | float
    ) -> Any:
        limit_s = SLOW_ANSWER_S.get(member, ANSWER_S)
        try:
            answer = self._connection.call(
                name, path, interface, member, signature, *body, limit_s=limit_s
            )
        except TimeoutError as error:
            raise DictateError(
                _(
                    "dictate did not answer within {limit_s:.0f} s: see its log (`journalctl "
                    "--user -u dictate`), or restart it"
                ).format(limit_s=limit_s)
            ) from error
        except OSError as error:
            raise _gone() from error
        if answer.error:
            if answer.error in _ABSENT:
                raise NotRunning(_("dictate is not running: {start}").format(start=_START))
            message = str(answer.body[0]) if answer.body else answer.error
            kind = answer.error.removeprefix(f"{bus_names.ERRORS}.")
            if kind == ConfigError.__name__:
                raise ConfigError(message.splitlines())
            raise _KINDS.get(kind, DictateError)(message)
        return answer.body[0] if answer.body else None


@contextmanager
def client() -> Iterator[DaemonClient]:
    """A connection, closed afterwards. Raises NotRunning if there is no session bus."""
    try:
        connection = Connection(bus_names.session_address())
    except Unavailable as error:
        raise NotRunning(str(error)) from error
    try:
        yield DaemonClient(connection)
    finally:
        connection.close()


def ask(member: str, signature: str = "", *body: str | float) -> Any:
    """What the daemon answers to one call. Raises DictateError."""
    with client() as daemon:
        return daemon.ask(member, signature, *body)


def ask_about_hotwords(member: str, signature: str = "", *body: str | float) -> Any:
    """What the daemon answers to one call of the interface about hotwords. Raises DictateError."""
    with client() as daemon:
        return daemon.ask(member, signature, *body, interface=bus_names.HOTWORDS_INTERFACE)


def ask_about_profiles(member: str, signature: str = "", *body: str) -> Any:
    """What the daemon answers to one call of the interface about profiles. Raises DictateError."""
    with client() as daemon:
        return daemon.ask(member, signature, *body, interface=bus_names.PROFILES_INTERFACE)


def ask_status() -> dict[str, Any]:
    """The daemon's status. Raises DictateError."""
    with client() as daemon:
        return daemon.status()


def _gone() -> NotRunning:
    return NotRunning(_("the session bus has gone away: log in again"))
