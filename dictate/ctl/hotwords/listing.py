"""`dictatectl hotwords list`."""

import contextlib
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from dictate import console
from dictate.client.daemon_client import NotRunning, ask_about_hotwords, ask_status
from dictate.ctl.exit_codes import NOTHING, OK
from dictate.errors import DictateError
from dictate.hotwords import whole_list
from dictate.hotwords.model import Source, Term
from dictate.labels import label
from dictate.platform import paths
from dictate.translation import _, ngettext

COUNTED: Final = ("hits", "misses", "false_hits", "last_used", "learned_from", "learned_at")
"""What the daemon knows of a term; null in JSON if it is not known."""
WIDEST: Final = 48
"""Characters of a term up to which the columns behind it are aligned."""


def list_all(arguments: Namespace) -> int:
    """List the hotwords of the files that the daemon uses, and what is known of each."""
    file = usual = paths.hotwords_file()
    counts: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(NotRunning):  # then it will use the usual one
        file = Path(ask_status()["hotwords_file"] or usual)
        with contextlib.suppress(DictateError):  # of an older daemon, or its journal
            counts = {row["term"]: row for row in ask_about_hotwords("Counts")}
    whole = whole_list.read(file)
    terms = whole.hotwords.terms
    if file != usual:
        console.line(
            _("these are the hotwords in {file}, which dictate uses now").format(file=file),
            sys.stderr,
        )
    for note in whole.notes:
        console.line(_("from {note}").format(note=note), sys.stderr)
    if arguments.json:
        rows = (
            _as_dict(term, whole.origins[term.spelling], counts.get(term.spelling, {}))
            for term in terms
        )
        console.as_json(list(rows))
    elif terms:
        width = min(max(len(console.safe(term.spelling)) for term in terms), WIDEST)
        for term in terms:
            about = _about(term, whole.origins[term.spelling], file)
            console.line(_row(term, about, counts.get(term.spelling), width))
    else:
        console.line(
            _("no hotwords in {file}: add one with `dictatectl hotwords add`").format(file=file),
            sys.stderr,
        )
    return OK if terms else NOTHING


def _as_dict(term: Term, origin: Path | Source, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "spelling": term.spelling,
        "weight": term.weight,
        "sounds_like": term.sounds_like,
        "language": term.language,
        "state": term.state.value,
        "group": term.group or None,
        "file": None if isinstance(origin, Source) else str(origin),
        "source": origin.name if isinstance(origin, Source) else None,
        **{name: known.get(name) for name in COUNTED},
    }


def _about(term: Term, origin: Path | Source, main: Path) -> str:
    """What the files say of the term besides its spelling."""
    more = [_("weight {weight:g}").format(weight=term.weight)] if term.weight != 1.0 else []
    more += (
        [_("sounds like {sounds_like}").format(sounds_like=", ".join(term.sounds_like))]
        if term.sounds_like
        else []
    )
    more += [label(term.state.value)] if term.state.value != "active" else []
    more += [_("group {group}").format(group=term.group)] if term.group else []
    if isinstance(origin, Source):
        more.append(_("from {name}").format(name=origin.name))
    elif origin != main:
        more.append(_("in {file}").format(file=whole_list.name_of(origin, main)))
    return f"  ({console.safe('; '.join(more))})" if more else ""


def _row(term: Term, about: str, known: dict[str, Any] | None, width: int) -> str:
    """What may be long stands last, so that the columns are aligned."""
    spelling = console.safe(term.spelling)
    if known is None:
        return spelling + console.paint(about, "dim")
    hits, used = known["hits"], known["last_used"]
    columns = ngettext(
        "{hits:5} hit   {misses:3} missed  {false_hits:3} false  {used}",
        "{hits:5} hits  {misses:3} missed  {false_hits:3} false  {used}",
        hits,
    ).format(
        hits=hits,
        misses=known["misses"],
        false_hits=known["false_hits"],
        used=_("last {day}").format(day=_date(used)) if used else _("never used"),
    )
    if known["learned_at"]:
        columns += _(", learned from dictation {learned_from} on {date}").format(
            learned_from=known["learned_from"], date=_date(known["learned_at"])
        )
    return f"{spelling:{width}}  {console.paint(columns + about, 'dim')}"


def _date(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))
