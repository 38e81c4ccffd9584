"""Kept sound recognised again by the engines in use, only while nobody dictates.

A dictation that begins cancels what is under way; it is done again later, from its start.
"""

import asyncio
import time

from dictate.app.pipeline import Pipeline
from dictate.app.profiles import Profiles
from dictate.app.session import Activity
from dictate.engines.protocol import EngineState
from dictate.errors import EngineError
from dictate.events import FinalTranscript
from dictate.hotwords.model import Hotwords
from dictate.translation import _

LONGEST_CALL_S = 2.0
"""Seconds that an engine may work in one call that cannot be cancelled. One that does not stream
does all its work in the last call."""
UNMEASURED_RTF = 1.0
"""Assumed of an engine that has not been measured yet."""


class IdleEngine:
    """All methods belong on the loop."""

    def __init__(self, profiles: Profiles, pipeline: Pipeline) -> None:
        self._profiles = profiles
        self._pipeline = pipeline
        self._one_at_a_time = asyncio.Lock()
        self._attempt: asyncio.Task[FinalTranscript] | None = None
        self._quiet_since = time.monotonic()

    def session_changed(self) -> None:
        """A dictation began or ended."""
        self._quiet_since = time.monotonic()
        if self._busy and self._attempt is not None:
            self._attempt.cancel()

    @property
    def _busy(self) -> bool:
        return self._pipeline.activity is not Activity.READY

    def why_not(self, audio_s: float, *, profile: str) -> str:
        """Why the engine of this profile cannot be asked about so much sound; empty if it can."""
        engine = self._profiles.named(profile).engine
        info = engine.info
        if info.name != engine.supervisor.info.name:
            return _("the engine {name} serves instead of another one").format(name=info.name)
        if not engine.supervisor.local:
            return _("the engine {name} is on another machine").format(name=info.name)
        if not info.streams and audio_s * (info.rtf or UNMEASURED_RTF) > LONGEST_CALL_S:
            return _(
                "{seconds:.0f} s of sound would keep the engine {name} busy for too long"
            ).format(seconds=audio_s, name=info.name)
        return ""

    async def hear(
        self, pcm: bytes, hotwords: Hotwords, *, profile: str, quiet_s: float = 0.0
    ) -> FinalTranscript:
        """Recognise this sound with these hotwords, once nobody has dictated for `quiet_s` seconds.

        It waits for as long as somebody dictates. Raises EngineError; nothing is tried twice.
        """
        while True:
            await self._quiet(quiet_s)
            async with self._one_at_a_time:
                if self._busy:
                    continue
                found = self._profiles.named(profile)
                if found.engine.state is not EngineState.READY:
                    raise EngineError(
                        _("the engine {name} is not ready").format(name=found.engine.info.name)
                    )
                attempt = asyncio.create_task(found.engine.hear_once(pcm, hotwords, found.language))
                self._attempt = attempt
                try:
                    await asyncio.wait({attempt})
                finally:
                    self._attempt = None
                    attempt.cancel()
            if not attempt.cancelled():
                return attempt.result()

    async def take_in_again(self, *, profile: str) -> None:
        """Have the engine take in the user's list, which other lists may have replaced there."""
        if not self._busy:
            found = self._profiles.named(profile)
            await found.engine.prepare(found.hotwords_in(""))

    async def _quiet(self, quiet_s: float) -> None:
        while True:
            await self._pipeline.idle.wait()
            left_s = self._quiet_since + quiet_s - time.monotonic()
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)
