"""Prepares the next microphone in advance, so that a key press waits for the device only."""

import asyncio
import logging
from collections.abc import Callable

from dictate.errors import MicrophoneError, NoSuchBackend, Unavailable
from dictate.microphone import Microphone

log = logging.getLogger(__name__)

CANNOT = (MicrophoneError, NoSuchBackend, Unavailable)
"""Exceptions of making or opening a microphone."""


class WarmStandby:
    """Holds at most one microphone that is warm and not open. Call `drop` at the end."""

    def __init__(self, make: Callable[[], Microphone]) -> None:
        self._make = make
        self._ready: Microphone | None = None
        self._warming: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Start preparing one, unless there is one."""
        if self._ready is None and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm(), name="microphone-standby")

    async def take(self) -> Microphone:
        """The prepared one, or a new cold one; the caller owns it. Raises `CANNOT`."""
        return await self._take() or self._make()

    async def drop(self) -> None:
        """Close the prepared one. Idempotent."""
        if (microphone := await self._take()) is not None:
            await microphone.close()

    async def _take(self) -> Microphone | None:
        if self._warming is not None:
            await asyncio.wait([self._warming])
        ready, self._ready = self._ready, None
        return ready

    async def _warm(self) -> None:
        try:
            microphone = self._make()
        except CANNOT as error:
            # The next dictation meets the same error and reports it.
            log.debug("microphone: none could be prepared: %s", error)
            return
        await microphone.warm()
        self._ready = microphone
