"""Finds out what an engine hears without the hotwords, where it does not tell with the text: the
kept sound is recognised once more, without them, while nobody dictates.

It is only evidence, so it gives way to everything: it is bounded, and after a failure of the engine
it rests.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from dictate.app.idle_engine import IdleEngine
from dictate.app.journal_thread import JournalThread
from dictate.app.profiles import Profiles
from dictate.errors import DictateError, JournalError
from dictate.hotwords.model import Hotwords
from dictate.journal.entry import Entry
from dictate.journal.journal import Journal
from dictate.translation import _

log = logging.getLogger(__name__)

QUIET_S: Final = 5.0
"""Seconds without a dictation before it begins."""
LONGEST_S: Final = 60.0
"""Maximum number of seconds of sound."""
MOST_TERMS: Final = 1_000
"""Maximum number of terms in the list: an engine may have to take in the list again afterwards,
which takes seconds for a longer one."""
MOST_WAITING: Final = 20
"""Maximum number of dictations that wait; the oldest are dropped."""
HOUR_S: Final = 3_600.0
MOST_PER_HOUR_S: Final = 600.0
"""Maximum number of seconds of sound in an hour."""


class PlainReplay:
    """`run` is a service of the daemon; all methods belong on the loop."""

    def __init__(
        self,
        engine: IdleEngine,
        journal: JournalThread,
        profiles: Profiles,
        on_plain: Callable[[int], Awaitable[None]],
    ) -> None:
        """`on_plain` is awaited when the plain text of a dictation is in the journal."""
        self._engine = engine
        self._journal = journal
        self._profiles = profiles
        self._on_plain = on_plain
        self._waiting: deque[int] = deque(maxlen=MOST_WAITING)
        self._more = asyncio.Event()
        self._done: deque[tuple[float, float]] = deque()
        """When what was done, monotonic seconds, and how many seconds of sound it had."""
        self._rest_until = 0.0

    def add(self, number: int) -> None:
        """The plain text of this dictation is wanted."""
        self._waiting.append(number)
        self._more.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                try:
                    await self._hear(self._waiting.popleft())
                except DictateError as error:
                    # The next dictations have to do without, too: an engine that fails at this
                    # must not be restarted again and again.
                    log.info("no text without hotwords: %s; not tried again for an hour", error)
                    self._rest_until = time.monotonic() + HOUR_S
                    self._waiting.clear()

    async def _hear(self, number: int) -> None:
        entry = await self._journal.call(Journal.get, number)
        if entry is None or (reason := self._why_not(entry)):
            log.debug("dictation %d: no text without hotwords: %s", number, reason if entry else "")
            return
        try:
            pcm = await self._journal.call(Journal.audio, number)
        except JournalError:
            return  # forgotten in between
        without = replace(self._hotwords(entry), terms=())
        final = await self._engine.hear(pcm, without, profile=entry.profile, quiet_s=QUIET_S)
        self._done.append((time.monotonic(), entry.audio_s))
        try:
            await self._journal.call(Journal.plain, number, final.text)
            await self._on_plain(number)
        except JournalError as error:  # forgotten in between, or the disk is full
            log.info("dictation %d: what the hotwords did is not recorded: %s", number, error)
        if not self._waiting:
            await self._engine.take_in_again(profile=entry.profile)

    def _why_not(self, entry: Entry) -> str:
        """Why this dictation is left out; empty if it is not."""
        now = time.monotonic()
        while self._done and now - self._done[0][0] > HOUR_S:
            self._done.popleft()
        spent_s = sum(audio_s for __, audio_s in self._done)
        if entry.plain is not None:
            return _("it is known")
        if now < self._rest_until:
            return _("the engine failed at the last one")
        if not entry.has_audio or entry.audio_s > LONGEST_S:
            return _("there is no sound, or too much")
        if spent_s + entry.audio_s > MOST_PER_HOUR_S:
            return _("{seconds:.0f} s of sound were done within an hour").format(seconds=spent_s)
        if len(self._hotwords(entry).terms) > MOST_TERMS:
            return _("the list is long")
        if self._profiles.named(entry.profile).engine.info.name != entry.engine:
            return _("the engine {engine} is not in use any more").format(engine=entry.engine)
        return self._engine.why_not(entry.audio_s, profile=entry.profile)

    def _hotwords(self, entry: Entry) -> Hotwords:
        return self._profiles.named(entry.profile).hotwords_in(entry.application)
