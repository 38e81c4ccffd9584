"""`dictatectl hotwords list`, `add` and `remove`."""

import contextlib
import sys
from argparse import Namespace
from pathlib import Path

from dictate import console
from dictate.ctl.client import NotRunning
from dictate.ctl.commands import ask_status, report_change
from dictate.ctl.exit_codes import NOTHING, OK
from dictate.errors import NotFound
from dictate.hotwords import hotwords_file
from dictate.platform import paths


def list_all(arguments: Namespace) -> int:
    """List the hotwords of the file that the daemon uses."""
    file = usual = paths.hotwords_file()
    with contextlib.suppress(NotRunning):  # then it will use the usual one
        file = Path(ask_status()["hotwords_file"] or usual)
    terms = hotwords_file.load(file, 1.0).terms
    if file != usual:
        console.line(f"these are the hotwords in {file}, which dictate uses now", sys.stderr)
    if arguments.json:
        console.as_json(
            [
                {
                    "spelling": term.spelling,
                    "weight": term.weight,
                    "sounds_like": term.sounds_like,
                    "language": term.language,
                    "state": term.state.value,
                }
                for term in terms
            ]
        )
    else:
        for term in terms:
            more = [f"weight {term.weight:g}"] if term.weight != 1.0 else []
            more += [f"sounds like {', '.join(term.sounds_like)}"] if term.sounds_like else []
            more += [term.state.value] if term.state.value != "active" else []
            dim = console.paint(f"  ({'; '.join(more)})", "dim") if more else ""
            console.line(console.safe(term.spelling) + dim)
        if not terms:
            console.line(
                f"no hotwords in {file}: add one with `dictatectl hotwords add`",
                sys.stderr,
            )
    return OK if terms else NOTHING


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
