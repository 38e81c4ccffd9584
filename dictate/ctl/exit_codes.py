"""The exit codes of `dictatectl`. Scripts rely on them, so a number never changes its meaning."""

from typing import Final

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_RUNNING: Final = 3
NOTHING: Final = 4
INTERRUPTED: Final = 130

EXPLAINED: Final = """\
exit codes:
  0  done
  1  failed; the message says why
  2  wrong usage
  3  dictate is not running, or cannot be reached
  4  there is no such thing: no such dictation, hotword or engine, or nothing to show or to end
"""
