"""What stands around the cursor of a text field at this moment, as its application reports it to an
input method.

The last report may be out of date: GTK 3 and 4 report no Enter. They answer each preedit with a
report, unless it crosses one of theirs. So a preview that is shown has the answer, most often
already; without one, an invisible preedit asks for it. It is not sent where something is selected,
which some applications would replace.

GTK 3 never says what is selected, but what is selected there is the primary selection. If that
stands beside the cursor, it is not known which text would be replaced.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from dictate.outputs import FieldText
from dictate.outputs.wayland.field import Field, InputMethod
from dictate.outputs.wayland.thread import WaylandConnection

REPORT_S: Final = 0.1
"""Seconds that an application has to report while a text waits. It needs a few milliseconds, but
GTK 4 is busy for 0.1 s and more when it draws the first sign of another script."""
AGAIN_S: Final = 0.02
"""Seconds before it is asked again."""
_INVISIBLE: Final = "\u200b"


async def content_now(
    connection: WaylandConnection,
    method: InputMethod,
    *,
    preview: str,
    primary: Callable[[], Awaitable[str | None]],
    limit_s: float = REPORT_S,
) -> FieldText | None:
    """None if that is not known within `limit_s`. `preview` is shown in the field; `primary`
    returns the primary selection, or None if its owner does not answer."""
    field = method.field
    if field is None or field.content is None or field.secret or field.terminal:
        return None
    trusted = field.selected and not preview
    if not trusted and not await _is_fresh(connection, method, field, preview, limit_s):
        return None
    if (content := field.content) is None or field.selected or not content.text:
        return content
    chosen = await primary()
    if method.field is not field or chosen is None:
        return None
    beside = content.before.endswith(chosen) or content.after.startswith(chosen)
    return None if chosen and beside else content


async def _is_fresh(
    connection: WaylandConnection, method: InputMethod, field: Field, preview: str, limit_s: float
) -> bool:
    def answered() -> bool:
        return method.field is not field or field.fresh

    end = time.monotonic() + limit_s
    marks = 0 if preview else 1
    if not preview:
        method.preedit(_INVISIBLE)
    while not await connection.wait(answered, AGAIN_S) and time.monotonic() < end:
        marks = 2 if marks == 1 else 1  # only a change is answered
        method.preedit(preview + marks * _INVISIBLE)
    fresh = field.fresh and method.field is field
    if method.field is field and not preview:
        method.preedit("")
    return fresh
