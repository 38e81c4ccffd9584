"""The words that the user reads, in the user's language, by gettext.

A text is written in English in the code, and looked up where it is shown. What stands in a table is
marked with `N_` there. It needs the standard library only: windows import it, too, which run in the
system's Python.
"""

import gettext
import sys
from pathlib import Path
from typing import Final

DOMAIN: Final = "dictate"
_FOLDERS: Final = (Path(__file__).with_name("locale"), Path(sys.prefix, "share", "locale"))
"""Where the catalogues may be: in the package, or where a distribution puts those of all
programs."""


def _catalogue() -> gettext.NullTranslations:
    folder = next((one for one in _FOLDERS if gettext.find(DOMAIN, str(one))), None)
    return gettext.translation(DOMAIN, folder and str(folder), fallback=True)


_used: Final = _catalogue()


def _(text: str) -> str:
    """The text in the user's language; itself if it is not translated, or empty."""
    return _used.gettext(text) if text else text


def ngettext(one: str, many: str, number: int) -> str:
    """The text for this number of things, in the user's language."""
    return _used.ngettext(one, many, number)


def N_(text: str) -> str:  # noqa: N802 - the usual name
    """The text itself: it is translated where it is shown."""
    return text
