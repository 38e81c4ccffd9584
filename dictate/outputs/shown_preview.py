"""Finds what stands in a field beside a preview: Chromium and its kind tell accessibility what an
input method shows there as if it were written.

The field is read before its first preview, so that what is added since can be told from the user's
words. A preview has no sign by which to find it: Chromium makes it the user's own text when another
window gets the focus, and Qt at a click, with whatever is in it.
"""

import asyncio
from typing import Final

from dictate.outputs import FieldText
from dictate.outputs.accessibility import FocusedField, Place
from dictate.outputs.accessible_text import AROUND, read
from dictate.platform.background import ignore_exception

_CUT: Final = AROUND // 2
"""Characters before the cursor from which on they may be the end of a longer text."""


class ShownPreview:
    """The previews in one field, from the first until they are removed."""

    def __init__(self, field: FocusedField, place: Place) -> None:
        self.place = place
        self._shown: set[str] = set()
        self._reading = asyncio.get_running_loop().create_task(read(field, place))
        ignore_exception(self._reading)

    async def comes(self, text: str) -> None:
        """To be awaited before `text` is shown: the field has been read then, as far as it can."""
        self._shown.add(text)
        await asyncio.wait({self._reading})

    def without(self, text: FieldText) -> FieldText | None:
        """What stands in the field beside a preview. None if that cannot be known."""
        done = self._reading.done() and self._reading.exception() is None
        return beside(text, self._reading.result() if done else None, self._shown)


def beside(text: FieldText, before: FieldText | None, shown: set[str]) -> FieldText | None:
    """What stands in the field beside one of the previews in `shown`: `text` is what it says now,
    `before` what it said before the first of them. None if that cannot be known."""
    if text == before:
        return text
    if before is not None and not text.selected and text.after == before.after:
        for preview in shown:
            if _is_end(text.before, before.before + preview):
                at = len(before.before)
                return FieldText(before.before + before.after, at, at)
    return None if any(preview in text.text for preview in shown) else text


def _is_end(text: str, whole: str) -> bool:
    return text == whole or (len(text) >= _CUT and whole.endswith(text))
