"""Reads the whole content of a selection from its owner, without waiting for a hung owner."""

import logging
import time
from typing import Any

from Xlib import X

from dictate.outputs.x11.selection import Content, Value, atoms_in
from dictate.outputs.x11.thread import XConnection

_log = logging.getLogger(__name__)

ANSWER_S = 0.5
"""Seconds of silence after which an owner counts as hung."""
ALL_S = 2.0
"""Seconds for all targets together. Big pictures in many formats take an owner long; what is
missing then is left out."""
ALL_BYTES = 64 * 1024 * 1024
"""Maximum size of all targets together."""

# Targets that request an action or ask about the selection, and those that hand out a resource of
# the owner, which ends with the owner.
_NO_CONTENT = (
    "TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION",
    "INSERT_PROPERTY", "PIXMAP", "BITMAP", "DRAWABLE", "COLORMAP",
)  # fmt: skip


class NoAnswer(Exception):
    """The selection's owner is hung, or gone."""


async def fetch(connection: XConnection, selection: int) -> Content:
    """The content of `selection` in every target; empty if it has no owner.

    A target that takes too long or is too big is left out, with a warning. Raises NoAnswer if the
    owner does not even list its targets.
    """
    if connection.display.get_selection_owner(selection) == X.NONE:
        return {}
    end = time.monotonic() + ALL_S
    room = ALL_BYTES
    listed = await _convert(connection, selection, connection.atom("TARGETS"), end, room)
    skip = {connection.atom(name) for name in _NO_CONTENT}
    content: Content = {}
    missing = 0
    for target in dict.fromkeys(atoms_in(listed) if listed else []):
        if target in skip:
            continue
        if time.monotonic() >= end:
            missing += 1
            continue
        try:
            value = await _convert(connection, selection, target, end, room)
        except NoAnswer:
            end = time.monotonic()
            value = None
        if value is None:
            missing += 1
            continue
        room -= len(value.data)
        content[target] = value
    if missing:
        _log.warning("clipboard: %d formats of its content could not be saved", missing)
    return content


async def fetch_text(connection: XConnection, selection: int, target: str) -> str | None:
    """The text of `selection` in this target; None if it has none. Raises NoAnswer."""
    if connection.display.get_selection_owner(selection) == X.NONE:
        return None
    end = time.monotonic() + ALL_S
    found = await _convert(connection, selection, connection.atom(target), end, ALL_BYTES)
    return found.data.decode(errors="replace") if found else None


async def _convert(
    connection: XConnection, selection: int, target: int, end: float, room: int
) -> Value | None:
    """The selection in one target, or None if its owner refuses or it is too big."""
    into = connection.atom("_DICTATE_FETCH")
    when = await connection.now()
    connection.window.convert_selection(selection, target, into, when)
    answer = await connection.expect(
        lambda e: (
            e.type == X.SelectionNotify
            and (e.selection, e.target, e.time) == (selection, target, when)
        ),
        min(ANSWER_S, max(0.0, end - time.monotonic())),
    )
    if answer is None:
        raise NoAnswer
    if answer.property == X.NONE:
        return None
    found = _take(connection, into, room)
    if found is None:
        return None
    if found.type != connection.atom("INCR"):
        return found
    return await _gather(connection, into, end, room)


async def _gather(connection: XConnection, into: int, end: float, room: int) -> Value | None:
    """The pieces of an INCR answer; reading a piece away asks for the next one."""
    pieces: list[bytes] = []
    form: tuple[int, int] | None = None
    while True:
        event = await connection.expect(
            lambda e: (
                e.type == X.PropertyNotify and e.atom == into and e.state == X.PropertyNewValue
            ),
            min(ANSWER_S, max(0.0, end - time.monotonic())),
        )
        if event is None:
            raise NoAnswer
        piece = _take(connection, into, room)
        if piece is None:
            return None
        if not piece.data:
            kind = form or (piece.type, piece.format or 8)
            return Value(*kind, b"".join(pieces))
        form = (piece.type, piece.format)
        room -= len(piece.data)
        pieces.append(piece.data)


def _take(connection: XConnection, into: int, room: int) -> Value | None:
    """Read and delete our property; None if there is none or it is bigger than `room`."""
    window: Any = connection.window
    found = window.get_property(into, X.AnyPropertyType, 0, max(0, room) // 4, delete=True)
    if found is None:
        return None
    if found.bytes_after:
        window.delete_property(into)
        return None
    value = found.value
    data = bytes(value) if isinstance(value, bytes) else value.tobytes()
    return Value(found.property_type, found.format, data)
