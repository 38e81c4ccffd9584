"""The Wayland protocol on the wire: messages to and from objects, and open files with them.

A message is the object's number, its size and opcode, and the arguments in the machine's byte
order, in steps of four bytes. `wayland/protocols.py` lists the arguments of each message, one
letter for each: i int, u uint, s string, o object (0: none), n new object, a array, h open file.
"""

import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dictate.translation import _

FILES_AT_ONCE = 20
"""Maximum number of open files in one write; libwayland accepts 28."""
READ_BYTES = 65_536
_FROM_SERVER = 0xFF000000
"""Objects with this number or a higher one are made by the compositor."""


class WireError(Exception):
    """The compositor disconnected, or rejected a message; the connection has ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Interface:
    """The messages of one kind of object: "name:arguments", in the order of the opcodes."""

    name: str
    version: int
    requests: str
    events: str = ""
    makes: Mapping[str, "Interface"] = field(default_factory=dict)
    """The kind of the object in an event, by the event's name."""

    def table(self, messages: str) -> list[tuple[str, str]]:
        pairs = [each.partition(":") for each in messages.split()]
        return [(name, arguments) for name, __, arguments in pairs]


class Object:
    """One object. `on` holds the handlers of its events, by name; other events are dropped."""

    def __init__(self, wire: "Wire", interface: Interface, number: int) -> None:
        self.interface = interface
        self.number = number
        self.on: dict[str, Callable[..., None]] = {}
        self.events = interface.table(interface.events)
        requests = enumerate(interface.table(interface.requests))
        self._requests = {name: (code, arguments) for code, (name, arguments) in requests}
        self._wire = wire

    def send(self, request: str, *values: Any) -> Any:
        """Queue a request. For a new object pass its Interface; the object is returned.

        An open file belongs to the wire from then on, and the wire closes it.
        """
        code, arguments = self._requests[request]
        return self._wire.queue(self.number, code, arguments, values)


class Wire:
    """A connection. `read` dispatches events, `flush` sends what is queued; neither blocks.

    Both raise WireError.
    """

    def __init__(self, connected: socket.socket, display: Interface) -> None:
        self.socket = connected
        self.socket.settimeout(0)
        self.lost = False
        self._objects: dict[int, Object] = {}
        self._next = 1
        self._free: deque[int] = deque()
        self._out: deque[tuple[bytearray, list[int]]] = deque()
        self._in = bytearray()
        self._files: deque[int] = deque()
        self.display = self._new(display)
        self.display.on["error"] = self._error
        self.display.on["delete_id"] = self._deleted

    @property
    def waiting(self) -> bool:
        """Whether something is queued."""
        return bool(self._out)

    def queue(self, number: int, code: int, arguments: str, values: tuple[Any, ...]) -> Any:
        """Queue a message. Returns the new object in it, if there is one."""
        body = bytearray()
        files: list[int] = []
        made = None
        for kind, value in zip(arguments, values, strict=True):
            match kind:
                case "i":
                    body += struct.pack("=i", value)
                case "u":
                    body += struct.pack("=I", value)
                case "s":
                    body += _string(value)
                case "o":
                    body += struct.pack("=I", value.number if value else 0)
                case "n":
                    made = self._new(value)
                    body += struct.pack("=I", made.number)
                case "h":
                    files.append(value)
        message = struct.pack("=II", number, (8 + len(body)) << 16 | code) + body
        if not self._out or len(self._out[-1][1]) + len(files) > FILES_AT_ONCE:
            self._out.append((bytearray(), []))
        self._out[-1][0].extend(message)
        self._out[-1][1].extend(files)
        return made

    def bind(self, registry: Object, number: int, interface: Interface, version: int) -> Object:
        """Get a global as an object. Only this request carries the kind of its new object."""
        made = self._new(interface)
        body = struct.pack("=I", number) + _string(interface.name)
        body += struct.pack("=II", version, made.number)
        self._out.append(
            (bytearray(struct.pack("=II", registry.number, (8 + len(body)) << 16)), [])
        )
        self._out[-1][0].extend(body)
        return made

    def flush(self) -> None:
        """Send what is queued, as far as the compositor accepts it now."""
        while self._out:
            data, files = self._out[0]
            try:
                sent = socket.send_fds(self.socket, [data], files) if data else 0
            except BlockingIOError:
                return
            except OSError as error:
                raise self._hung_up(error) from error
            for each in files:
                os.close(each)
            files.clear()
            del data[:sent]
            if not data:
                self._out.popleft()

    def read(self) -> None:
        """Dispatch all events that have arrived."""
        while True:
            try:
                data, files, __, __ = socket.recv_fds(self.socket, READ_BYTES, FILES_AT_ONCE * 2)
            except BlockingIOError:
                return
            except OSError as error:
                raise self._hung_up(error) from error
            self._files.extend(files)
            if not data:
                raise self._hung_up(None)
            self._in += data
            self._dispatch()

    def close(self) -> None:
        """Close the connection, and all open files that are queued or not yet dispatched."""
        self.lost = True
        self.socket.close()
        for __, files in self._out:
            self._files.extend(files)
        self._out.clear()
        while self._files:
            os.close(self._files.popleft())

    def _dispatch(self) -> None:
        while len(self._in) >= 8:
            number, head = struct.unpack_from("=II", self._in)
            size, code = head >> 16, head & 0xFFFF
            if len(self._in) < size:
                return
            body = bytes(self._in[8:size])
            del self._in[:size]
            target = self._objects.get(number)
            if target is not None:
                self._event(target, code, body)

    def _event(self, target: Object, code: int, body: bytes) -> None:
        name, arguments = target.events[code]
        values: list[Any] = []
        at = 0
        for kind in arguments:
            if kind == "h":
                values.append(self._files.popleft())
                continue
            (word,) = struct.unpack_from("=i" if kind == "i" else "=I", body, at)
            at += 4
            match kind:
                case "s" | "a":
                    data = body[at : at + word]
                    at += (word + 3) & ~3
                    values.append(data if kind == "a" else data[:-1].decode(errors="replace"))
                case "o":
                    values.append(self._objects.get(word))
                case "n":
                    made = self._objects[word] = Object(self, target.interface.makes[name], word)
                    values.append(made)
                case _:
                    values.append(word)
        if handler := target.on.get(name):
            handler(*values)
        else:
            for kind, value in zip(arguments, values, strict=True):
                if kind == "h":
                    os.close(value)

    def _new(self, interface: Interface) -> Object:
        number = self._free.popleft() if self._free else self._next
        if number == self._next:
            self._next += 1
        made = self._objects[number] = Object(self, interface, number)
        return made

    def _deleted(self, number: int) -> None:
        # An object of ours stays known until here, because events of its kind may still arrive; one
        # of the compositor until the compositor reuses its number.
        if number < _FROM_SERVER and number in self._objects:
            del self._objects[number]
            self._free.append(number)

    def _error(self, culprit: Object | None, code: int, message: str) -> None:
        self.lost = True
        kind = culprit.interface.name if culprit else "?"
        reason = f"{kind} {code}: {message}"
        raise WireError(_("the compositor refused: {reason}").format(reason=reason))

    def _hung_up(self, error: OSError | None) -> WireError:
        self.lost = True
        hung_up = _("the compositor hung up")
        return WireError(f"{hung_up}: {error}" if error else hung_up)


def _string(value: str) -> bytes:
    data = value.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + bytes(-len(data) % 4)
