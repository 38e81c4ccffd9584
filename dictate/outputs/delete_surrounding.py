"""Takes a text back out of a field whose application says what stands before its cursor.

An input method asks for so and so much to be deleted before the cursor. How much that is, is not
sure: Wayland counts bytes, which GTK 4.8 takes for characters, and IBus counts characters, which
GNOME 43 passes on as bytes. So the first request for a text that is not ASCII is one that stays
inside the text either way, and the application's answer shows how it counts.
"""

from dictate.errors import NotDelivered

ANSWER_S = 2.0
"""So long an application may take to say what it made of a request."""
_CUT_BYTES = 1000
"""An application that has told of more may tell from another place on afterwards."""


class DeleteSurrounding:
    """What is left of `text`, which has to be the end of `before`, all that is told. Raises
    NotDelivered.

    `passed_on`: the desktop may make bytes of characters, and the application characters of those.
    """

    def __init__(self, text: str, before: str, *, passed_on: bool = False) -> None:
        if not text or not before.endswith(text):
            raise NotDelivered(
                "the application does not say that the whole text stands just before the cursor: "
                "undo it there"
            )
        self.left = text
        self._kept = before.removesuffix(text)
        self._before = before
        self._in_bytes: bool | None = None
        if text.isascii():
            self._in_bytes = True
        elif self._most(passed_on=passed_on) > len(text):
            raise NotDelivered(
                "it is too short, or its last sign beyond ASCII too near its start, to see how the "
                "application counts: undo it there"
            )

    def request(self) -> int:
        """How much to ask for now."""
        if self._in_bytes is None:
            return self._telling()
        return len(self.left.encode() if self._in_bytes else self.left)

    def answered(self, before: str) -> bool:
        """Whether this, told now, is what comes of the request, which is done with then."""
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

    def _telling(self) -> int:
        """The bytes of the text's end from its last character on that is more than one."""
        at = max(at for at, character in enumerate(self.left) if not character.isascii())
        return len(self.left[at:].encode())

    def _most(self, *, passed_on: bool) -> int:
        """The characters that may go at the first request."""
        count = self._telling()
        return len(self.left[-count:].encode()) if passed_on else count


def _ends(before: str, wanted: str) -> bool:
    return bool(wanted) and before.endswith(wanted)
