"""What our commands print: whole lines, JSON, colour, and nothing that harms a terminal."""

import json
import os
import sys
from typing import Final, TextIO

_COLOURS: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def line(text: str = "", file: TextIO | None = None) -> None:
    """One line, out at once: whoever reads a pipe waits for it."""
    print(text, file=file or sys.stdout, flush=True)


def as_json(value: object, *, indent: int | None = 2) -> None:
    """One JSON document."""
    line(json.dumps(value, ensure_ascii=False, indent=indent))


def paint(text: str, colour: str) -> str:
    """In a colour, where somebody sees it and did not forbid it (https://no-color.org)."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    wanted = wanted and os.environ.get("TERM") != "dumb"
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if wanted and colour in _COLOURS else text


def safe(said: str, *, newlines: bool = False) -> str:
    """Nothing a terminal would take for an order; without `newlines`, in one line."""
    if not newlines:
        said = " ".join(said.split())
    return "".join(c if c.isprintable() or (newlines and c in "\n\t") else "�" for c in said)
