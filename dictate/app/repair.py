"""Has what the repair of texts needs ready for the list of a dictation.

It is loaded off the loop, at the press of the first dictation with this list whose engine needs it.
"""

import asyncio
import logging
from collections import OrderedDict
from typing import Final

from dictate.hotwords.model import Hotwords
from dictate.platform.background import BackgroundTasks
from dictate.text.repair import Repairs
from dictate.text.repair_list import load_repairs

log = logging.getLogger(__name__)

MOST_LISTS: Final = 4
"""Lists of a profile that are kept ready: the groups of a file make several."""


class RepairStore:
    """All methods belong on the loop."""

    def __init__(self) -> None:
        self._ready: OrderedDict[Hotwords, Repairs | None] = OrderedDict()
        """None for a list that is not ready yet."""
        self._tasks = BackgroundTasks(log)

    def prepare(self, hotwords: Hotwords) -> None:
        """Begin to make it ready. Returns at once."""
        if hotwords.terms and hotwords not in self._ready:
            self._ready[hotwords] = None
            while len(self._ready) > 2 * MOST_LISTS:
                self._ready.popitem(last=False)
            self._tasks.start(self._build(hotwords), "repair of texts")  # untranslated

    def get(self, hotwords: Hotwords) -> Repairs | None:
        """What is ready for this list; None if nothing is yet: a text never waits for it."""
        return self._ready.get(hotwords)

    async def _build(self, hotwords: Hotwords) -> None:
        ready = await asyncio.to_thread(load_repairs, hotwords)
        if hotwords in self._ready:  # it may have been pushed out meanwhile
            self._ready[hotwords] = ready
