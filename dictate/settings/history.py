"""Past dictations as the settings window shows them, searched page by page."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from dictate.client.daemon_client import ask
from dictate.client.dictations import wanted

PAGE: Final = 50
"""Number of dictations that the window shows at a time."""
SEARCHED: Final = 1000
"""Number of dictations that are fetched at a time for a search, which is the most that the daemon
returns."""

Entry = dict[str, Any]
Fetch = Callable[[int, int], Sequence[Entry]]
"""The newest dictations before a number, or with 0 of all; at most so many."""


def fetch(before: int, limit: int) -> Sequence[Entry]:
    """What the daemon has. Raises DictateError."""
    found: Sequence[Entry] = (
        ask("HistoryBefore", "uu", before, limit) if before else ask("History", "u", limit)
    )
    return found


def page(words: str, before: int, fetch: Fetch = fetch) -> dict[str, Any]:
    """The newest `entries` with these words before a dictation, and the number `before` which the
    next page begins; 0 if there is none. Raises DictateError."""
    sought = words.casefold().split()
    found: list[Entry] = []
    while True:
        limit = SEARCHED if sought else PAGE
        entries = fetch(before, limit)
        for entry in entries:
            before = entry["number"]
            text = _text(entry) if sought else ""
            if all(word in text for word in sought):
                found.append(_row(entry))
                if len(found) == PAGE:
                    return {"entries": found, "before": before}
        if not entries:
            return {"entries": found, "before": 0}


def _text(entry: Entry) -> str:
    parts = (wanted(entry), entry.get("heard", ""), entry.get("application", ""))
    return " ".join(map(str, parts)).casefold()


def _row(entry: Entry) -> Entry:
    names = ("number", "state", "started", "application", "reason", "engine", "has_audio", "heard")
    return {name: entry.get(name, "") for name in names} | {"text": wanted(entry)}
