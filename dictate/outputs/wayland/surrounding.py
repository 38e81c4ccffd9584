"""What stands around the cursor of a text field at this moment, as its application reports it to an
input method.

The last report may be out of date: GTK 3 and 4 report no Enter. They answer each preedit with a
report. So a preview that is shown has the answer already; without one, an invisible preedit asks
for it. It is not sent where something is selected, which some applications would replace.

GTK 3 never says what is selected, but what is selected there is the primary selection. If that
stands beside the cursor, it is not known which text would be replaced.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from dictate.outputs import FieldText
from dictate.outputs.wayland.field import Field, InputMethod
from dictate.outputs.wayland.thread import WaylandConnection

REPORT_S: Final = 0.1
"""Seconds that an application has to report. It needs a few milliseconds."""
_INVISIBLE: Final = "\u200b"


async def content_now(
    connection: WaylandConnection,
    method: InputMethod,
    *,
    previewed: bool,
    primary: Callable[[], Awaitable[str | None]],
) -> FieldText | None:
    """None if that is not known. `previewed`: a preview is shown in the field; `primary` returns
    the primary selection, or None if its owner does not answer."""
    field = method.field
    if field is None or field.content is None or field.secret or field.terminal:
        return None
    trusted = field.selected and not previewed
    if not trusted and not await _is_fresh(connection, method, field, previewed=previewed):
        return None
    if (content := field.content) is None or field.selected or not content.text:
        return content
    chosen = await primary()
    if method.field is not field or chosen is None:
        return None
    beside = content.before.endswith(chosen) or content.after.startswith(chosen)
    return None if chosen and beside else content


async def _is_fresh(
    connection: WaylandConnection, method: InputMethod, field: Field, *, previewed: bool
) -> bool:
    if not previewed:
        method.preedit(_INVISIBLE)
    await connection.wait(lambda: field.fresh or method.field is not field, REPORT_S)
    fresh = field.fresh and method.field is field
    if not previewed and method.field is field:
        method.preedit("")
    return fresh
