"""Selects a text in a field through the accessibility bus.

AT-SPI takes the two ends of what is to be selected. The user may type between two calls, so what is
selected is read again afterwards; what is anything but the text is let go. No character changes.
"""

import asyncio
import time
from contextlib import suppress
from typing import Final

from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs.accessibility import FocusedField, Place, call
from dictate.outputs.accessible_text import AGAIN_S, TEXT, cursor_of, is_without, read, text_between
from dictate.translation import _

CONFIRM_S: Final = 1.0
"""Seconds that an application has to report what is selected. It needs some milliseconds."""


async def select(field: FocusedField, place: Place, text: str) -> bool:
    """Select `text`, which stands right before the cursor in this field.

    False if the application does not say what stands there, or does not select: nothing has
    happened then. Raises NotDelivered if something else stands there, and DeliveryUnsure if nobody
    knows what is selected now.
    """
    before = await read(field, place, patience_s=CONFIRM_S)
    if before is None:
        return False
    if before.selected or not before.before.endswith(text):
        raise NotDelivered(_("it does not stand right before the cursor any more"))
    ends = await _ends(field, place, text)
    if ends is None:
        return False
    answer = await call(field.connection, place, TEXT, "AddSelection", "ii", *ends)
    after, end = before, time.monotonic() + CONFIRM_S
    while time.monotonic() < end:
        found = await read(field, place)
        after = found or after
        if found is not None and found.selected == text and is_without(text, found, before):
            return True
        if found is not None and (found != before or answer != [True]):
            break
        await asyncio.sleep(AGAIN_S)
    if after.selected:
        await call(field.connection, place, TEXT, "RemoveSelection", "i", 0)
        raise NotDelivered(_("something happened there meanwhile, so nothing is selected"))
    if found is None or after != before:
        raise DeliveryUnsure(_("the application does not say that it has selected it: look there"))
    return False


async def _ends(field: FocusedField, place: Place, text: str) -> tuple[int, int] | None:
    """Where `text` begins and ends, as the application counts; None if it does not say."""
    with suppress(TimeoutError, AttributeError, IndexError, TypeError, ValueError):
        async with asyncio.timeout(CONFIRM_S):
            cursor = await cursor_of(field, place)
            for length in (len(text), len(text.encode("utf-16-le")) // 2):
                if await text_between(field, place, cursor - length, cursor) == text:
                    return cursor - length, cursor
    return None
