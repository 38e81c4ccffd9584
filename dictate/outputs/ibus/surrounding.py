"""What stands around the cursor of a text field at this moment, as GNOME Shell reports it to IBus.

The last report may be out of date: GTK reports no Enter to the desktop. It answers each preedit
with a report. So a preview that is shown has the answer already; without one, an invisible preedit
asks for it. It is not sent where something is selected, which some applications would replace.
GNOME Shell passes on a report only if it is not what the last one was: so no answer is one, too.
GTK 3 never says what is selected.
"""

from typing import Final

from dictate.outputs import FieldText
from dictate.outputs.ibus.bus import SurroundingText
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import IBusEngine

ANSWER_S: Final = 0.04
"""Seconds after a preedit in which an application reports a change. It needs some milliseconds."""
_END: Final = 100
"""Characters of a text that are compared; a report holds at least so many."""
_INVISIBLE: Final = "\u200b"


async def report_now(
    desktop: IBusDesktop, engine: IBusEngine, *, previewed: bool
) -> SurroundingText | None:
    """None if it is not known. `previewed`: a preview is shown in the field. Raises IBusLost."""
    last = desktop.surrounding
    if last is None or engine.secret or engine.terminal or not engine.on:
        return None
    if not previewed:
        if last.cursor != last.anchor:
            return last
        await desktop.until_recalled(engine)
        await engine.preedit(_INVISIBLE)
    await desktop.reports(engine.preedit_at, ANSWER_S)
    if not previewed:
        await engine.preedit("")
    return desktop.surrounding


class CursorUnit:
    """Finds the unit of reported positions: GNOME 43 passes on bytes, later ones characters."""

    def __init__(self) -> None:
        self._in_bytes: bool | None = None

    def learn(self, report: SurroundingText, written: str) -> None:
        """`written` stands just before the cursor: only one of the units may say so."""
        end = written[-_END:]
        as_bytes = report.text.encode()[: report.cursor].decode(errors="replace").endswith(end)
        as_characters = report.text[: report.cursor].endswith(end)
        if as_bytes != as_characters:
            self._in_bytes = as_bytes

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


def content_in_utf16(report: SurroundingText) -> FieldText | None:
    """What a field of Qt has reported. None if that does not fit together."""
    data = report.text.encode("utf-16-le", "surrogatepass")
    ends = 2 * report.cursor, 2 * report.anchor
    places = _characters(data, ends, "utf-16-le") if max(ends) <= len(data) else None
    return FieldText(report.text, *places) if places is not None else None


def _characters(
    data: bytes, ends: tuple[int, int], encoding: str = "utf-8"
) -> tuple[int, int] | None:
    """These positions in characters; None if one is within a character."""
    try:
        cursor, anchor = (len(data[:at].decode(encoding)) for at in ends)
    except UnicodeDecodeError:
        return None
    return cursor, anchor
