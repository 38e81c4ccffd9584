"""A connection to the session bus that blocks: for one call after the other, and for signals.

The daemon uses dbus-fast. Its import, and that of asyncio, took half the time of a command
(bench/README.md); jeepney is small.
"""

from collections import deque
from socket import socket
from typing import Any, Final, NamedTuple

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.bus import get_bus
from jeepney.io.blocking import DBusConnection, prep_socket
from jeepney.low_level import Array, DictEntry, MessageFlag, Struct, Variant, parse_signature
from jeepney.wrappers import DBusErrorResponse

from dictate.errors import Unavailable
from dictate.platform import bus_names
from dictate.translation import _

BUS: Final = "org.freedesktop.DBus"
BUS_PATH: Final = "/org/freedesktop/DBus"


class Answer(NamedTuple):
    """To a call."""

    body: list[Any]
    """In plain types."""
    error: str = ""
    """The name of the error, if it is one."""


class _Bus(DBusConnection):  # type: ignore[misc]  # jeepney has no types
    """Its greeting has a time limit, which jeepney cannot be given."""

    def __init__(self, socket: socket) -> None:
        self._limit_s: float | None = bus_names.HELLO_S
        try:
            super().__init__(socket)
        except BaseException:
            socket.close()
            raise
        self._limit_s = None

    def receive(self, *, timeout: float | None = None) -> Message:
        return super().receive(timeout=self._limit_s if timeout is None else timeout)


class Connection:
    """To the session bus at this address. Raises Unavailable if there is none, or if it does not
    answer."""

    def __init__(self, address: str) -> None:
        try:
            self._connection = _Bus(prep_socket(get_bus(address), timeout=bus_names.HELLO_S))
        except TimeoutError as error:
            raise Unavailable(
                _("the session bus at {address} does not answer").format(address=address)
            ) from error
        except (
            *(OSError, AuthenticationError, ValueError, RuntimeError),
            DBusErrorResponse,  # it has too many connections
        ) as error:
            raise Unavailable(
                _("the session bus at {address} cannot be reached ({error}): {advice}").format(
                    address=address, error=error, advice=bus_names.ADVICE
                )
            ) from error
        self._signals: deque[Message] = deque(maxlen=1)
        self._connection.filter(MatchRule(type="signal"), queue=self._signals)

    def close(self) -> None:
        """End it. What was sent before arrives, because each call waits for its answer."""
        self._connection.close()

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: str | float,
        limit_s: float,
    ) -> Answer:
        """The answer. Starts no service. Raises TimeoutError, other OSError."""
        address = DBusAddress(path, bus_name=destination, interface=interface)
        question = new_method_call(address, member, signature or None, body)
        question.header.flags = MessageFlag.no_auto_start
        message = self._connection.send_and_get_reply(question, timeout=limit_s)
        fields = message.header.fields
        kinds = parse_signature(list(f"({fields.get(HeaderFields.signature, '')})")).fields
        plain = [_plain(kind, value) for kind, value in zip(kinds, message.body, strict=True)]
        is_error = message.header.message_type is MessageType.error
        return Answer(plain, fields[HeaderFields.error_name] if is_error else "")

    def wait_for_signal(self) -> None:
        """Return once a signal has arrived since the last time. Raises OSError."""
        self._connection.recv_until_filtered(self._signals)


def _plain(kind: object, value: Any) -> Any:
    """A value without the signatures of its variants, which jeepney keeps as the first of a
    pair."""
    match kind:
        case Variant():
            signature, inner = value
            return _plain(parse_signature(list(signature)), inner)
        case Array(elt_type=DictEntry(fields=[_, inner])):
            return {key: _plain(inner, each) for key, each in value.items()}
        case Array(elt_type=inner):
            return [_plain(inner, each) for each in value]
        case Struct(fields=inner):
            return [_plain(one, each) for one, each in zip(inner, value, strict=True)]
    return value
