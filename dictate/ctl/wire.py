"""Messages of D-Bus as bytes: the calls that `dictatectl` makes, and everything that it receives.

The wire format is that of https://dbus.freedesktop.org/doc/dbus-specification.html, "Message
Format". The bus checks each message, so nothing is checked here.
"""

import struct
from functools import cache
from typing import Any, Final, NamedTuple

METHOD_CALL: Final = 1
METHOD_RETURN: Final = 2
ERROR: Final = 3
SIGNAL: Final = 4

_NO_AUTO_START: Final = 2
"""The flag of a call that must not start its receiver."""
_VERSION: Final = 1
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_TO, _DESTINATION, _SENDER, _SIGNATURE = range(1, 9)
"""The fields of a header."""
_FIXED: Final = 16
"""Bytes of a header before its fields."""
_NUMBERS: Final = {
    "y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d",
    "h": "I",
}  # fmt: skip
"""The numbers of D-Bus as `struct` names them."""


class Message(NamedTuple):
    """What the bus sends."""

    kind: int
    reply_to: int
    """The serial of the call that it answers, or 0."""
    error: str
    """The name of the error, or an empty text."""
    member: str
    body: list[Any]
    """Plain values; a variant is the value in it."""


def call(
    serial: int,
    destination: str,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    *body: str | float,
) -> bytes:
    """A call with strings and numbers. It starts no receiver."""
    content, fields = bytearray(), bytearray()
    for kind, value in zip(signature, body, strict=True):
        _append(content, kind, value)
    for code, kind, text in (
        (_PATH, "o", path),
        (_INTERFACE, "s", interface),
        (_MEMBER, "s", member),
        (_DESTINATION, "s", destination),
        (_SIGNATURE, "g", signature),
    ):
        _align(fields, 8)
        fields += bytes((code, 1)) + kind.encode() + b"\0"
        _append(fields, kind, text)
    start = (ord("l"), METHOD_CALL, _NO_AUTO_START, _VERSION, len(content), serial, len(fields))
    header = bytearray(struct.pack("<BBBBIII", *start)) + fields
    _align(header, 8)
    return bytes(header + content)


def first_message(received: bytearray) -> Message | None:
    """The first message, which is removed; None until all of it is there."""
    if len(received) < _FIXED:
        return None
    order = "<" if received[0] == ord("l") else ">"
    body_bytes, _serial, fields_bytes = struct.unpack_from(f"{order}III", received, 4)
    start = _FIXED + -(-fields_bytes // 8) * 8
    if len(received) < start + body_bytes:
        return None
    header, body = bytes(received[:start]), bytes(received[start : start + body_bytes])
    del received[: start + body_bytes]
    fields = dict(_Reader(header, order, _FIXED - 4).value("a(yv)"))
    reader = _Reader(body, order)
    return Message(
        header[1],
        fields.get(_REPLY_TO, 0),
        fields.get(_ERROR_NAME, ""),
        fields.get(_MEMBER, ""),
        [reader.value(kind) for kind in _types(fields.get(_SIGNATURE, ""))],
    )


class _Reader:
    """Reads values one after the other."""

    def __init__(self, data: bytes, order: str, at: int = 0) -> None:
        self._data = data
        self._order = order
        self._at = at

    def value(self, kind: str) -> Any:
        """The next value, which is of this single complete type."""
        first = kind[0]
        if first in _NUMBERS:
            number = self._number(_NUMBERS[first])
            return bool(number) if first == "b" else number
        if first == "v":
            return self.value(self.value("g"))
        if first == "a":
            return self._array(kind[1:])
        if first == "(":
            self._align(8)
            return tuple(self.value(each) for each in _types(kind[1:-1]))
        length = self._number("B" if first == "g" else "I")
        begin, self._at = self._at, self._at + length + 1
        return self._data[begin : begin + length].decode()

    def _array(self, kind: str) -> list[Any] | dict[Any, Any]:
        length = self._number("I")
        self._align(_alignment(kind))
        end = self._at + length
        if kind[0] != "{":
            found = []
            while self._at < end:
                found.append(self.value(kind))
            return found
        key, value = _types(kind[1:-1])
        pairs = {}
        while self._at < end:
            self._align(8)
            name = self.value(key)
            pairs[name] = self.value(value)
        return pairs

    def _number(self, kind: str) -> Any:
        size = struct.calcsize(kind)
        self._align(size)
        self._at += size
        return struct.unpack_from(self._order + kind, self._data, self._at - size)[0]

    def _align(self, size: int) -> None:
        self._at += -self._at % size


@cache
def _types(signature: str) -> list[str]:
    """Its single complete types: "sa{sv}" is "s" and "a{sv}"."""
    found, begin, depth = [], 0, 0
    for end, sign in enumerate(signature, 1):
        depth += (sign in "({") - (sign in ")}")
        if depth == 0 and sign != "a":
            found.append(signature[begin:end])
            begin = end
    return found


def _alignment(kind: str) -> int:
    first = kind[0]
    if first in "({":
        return 8
    return 1 if first in "gv" else struct.calcsize(_NUMBERS.get(first, "I"))


def _append(into: bytearray, kind: str, value: str | float) -> None:
    if isinstance(value, str):
        text = value.encode()
        if kind == "g":
            into.append(len(text))
        else:
            _append(into, "u", len(text))
        into += text + b"\0"
        return
    packed = struct.pack(f"<{_NUMBERS[kind]}", value)
    _align(into, len(packed))
    into += packed


def _align(data: bytearray, size: int) -> None:
    data += bytes(-len(data) % size)
