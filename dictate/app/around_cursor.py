"""Asks an output what stands around the cursor. A text never waits long for that, and is never lost
by it."""

import asyncio
import logging
from typing import Final

from dictate.outputs import Destination, Focus, Output
from dictate.platform.background import ignore_exception
from dictate.text.fit import Around

log = logging.getLogger(__name__)

ANSWER_S: Final = 0.05
"""Seconds that an output has to say what stands around the cursor."""


async def around_cursor(
    output: Output, focus: Focus | None, *, limit_s: float | None = None
) -> Around | None:
    """What a text would stand between: a selection is replaced by it. None if that is not known
    within `limit_s` seconds (default: ANSWER_S). Never raises."""
    if focus is None or output.destination is not Destination.WINDOW:
        return None
    asking = asyncio.ensure_future(output.surrounding(focus))
    ignore_exception(asking)
    try:
        await asyncio.wait({asking}, timeout=ANSWER_S if limit_s is None else limit_s)
    finally:
        asking.cancel()
    if not asking.done() or asking.cancelled():
        log.debug("output %s: what stands around the cursor was not known in time", output.name)
        return None
    if error := asking.exception():
        # Not the error itself: it may quote what stands there.
        log.warning("output %s: no field is read: %s", output.name, type(error).__name__)
        return None
    if (field := asking.result()) is None:
        return None
    if not all(0 <= at <= len(field.text) for at in (field.cursor, field.anchor)):
        return None
    return Around(field.before, field.after)
