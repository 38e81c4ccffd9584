"""Reads back the text around the cursor of the focused field, through the accessibility bus.

It looks at that field once in a while. Events would show each change, but who registers for them
has every application broadcast to the whole accessibility bus what is typed into it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from dbus_fast.aio import MessageBus

from dictate.outputs import FieldText
from dictate.outputs.accessibility import FOCUSED, PASSWORD, FocusedField, Place, call

LOOK_S: Final = 1.0
"""Seconds between two looks."""
AROUND: Final = 2000
"""Maximum number of characters to read, on each side of the cursor."""

_TEXT: Final = "org.a11y.atspi.Text"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_TERMINAL: Final = 60
"""The role of a terminal, whose text is mostly the output of programs."""
_EDITABLE: Final = 1 << 7
"""A bit among the states of an object."""


async def follow(field: FocusedField, on_text: Callable[[FieldText], None]) -> bool:
    """As `Output.follow_field`, for the field that has the focus now. Whether it could be read."""
    place, before = field.place, None
    while place is not None and await _may_be_read(field, place):
        text = await _around_cursor(field.connection, place)
        if field.place != place or field.secret:
            break
        if text is not None and text != before:
            before = text
            on_text(text)
        await asyncio.sleep(LOOK_S)
    return before is not None


async def _may_be_read(field: FocusedField, place: Place) -> bool:
    """Whether it still has the focus, and the user writes there no secret. A field for passwords
    may become one, and back, when the user has it shown."""
    states, role = await asyncio.gather(field.states(place), field.role(place))
    wanted = FOCUSED | _EDITABLE
    return (
        states is not None
        and states & wanted == wanted
        and role not in (None, PASSWORD, _TERMINAL)
        and field.place == place
    )


async def _around_cursor(connection: MessageBus, place: Place) -> FieldText | None:
    cursor, length = await asyncio.gather(
        *(
            call(connection, place, _PROPERTIES, "Get", "ss", _TEXT, name)
            for name in ("CaretOffset", "CharacterCount")
        )
    )
    if not cursor or not length:
        return None
    at = int(cursor[0].value)
    start, end = max(0, at - AROUND), min(int(length[0].value), at + AROUND)
    found = await call(connection, place, _TEXT, "GetText", "ii", start, end)
    return FieldText(str(found[0]), at - start) if found else None
