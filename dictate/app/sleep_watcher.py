"""Ends the dictation before the machine sleeps, and looks after the parts when it is awake again.

Nothing has to be done for timers: they run by the monotonic clock, which stands still in a sleep.
Nor for the engines of other machines: each dictation opens a connection of its own.
"""

import asyncio
import logging
from contextlib import suppress

from dictate.app.engine_manager import EngineManager
from dictate.app.journal_thread import JournalThread
from dictate.app.pipeline import Pipeline
from dictate.engines.client import EngineClient
from dictate.engines.protocol import EngineState
from dictate.engines.self_test import check_sound
from dictate.errors import EngineError
from dictate.events import RATE, pcm_from_samples
from dictate.hotkeys.keys import Keys
from dictate.hotwords.model import Hotwords
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.platform.background import BackgroundTasks
from dictate.platform.sleep import watch_sleep

log = logging.getLogger(__name__)

WRITE_S = 2.0
"""Maximum number of seconds for which a sleep is held up so that a text is still written."""
_PROBE = slice(RATE // 2, RATE * 3 // 2)
"""The second of the check sound in which somebody speaks: in silence an engine may do nothing."""


class SleepWatcher:
    """Made on the loop."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        journal: JournalThread,
        microphone: MicrophoneSupervisor,
        engines: EngineManager,
        keys: Keys,
    ) -> None:
        self._pipeline = pipeline
        self._journal = journal
        self._microphone = microphone
        self._engines = engines
        self._keys = keys
        self._background = BackgroundTasks(log)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await watch_sleep(self._before, self._after)
        finally:
            await self._background.cancel()

    async def _before(self) -> None:
        """What is said so far is a dictation: nobody holds a key through the sleep, and the
        microphone may be another one afterwards. When this returns, its sound is on the disk, and
        its text is written if that took no longer than WRITE_S."""
        pipeline = self._pipeline
        if pipeline.listening:
            log.info("the machine goes to sleep: the dictation is ended")
            pipeline.sound_over()
        with suppress(TimeoutError):
            async with asyncio.timeout(WRITE_S):
                await pipeline.idle.wait()
        await self._journal.settled()

    def _after(self) -> None:
        log.info("the machine is awake again: microphone, keys and engines are looked at")
        self._keys.look_again()
        # untranslated
        self._background.start(self._microphone.renew(), "microphone after the sleep")
        self._background.start(self._probe_engines(), "engines after the sleep")  # untranslated

    async def _probe_engines(self) -> None:
        """A graphics card may have lost what an engine had there."""
        pcm = pcm_from_samples((await asyncio.to_thread(check_sound))[_PROBE])
        await self._pipeline.idle.wait()
        await asyncio.gather(*(_probe(process.client, pcm) for process in self._engines.running))


async def _probe(engine: EngineClient, pcm: bytes) -> None:
    """Have the engine hear this sound, if it is loaded and on this machine. If it fails or hangs,
    its process is restarted."""
    if engine.state is EngineState.READY and engine.supervisor.local:
        with suppress(EngineError):
            await engine.hear_once(pcm, Hotwords(), None)
