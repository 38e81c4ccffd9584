"""The lines of our log: harmless to the terminal that shows them, whoever chose the words."""

import logging
import sys

from dictate.plain_text import clean


def log_to_stderr(level: int, form: str, clock: str | None = None) -> None:
    """Write the log of this process to stderr. `form` and `clock` are those of
    `logging.Formatter`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Harmless(form, clock))
    logging.basicConfig(level=level, handlers=[handler])


class _Harmless(logging.Formatter):
    """Removes control characters, and indents what follows a line end: it may look like another
    message."""

    def format(self, record: logging.LogRecord) -> str:
        first, *more = super().format(record).split("\n")
        return "\n".join([clean(first), *(f"  {clean(line)}" for line in more)])
