"""`dictatectl history`."""

import sys
from argparse import Namespace
from typing import Any, Final

from dictate import console
from dictate.client.daemon_client import client
from dictate.ctl import render
from dictate.ctl.exit_codes import NOTHING, OK
from dictate.translation import _

LISTED: Final = 10
PICKED_FROM: Final = 100
"""Maximum number of dictations from which the user picks, unless told otherwise."""


def history(arguments: Namespace) -> int:
    """List the dictations, or have the user pick one."""
    entries = _history(arguments.limit or (PICKED_FROM if arguments.pick else LISTED))
    if arguments.json:
        console.as_json(entries)
    elif entries and arguments.pick:
        from dictate.ctl.history_pick import pick

        return pick(entries)
    elif entries:
        render.history(entries)
    else:
        console.line(_("there are no dictations yet"), sys.stderr)
    return OK if entries else NOTHING


def _history(limit: int) -> list[dict[str, Any]]:
    """The newest dictations, newest first; in pages, because the size of an answer is limited."""
    with client() as daemon:
        entries: list[dict[str, Any]] = daemon.ask("History", "u", limit)
        page = entries
        while page and len(entries) < limit:
            last = entries[-1]["number"]
            page = daemon.ask("HistoryBefore", "uu", last, limit - len(entries))
            entries += page
    return entries
