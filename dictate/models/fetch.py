"""Downloads one model for the daemon, in a process of its own: the daemon itself uses no network.

    python -m dictate.models.fetch NAME

Each line on standard output is a JSON object: {"here": BYTES} while it goes on, and last {"done":
true}, or {"failed": WHY, "again": BOOL}, where "again" means that a later attempt may do better by
itself. The process ends with its standard input.
"""

import json
import sys
import threading
from typing import Any, Final

from dictate.errors import DictateError
from dictate.models import downloader
from dictate.models.catalogue import named
from dictate.platform.lifeline import die_with_input

REPORT_S: Final = 1.0
"""Seconds between two reports."""


class _Reporter:
    """Reports each second how many bytes are here, if more have come."""

    def __init__(self) -> None:
        self.here = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self, **fields: Any) -> None:
        """Report the last line."""
        self._ended.set()
        self._thread.join()
        _write(fields)

    def _run(self) -> None:
        reported = -1
        while not self._ended.wait(REPORT_S):
            if self.here != reported:
                reported = self.here
                _write({"here": reported})


def main() -> None:
    """Download the model that the command line names."""
    die_with_input()
    reporter = _Reporter()

    def on_progress(here: int) -> None:
        reporter.here = here

    try:
        downloader.download(named(sys.argv[1]), on_progress)
    except downloader.Interrupted as error:
        reporter.end(failed=error.reason, again=True)
    except DictateError as error:
        reporter.end(failed=str(error), again=False)
    else:
        reporter.end(done=True)


def _write(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
