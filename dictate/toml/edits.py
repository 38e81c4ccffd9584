"""Changes one table of a TOML text. All else stays as it is, comments included.

tomlkit keeps comments, but moves tables where [[profile]] and [[key]] alternate, and takes ten
seconds to parse a list of 10,000 terms. So it gets only the part of the text that changes.
"""

from collections.abc import Callable
from typing import Any

import tomli
import tomlkit

from dictate.toml.positions import Key, span_of


def changed(text: str, key: Key, change: Callable[[Any], None]) -> str:
    """The text after a change to a [table] or [[table]] in it; () is the top of the file."""
    lines = text.split("\n")
    span = span_of(text, key) if key else _top(lines)
    if span is None:
        document: Any = tomlkit.parse(text)
        table = document
        for part in key:
            table = table[part]
        change(table)
        return tomlkit.dumps(document)
    start, stop = span
    document = tomlkit.parse("\n".join([*lines[start:stop], ""]))
    table = document
    for part in key:  # of several [[table]], only this one is there
        table = table[part if isinstance(part, str) else 0]
    change(table)
    own = tomlkit.dumps(document).removesuffix("\n").split("\n")
    return "\n".join([*lines[:start], *own, *lines[stop:]])


def append(items: Any, item: Any) -> None:
    """Add an item to a list. tomlkit alone would add it to the comment on the last line, if there
    is one."""
    lines = items.as_string().split("\n")
    if len(lines) == 1:
        items.append(item)
        return
    last = next((line for line in reversed(lines[1:-1]) if line.strip()), "    ")
    items.add_line(item, indent=last[: len(last) - len(last.lstrip())])


def _top(lines: list[str]) -> tuple[int, int] | None:
    """The lines above the first [table], without the comments on it; None if there is no table."""
    stops = (stop for stop, line in enumerate(lines) if line.lstrip().startswith("["))
    stop = next((stop for stop in stops if _is_toml("\n".join(lines[:stop]))), None)
    if stop is None:
        return None
    while stop > 0 and lines[stop - 1].strip()[:1] in ("", "#"):
        stop -= 1
    return 0, stop


def _is_toml(text: str) -> bool:
    """Whether a text ends between two statements, not within a list or a string."""
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True
