"""Reads the text around the cursor of the focused field through the accessibility bus.

It asks for that text when it is wanted. Events would show each change, but who registers for them
has every application broadcast to the whole accessibility bus what is typed into it.

What an application says is believed only as far as it fits together, because some count characters
otherwise (Qt: UTF-16), some call a field focused whose window is not (Chromium), and the user may
type between two answers. A wrong text is worse than none.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

from dbus_fast import Variant

from dictate.outputs import FieldText
from dictate.outputs.accessibility import FOCUSED, PASSWORD, PROPERTIES, FocusedField, Place, call

LOOK_S: Final = 1.0
"""Seconds between two looks."""
READ_S: Final = 0.2
"""Seconds that an application has for one look. It needs a millisecond or two."""
AGAIN_S: Final = 0.02
"""Seconds before a busy application is asked again."""
AROUND: Final = 2000
"""Maximum number of characters to read, on each side of the cursor or the selection."""
MOST_SELECTED: Final = 20_000
"""Maximum number of selected characters."""

TEXT: Final = "org.a11y.atspi.Text"
_TERMINAL: Final = 60
"""The role of a terminal, whose text is mostly the output of programs."""
_EDITABLE: Final = 1 << 7
"""A bit among the states of an object."""
_OBJECT: Final = "\ufffc"
"""Stands in a text for another object, such as a paragraph, which may hold the cursor."""
_MALFORMED: Final = (AttributeError, IndexError, TypeError, ValueError)
"""What comes of an answer that is not as AT-SPI has it."""


class _Left(Exception):
    """The field has lost the focus, or is not one to be read."""


async def read(
    field: FocusedField, place: Place | None = None, *, patience_s: float = 0.0
) -> FieldText | None:
    """As `Output.surrounding`, for the field that has the focus now, or for the one at `place` if
    that is it. A busy application has `patience_s` seconds, but READ_S at least."""
    place = place or field.place
    if place is None:
        return None
    with contextlib.suppress(_Left, TimeoutError, *_MALFORMED):
        async with asyncio.timeout(max(patience_s, READ_S)):
            while (found := await _look(field, place)) is None and patience_s:  # noqa: ASYNC110
                await asyncio.sleep(AGAIN_S)
            return found
    return None


def is_without(text: str, now: FieldText, earlier: FieldText) -> bool:
    """Whether all that has changed around the cursor, or around what is selected, is that `text`
    does not stand before it any more. Of a long text, less was read before the first time."""
    kept = earlier.before.removesuffix(text)
    same = now.before == kept or (len(earlier.before) >= AROUND and now.before.endswith(kept))
    return same and now.after == earlier.after


async def follow(field: FocusedField, on_text: Callable[[FieldText], None]) -> bool:
    """As `Output.follow_field`, for the field that has the focus now. Whether it could be read."""
    place, before = field.place, None
    with contextlib.suppress(_Left, *_MALFORMED):
        while place is not None:
            text = await _look(field, place)
            if text is not None and text != before:
                before = text
                on_text(text)
            await asyncio.sleep(LOOK_S)
    return before is not None


async def _look(field: FocusedField, place: Place) -> FieldText | None:
    """None if it cannot be known what stands there. Raises _Left, or one of _MALFORMED."""
    states, role, windows, at, chosen = await asyncio.gather(
        field.states(place),
        field.role(place),
        field.windows(place),
        _cursor_and_length(field, place),
        call(field.connection, place, TEXT, "GetSelection", "i", 0),
    )
    # A field for passwords may become one, and back, when the user has it shown.
    if states is None or role in (None, PASSWORD, _TERMINAL) or field.place != place:
        raise _Left
    if states & (FOCUSED | _EDITABLE) != FOCUSED | _EDITABLE:
        raise _Left
    (cursor, length), (first, last) = at, _selection(chosen, at[0])
    if not 0 <= first <= cursor <= last <= length or cursor not in (first, last):
        return None
    if last - first > MOST_SELECTED:
        return None
    start, end = max(0, first - AROUND), min(length, last + AROUND)
    # In three pieces: so the cursor is in its place, whatever the application counts.
    pieces, now, active = await asyncio.gather(
        asyncio.gather(
            text_between(field, place, start, first),
            text_between(field, place, first, last),
            text_between(field, place, last, end),
        ),
        _cursor_and_length(field, place),
        asyncio.gather(*map(field.is_active, windows)),
    )
    if not any(active) or field.place != place or field.secret:
        raise _Left
    before, selected, after = pieces
    if before is None or selected is None or after is None or now != at:
        return None
    if cursor == last and 0 < len(selected) <= _astral(before + selected):
        return None  # Chromium moves a selection to the left by the number of these
    if _OBJECT in (before[-1:], after[:1]) or _OBJECT in selected:
        return None
    ends = len(before), len(before) + len(selected)
    cursor, anchor = ends if cursor == first else ends[::-1]
    return FieldText(before + selected + after, cursor, anchor)


async def _cursor_and_length(field: FocusedField, place: Place) -> tuple[int, int]:
    """In the application's own units; -1 for what it does not say."""
    cursor, length = await asyncio.gather(
        *(
            call(field.connection, place, PROPERTIES, "Get", "ss", TEXT, name)
            for name in ("CaretOffset", "CharacterCount")
        )
    )
    return _number(cursor), _number(length)


async def cursor_of(field: FocusedField, place: Place) -> int:
    """Where the cursor is, in the application's own units. May raise what a malformed answer
    causes."""
    return (await _cursor_and_length(field, place))[0]


def _number(answer: list[Any] | None) -> int:
    value = answer[0] if answer else -1
    return int(value.value if isinstance(value, Variant) else value)


def _selection(answer: list[Any] | None, cursor: int) -> tuple[int, int]:
    """Where the selection begins and ends. Where nothing is selected, some applications answer with
    an error, some with two equal numbers, wherever the cursor is."""
    first, last = map(int, answer) if answer else (cursor, cursor)
    return (first, last) if first != last else (cursor, cursor)


def _astral(text: str) -> int:
    """The number of characters that are two in UTF-16."""
    return sum(character > "\uffff" for character in text)


async def text_between(field: FocusedField, place: Place, start: int, end: int) -> str | None:
    """None if the answer does not have that length."""
    if start == end:
        return ""
    answer = await call(field.connection, place, TEXT, "GetText", "ii", start, end)
    text = str(answer[0]) if answer else ""
    lengths = len(text), len(text.encode("utf-16-le", "surrogatepass")) // 2
    return text if end - start in lengths else None
