"""Finds a preview in the text of a field: Chromium and its kind tell accessibility what an input
method shows there as if it were written.

Two invisible signs stand around such a preview. So it is found whatever the field says, an earlier
preview, too, and never taken for the same words of the user's.
"""

from typing import Final

from dictate.outputs import FieldText

MARK: Final = "\u2063"
"""Takes no room, joins and parts nothing, and nobody types it."""


def marked(preview: str) -> str:
    return f"{MARK}{preview}{MARK}" if preview else ""


def without_preview(text: FieldText) -> FieldText | None:
    """What stands in the field beside a preview. None if that cannot be known."""
    if MARK not in text.text:
        return text
    before, opening, _ = text.before.removesuffix(MARK).rpartition(MARK)
    if not (opening and text.before.endswith(MARK)) or MARK in before + text.selected + text.after:
        return None
    return FieldText(before + text.selected + text.after, len(before), len(before + text.selected))
