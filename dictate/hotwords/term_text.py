"""Puts a term into the text of a file, or takes it out. All else stays, comments included."""

from collections.abc import Sequence
from typing import Any, Final

import tomli
import tomlkit

from dictate.hotwords.limits import composed, folded
from dictate.hotwords.model import TermState
from dictate.toml.edits import append, changed
from dictate.toml.positions import span_of

EDITED: Final = ("weight", "sounds_like", "group")
"""The fields that an exact change takes out where they are not wanted."""


def with_term(text: str, wanted: dict[str, Any], *, exactly: bool = False) -> str:
    """The text with a term, whose fields are `wanted`: in the short form if there is nothing more
    to say of it. A term that is there is changed; `exactly` also takes `EDITED` fields out of
    it."""
    data, spelling = tomli.loads(text), wanted["spelling"]
    tables = data.get("word", [])
    long = _index(tables, spelling)
    if long is not None:
        return changed(text, ("word", long), lambda table: _update(table, wanted, exactly=exactly))
    is_short = len(wanted) == 1
    short = _index(data.get("words", []), spelling)
    moves = short is not None
    for number, group in enumerate(data.get("group", [])):
        if (at := _index(group.get("words", []), spelling)) is None:
            continue
        if exactly and "group" not in wanted:
            return with_term(without_term(text, spelling), wanted)
        if is_short:
            return changed(text, ("group", number), lambda table: _replace(table, at, spelling))
        wanted, moves = {"group": group["name"]} | wanted, True
    if not is_short:
        return _with_block(without_term(text, spelling) if moves else text, wanted, len(tables))
    return changed(text, (), lambda table: _replace(table, short, spelling))


def without_term(text: str, spelling: str) -> str:
    """The text without a term."""
    data = tomli.loads(text)
    if (short := _index(data.get("words", []), spelling)) is not None:
        return changed(text, (), lambda table: _delete(table["words"], short))
    for number, group in enumerate(data.get("group", [])):
        if (at := _index(group.get("words", []), spelling)) is not None:
            return changed(text, ("group", number), lambda table: _delete(table["words"], at))
    long = _index(data.get("word", []), spelling)
    if long is None:
        return text
    span = span_of(text, ("word", long))
    if span is None:
        return changed(text, (), lambda table: _delete(table["word"], long))
    # tomlkit would remove the comments after a [[word]] with it, so its lines are cut out.
    lines = text.split("\n")
    after = span[1] + (not "".join(lines[span[1] : span[1] + 1]).strip())
    before, rest = "\n".join(lines[: span[0]]), "\n".join(lines[after:])
    if not rest:  # it was the last: the file ends with a line end
        return f"{before.rstrip()}\n".lstrip()
    return f"{before}\n{rest}" if before else rest


def _with_block(text: str, wanted: dict[str, Any], tables: int) -> str:
    """`text`, which has so many [[word]], with one more after the last, before the comments on the
    next table."""
    block = f"[[word]]\n{tomlkit.dumps(wanted)}"
    span = span_of(text, ("word", tables - 1)) if tables else None
    if tables and span is None:  # word = [{...}]
        return changed(text, ("word",), lambda found: append(found, wanted))
    if span is None:
        return f"{text.rstrip()}\n\n{block}".lstrip()
    lines = text.split("\n")
    return "\n".join([*lines[: span[1]], "", *block.rstrip().split("\n"), *lines[span[1] :]])


def _update(table: Any, wanted: dict[str, Any], *, exactly: bool) -> None:
    for name in EDITED if exactly else ():
        if name in table and (name == "sounds_like" or name not in wanted):
            del table[name]
    heard = table.get("sounds_like", [])
    new = [form for form in wanted.get("sounds_like", []) if form not in heard]
    for name, value in wanted.items():
        if name == "sounds_like":
            if new:
                table[name] = [*heard, *new]
        elif table.get(name) != value:
            table[name] = value
    if "state" not in wanted and table.get("state") == TermState.QUARANTINED.value:
        table["state"] = TermState.ACTIVE.value


def _replace(table: Any, at: int | None, spelling: str) -> None:
    """Change the word at this place, or add one."""
    if "words" not in table:
        table["words"] = [spelling]
    elif at is None:
        append(table["words"], spelling)
    else:
        table["words"][at] = spelling


def _delete(items: Any, at: int | None) -> None:
    del items[at]


def _index(items: Sequence[Any], spelling: str) -> int | None:
    """The position of a term in `words` or among the [[word]] tables, regardless of letter case."""
    wanted = folded(composed(spelling))
    for number, item in enumerate(items):
        if folded(composed(item if isinstance(item, str) else item["spelling"])) == wanted:
            return number
    return None
