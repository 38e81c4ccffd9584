"""A connection to the session bus that blocks: for one call after the other, and for signals.

The daemon uses dbus-fast. Its import, and that of asyncio, took two thirds of the time of a command
(bench/README.md).
"""

import socket
import time
from collections.abc import Iterator
from typing import Final

from dictate.ctl import wire
from dictate.errors import Unavailable
from dictate.platform import bus_names

BUS: Final = "org.freedesktop.DBus"
BUS_PATH: Final = "/org/freedesktop/DBus"
_PIECE_BYTES: Final = 64 * 1024


class Connection:
    """Raises Unavailable if there is no session bus, or if it does not answer."""

    def __init__(self) -> None:
        self._serial = 0
        self._received = bytearray()
        self._signalled = False
        address = bus_names.session_address()
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._open(address)
        except TimeoutError as error:
            self.close()
            raise Unavailable(f"the session bus at {address} does not answer") from error
        except OSError as error:
            self.close()
            raise Unavailable(
                f"the session bus at {address} cannot be reached ({error}): {bus_names.ADVICE}"
            ) from error

    def close(self) -> None:
        """End it. What was sent before arrives, because each call waits for its answer."""
        self._socket.close()

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: str | float,
        limit_s: float,
    ) -> wire.Message:
        """The answer, which may be an error. Raises TimeoutError, other OSError."""
        end = time.monotonic() + limit_s
        self._serial += 1
        self._socket.settimeout(limit_s)
        self._socket.sendall(
            wire.call(self._serial, destination, path, interface, member, signature, *body)
        )
        while (message := self._next(end)).reply_to != self._serial:
            self._signalled |= message.kind == wire.SIGNAL
        return message

    def wait_for_signal(self) -> None:
        """Return once a signal has arrived since the last time. Raises OSError."""
        while not self._signalled:
            self._signalled = self._next(None).kind == wire.SIGNAL
        self._signalled = False

    def _open(self, address: str) -> None:
        end = time.monotonic() + bus_names.HELLO_S
        self._socket.settimeout(bus_names.HELLO_S)
        self._connect(address)
        # The bus takes the user from the socket, as in systemd's own client.
        self._socket.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\n")
        while self._received.count(b"\n") < 2:
            self._receive(end)
        answer = self._received.decode(errors="replace").split("\r\n")
        if not answer[1].startswith("OK "):
            raise PermissionError(", ".join(answer[:2]))
        self._received.clear()
        self._socket.sendall(b"BEGIN\r\n")
        rest = end - time.monotonic()
        welcome = self.call(BUS, BUS_PATH, BUS, "Hello", limit_s=max(rest, 0.001))
        if welcome.kind == wire.ERROR:
            raise PermissionError(welcome.error)

    def _connect(self, address: str) -> None:
        failed: OSError = FileNotFoundError("it has no address of a Unix socket")
        for path in _sockets(address):
            try:
                self._socket.connect(path)
            except OSError as error:
                failed = error
            else:
                return
        raise failed

    def _next(self, end: float | None) -> wire.Message:
        while (message := wire.first_message(self._received)) is None:
            self._receive(end)
        return message

    def _receive(self, end: float | None) -> None:
        self._socket.settimeout(None if end is None else max(end - time.monotonic(), 0.001))
        piece = self._socket.recv(_PIECE_BYTES)
        if not piece:
            raise ConnectionResetError("it has ended the connection")
        self._received += piece


def _sockets(address: str) -> Iterator[str]:
    """The Unix sockets in an address of D-Bus, such as "unix:path=/run/user/1000/bus,guid=...";
    others are left out."""
    for each in address.split(";"):
        transport, _, options = each.partition(":")
        for option in options.split(",") if transport == "unix" else ():
            name, _, value = option.partition("=")
            if "%" in value:
                from urllib.parse import unquote

                value = unquote(value)
            if name in ("path", "abstract"):
                yield value if name == "path" else f"\0{value}"
