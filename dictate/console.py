"""Printing for our commands: whole lines, JSON, colour, and nothing that harms a terminal."""

import json
import os
import sys
from typing import Final, TextIO

_COLOURS: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def line(text: str = "", file: TextIO | None = None) -> None:
    """Print one line and flush it: a program may be waiting at the other end of a pipe."""
    print(text, file=file or sys.stdout, flush=True)


def as_json(value: object, *, indent: int | None = 2) -> None:
    """Print one JSON document."""
    line(json.dumps(value, ensure_ascii=False, indent=indent))


def paint(text: str, colour: str) -> str:
    """The text in a colour, on a terminal, unless the user forbids it (https://no-color.org)."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    wanted = wanted and os.environ.get("TERM") != "dumb"
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if wanted and colour in _COLOURS else text


def safe(text: str, *, newlines: bool = False) -> str:
    """The text without characters that control a terminal; without `newlines`, on one line."""
    if not newlines:
        text = " ".join(text.split())
    return "".join(c if c.isprintable() or (newlines and c in "\n\t") else "�" for c in text)
