"""The words that the user reads, in the user's language, by gettext.

A text is written in English in the code, whole and not pieced together, and looked up as it is
made: `_("{count} words").format(count=3)`. What is needed in English as well is marked with `N_`
and looked up where it is shown. Log lines, errors of programmers, and what a machine reads stay as
they are. It needs the standard library only: windows import it, too, which run in the system's
Python.
"""

import gettext
import os.path
import sys
from typing import Final

DOMAIN: Final = "dictate"
_FOLDERS: Final = (
    os.path.join(os.path.dirname(__file__), "locale"),  # noqa: PTH118, PTH120
    os.path.join(sys.prefix, "share", "locale"),  # noqa: PTH118
)
"""Where the catalogues may be: in the package, or where a distribution puts those of all
programs. Not by pathlib, which a command that a key press runs would have to load."""


def _catalogue() -> gettext.NullTranslations:
    folder = next((one for one in _FOLDERS if gettext.find(DOMAIN, one)), None)
    if folder:  # argparse looks up its words there
        gettext.bindtextdomain(DOMAIN, folder)
        gettext.textdomain(DOMAIN)
    return gettext.translation(DOMAIN, folder, fallback=True)


_used: Final = _catalogue()


def _(text: str) -> str:
    """The text in the user's language; itself if it is not translated, or empty."""
    return _used.gettext(text) if text else text


def ngettext(one: str, many: str, number: int) -> str:
    """The text for this number of things, in the user's language."""
    return _used.ngettext(one, many, number)


def pgettext(context: str, text: str) -> str:
    """The text in the user's language, where it means different things."""
    return _used.pgettext(context, text)


def N_(text: str) -> str:  # noqa: N802 - the usual name
    """The text itself: it is translated where it is shown."""
    return text


ARGPARSE: Final = (
    "%(prog)s: error: %(message)s\n",
    "%r is not callable",
    "ambiguous option: %(option)s could match %(matches)s",
    "argument %(argument_name)s: %(message)s",
    "expected at least one argument",
    "expected at most one argument",
    "expected one argument",
    "ignored explicit argument %r",
    "invalid %(type)s value: %(value)r",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "not allowed with argument %s",
    "one of the arguments %s is required",
    "options",
    "positional arguments",
    "show this help message and exit",
    "the following arguments are required: %s",
    "unrecognized arguments: %s",
    "usage: ",
)
"""What argparse says; Python has no translations of its own."""
