"""Takes a text back out of a field whose application reports the text before its cursor.

An input method can ask for a number of units before the cursor to be deleted. The unit is not sure:
Wayland counts bytes, which GTK 4.8 takes for characters; IBus counts characters, which GNOME 43
passes on as bytes. So the first request for a text beyond ASCII is small enough to stay inside the
text with either unit, and the application's answer shows which one it uses.
"""

from dictate.errors import NotDelivered
from dictate.translation import _

ANSWER_S = 2.0
"""Seconds that an application has to report the result of a request."""
_CUT_BYTES = 1000
"""Bytes. An application that reported more than this may report a different excerpt next time."""


class DeleteSurrounding:
    """The deletion of `text`, which must be the end of `before`, the text that is reported.

    `passed_on`: the desktop may turn characters into bytes, and the application those into
    characters. Raises NotDelivered.
    """

    def __init__(self, text: str, before: str, *, passed_on: bool = False) -> None:
        if not text or not before.endswith(text):
            raise NotDelivered(
                _(
                    "the application does not say that the whole text stands just before the "
                    "cursor: undo it there"
                )
            )
        self.left = text
        self._kept = before.removesuffix(text)
        self._before = before
        self._in_bytes: bool | None = None
        if text.isascii():
            self._in_bytes = True
        elif self._most(passed_on=passed_on) > len(text):
            raise NotDelivered(
                _(
                    "it is too short, or its last sign beyond ASCII too near its start, to "
                    "see how the application counts: undo it there"
                )
            )

    def request(self) -> int:
        """The number of units to ask for now."""
        if self._in_bytes is None:
            return self._probe()
        return len(self.left.encode() if self._in_bytes else self.left)

    def answered(self, before: str) -> bool:
        """Whether `before`, as reported now, is the result of the request. If so, it is done."""
        count = self.request()
        left = {}
        if self._in_bytes is not False:
            left[True] = self.left.encode()[:-count].decode()
        if not self._in_bytes:
            left[False] = self.left[:-count]
        found = [unit for unit in left if before == self._kept + left[unit]]
        if not found and len(self._before.encode()) > _CUT_BYTES and before != self._before:
            found = [unit for unit in left if _ends(before, self._kept + left[unit])]
        if len(found) != 1:
            return False
        self._in_bytes = found[0]
        self.left = left[found[0]]
        self._before = before
        return True

    def _probe(self) -> int:
        """The bytes from the last character beyond ASCII to the end: as characters, they are
        fewer."""
        at = max(at for at, character in enumerate(self.left) if not character.isascii())
        return len(self.left[at:].encode())

    def _most(self, *, passed_on: bool) -> int:
        """The most characters that the first request may delete."""
        count = self._probe()
        return len(self.left[-count:].encode()) if passed_on else count


def _ends(before: str, wanted: str) -> bool:
    return bool(wanted) and before.endswith(wanted)
