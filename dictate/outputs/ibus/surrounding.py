"""What stands around the cursor of a text field at this moment, as it is reported to our engine.

The last report may be out of date: GTK reports no Enter to the desktop. It answers each preedit
with a report. So a preview that is shown has the answer already; without one, an invisible preedit
asks for it. It is not sent where something is selected, which some applications would replace.
"""

from typing import Final

from dictate.outputs import FieldText
from dictate.outputs.ibus.bus import SurroundingText
from dictate.outputs.ibus.engine import IBusEngine

REPORT_S: Final = 0.1
"""Seconds that an application has to report. It needs some milliseconds."""
_INVISIBLE: Final = "\u200b"


async def report_now(engine: IBusEngine, *, previewed: bool) -> SurroundingText | None:
    """None if it is not known. `previewed`: a preview is shown in the field. Raises IBusLost."""
    if engine.secret or engine.terminal or not engine.reports_text or not engine.on:
        return None
    if not await engine.reports(REPORT_S, lambda _: True):
        return None
    now = engine.surrounding
    if now is not None and now.cursor != now.anchor and not previewed:
        return now
    if not previewed:
        await engine.preedit(_INVISIBLE)
    return engine.surrounding if await engine.reports(REPORT_S, lambda _: engine.fresh) else None


class CursorUnit:
    """Finds the unit of reported positions: GNOME 43 passes on bytes, later ones characters."""

    def __init__(self) -> None:
        self._in_bytes: bool | None = None

    def content(self, report: SurroundingText) -> FieldText | None:
        """None as long as the unit makes a difference and no report has shown it."""
        ends = report.cursor, report.anchor
        data = report.text.encode()
        as_bytes = _characters(data, ends) if max(ends) <= len(data) else None
        as_characters = ends if max(ends) <= len(report.text) else None
        if (as_bytes is None) != (as_characters is None):
            self._in_bytes = as_characters is None
        places = as_bytes if self._in_bytes else as_characters
        if places is None or (self._in_bytes is None and as_bytes != as_characters):
            return None
        return FieldText(report.text, *places)


def _characters(data: bytes, ends: tuple[int, int]) -> tuple[int, int] | None:
    """These positions in characters; None if one is within a character."""
    try:
        cursor, anchor = (len(data[:at].decode()) for at in ends)
    except UnicodeDecodeError:
        return None
    return cursor, anchor
