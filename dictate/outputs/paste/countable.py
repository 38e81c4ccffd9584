"""Which texts keys can delete or select: BackSpace or Shift+Left, pressed once for each character.

This is exact only right behind the text, and only for characters that every toolkit deletes one by
one. So it is refused after any key or click, for a text with line ends (a terminal has acted on
them, an editor may have indented), and for characters made of several code points. If the
application says that the text stands right before the cursor, line ends and earlier keys are no
reason any more; but behind a line end, some editors delete several spaces at once. In a terminal
the keys that select mean something else.
"""

import re
import unicodedata
from typing import Final

from dictate.translation import _

LONGEST = 1000
"""Maximum number of characters. More take seconds, in which the user may type."""
_RIGHT_TO_LEFT: Final = ("R", "AL", "AN")
_INDENTED: Final = re.compile(r"\n[ \t]")


def why_not_exact(text: str, *, stands: bool = False) -> str | None:
    """Why BackSpace may not remove exactly this text, or None. `stands`: the application says that
    it stands right before the cursor."""
    if len(text) > LONGEST:
        return _("it has more than {count} characters: press Ctrl+Z there").format(count=LONGEST)
    if stands and _INDENTED.search(text):
        return _("its lines are indented, which some editors delete at once: press Ctrl+Z there")
    if "\n" in text and not stands:
        return _("it has line ends, which may have done something there: press Ctrl+Z there")
    signs = text.replace("\n", "")
    if any(unicodedata.category(c)[0] in "MC" or ord(c) > 0xFFFF for c in signs):
        return _("not every application deletes its signs one by one: press Ctrl+Z there")
    return None


def why_not_selectable(text: str, *, stands: bool = False) -> str | None:
    """Why Shift+Left may not select exactly this text, or None. `stands` is as above."""
    if why_not_exact(text, stands=stands):
        return _("it is too long, has line ends, or signs that some applications pass in one step")
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return _("it is written from right to left")
    return None
