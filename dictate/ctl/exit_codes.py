"""The exit codes of `dictatectl`. Scripts rely on them, so a number never changes its meaning."""

from typing import Final

from dictate.translation import _

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_RUNNING: Final = 3
NOTHING: Final = 4
INTERRUPTED: Final = 130

EXPLAINED: Final = _(
    "exit codes:\n"
    "  0  done\n"
    "  1  failed; the message says why\n"
    "  2  wrong usage\n"
    "  3  dictate is not running, or cannot be reached\n"
    "  4  there is no such thing: no such dictation, hotword or engine, or nothing to show "
    "or to end\n"
)
