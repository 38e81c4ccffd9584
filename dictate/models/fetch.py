"""Downloads one model for the daemon, in a process of its own: the daemon itself uses no network.

    python -m dictate.models.fetch NAME

Each line on standard output is a JSON object: {"here": BYTES} while it goes on, and last {"done":
true}, or {"failed": WHY, "again": BOOL}, where "again" means that a later attempt may do better by
itself. The process ends with its standard input.
"""

import json
import sys
import time
from typing import Any, Final

from dictate.errors import DictateError
from dictate.models import downloader
from dictate.models.catalogue import named
from dictate.platform.lifeline import die_with_input

REPORT_S: Final = 1.0
"""Seconds between two reports."""


def main() -> None:
    """Download the model that the command line names."""
    die_with_input()
    reported_at = 0.0

    def on_progress(here: int) -> None:
        nonlocal reported_at
        now = time.monotonic()
        if now - reported_at >= REPORT_S:
            reported_at = now
            _report(here=here)

    try:
        downloader.download(named(sys.argv[1]), on_progress)
    except downloader.Interrupted as error:
        _report(failed=error.reason, again=True)
    except DictateError as error:
        _report(failed=str(error), again=False)
    else:
        _report(done=True)


def _report(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
