"""The lists of hotwords that an engine process keeps, so that a client need not send a list with
each dictation: it is named by its hash."""

import hashlib
from collections import OrderedDict
from typing import Final

from wyoming.event import Event

from dictate.engines.hotword_events import hotwords_from_event
from dictate.engines.protocol import BadEvent
from dictate.hotwords.model import Hotwords, canonical_json

MOST_LISTS: Final = 8
"""Maximum number of lists that are kept. A client whose list is no longer there sends it again."""


class KeptLists:
    """The lists that were used last, by their hash."""

    def __init__(self) -> None:
        self._lists: OrderedDict[str, Hotwords] = OrderedDict()

    def find(self, digest: str) -> Hotwords | None:
        """The list with this hash, if it is kept."""
        if digest in self._lists:
            self._lists.move_to_end(digest)
        return self._lists.get(digest)

    def keep(self, digest: str, hotwords: Hotwords) -> None:
        """Keep this list; the one that was not used for longest may go."""
        self._lists[digest] = hotwords
        self._lists.move_to_end(digest)
        while len(self._lists) > MOST_LISTS:
            self._lists.popitem(last=False)


def received(event: Event) -> tuple[Hotwords, str]:
    """The list of an event that has it whole, and its hash, empty if it is not to be kept. A long
    list takes a while: call it off the loop. Raises BadEvent.

    The hash is that of the data, not of what was understood of it: a client of another version may
    know more about a term. It is computed here, too, because clients that share an engine must not
    be able to give each other lists.
    """
    hotwords = hotwords_from_event(event)
    claimed = event.data.get("hash", "")
    if claimed:
        computed = hashlib.sha256(canonical_json(event.data["hotwords"])).hexdigest()
        if claimed != computed:
            raise BadEvent(f"{event.type}: the hash is not that of the list")  # untranslated
    hotwords.digest  # noqa: B018 - computed now, because the loop needs it
    return hotwords, claimed
