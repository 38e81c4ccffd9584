"""`dictatectl hotwords list`, `add` and `remove`."""

import contextlib
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from dictate import console
from dictate.ctl.client import NotRunning
from dictate.ctl.commands import ask_about_hotwords, ask_status, report_change
from dictate.ctl.exit_codes import NOTHING, OK
from dictate.errors import DictateError, NotFound
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import Term
from dictate.platform import paths

COUNTED: Final = ("hits", "misses", "false_hits", "last_used", "learned_from", "learned_at")
"""What the daemon knows of a term; null in JSON if it is not known."""
WIDEST: Final = 48
"""Characters of a term and what is said about it, up to which the columns are aligned."""


def list_all(arguments: Namespace) -> int:
    """List the hotwords of the file that the daemon uses, and what is known of each."""
    file = usual = paths.hotwords_file()
    counts: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(NotRunning):  # then it will use the usual one
        file = Path(ask_status()["hotwords_file"] or usual)
        with contextlib.suppress(DictateError):  # of an older daemon, or its journal
            counts = {row["term"]: row for row in ask_about_hotwords("Counts")}
    terms = hotwords_file.load(file, 1.0).terms
    if file != usual:
        console.line(f"these are the hotwords in {file}, which dictate uses now", sys.stderr)
    if arguments.json:
        console.as_json([_as_dict(term, counts.get(term.spelling, {})) for term in terms])
    else:
        longest = max((len(_described(term)) for term in terms), default=0)
        for term in terms:
            console.line(_row(term, counts.get(term.spelling), min(longest, WIDEST)))
        if not terms:
            console.line(
                f"no hotwords in {file}: add one with `dictatectl hotwords add`",
                sys.stderr,
            )
    return OK if terms else NOTHING


def _as_dict(term: Term, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "spelling": term.spelling,
        "weight": term.weight,
        "sounds_like": term.sounds_like,
        "language": term.language,
        "state": term.state.value,
        **{name: known.get(name) for name in COUNTED},
    }


def _described(term: Term) -> str:
    more = [f"weight {term.weight:g}"] if term.weight != 1.0 else []
    more += [f"sounds like {', '.join(term.sounds_like)}"] if term.sounds_like else []
    more += [term.state.value] if term.state.value != "active" else []
    return console.safe(term.spelling) + (f"  ({'; '.join(more)})" if more else "")


def _row(term: Term, known: dict[str, Any] | None, width: int) -> str:
    described = _described(term)
    spelling = console.safe(term.spelling)
    painted = spelling + console.paint(described[len(spelling) :], "dim")
    if known is None:
        return painted
    used = known["last_used"]
    columns = (
        f"{known['hits']:5} hits  {known['misses']:3} missed  {known['false_hits']:3} false"
        f"  {f'last {_date(used)}' if used else 'never used'}"
    )
    if known["learned_at"]:
        columns += (
            f", learned from dictation {known['learned_from']} on {_date(known['learned_at'])}"
        )
    return painted + " " * max(2, width - len(described) + 2) + console.paint(columns, "dim")


def _date(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def add(arguments: Namespace) -> int:
    """Add a hotword to hotwords.toml, and make the daemon use it."""
    changed = hotwords_file.add(
        paths.hotwords_file(), " ".join(arguments.spelling), arguments.weight, arguments.sounds_like
    )
    return report_change(changed or ["nothing changed"], "the hotwords")


def remove(arguments: Namespace) -> int:
    """Remove a hotword from hotwords.toml, and make the daemon forget it."""
    spelling = " ".join(arguments.spelling)
    changed = hotwords_file.remove(paths.hotwords_file(), spelling)
    if not changed:
        raise NotFound(f"there is no hotword {spelling!r}; see `dictatectl hotwords list`")
    return report_change(changed, "the hotwords")
