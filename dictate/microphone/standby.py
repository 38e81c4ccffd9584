"""The next microphone, got ready in advance, so that a press waits for nothing but the device."""

import asyncio
import logging
from collections.abc import Callable

from dictate.errors import MicrophoneError, NoSuchBackend, Unavailable
from dictate.microphone import Microphone

log = logging.getLogger(__name__)

CANNOT = (MicrophoneError, NoSuchBackend, Unavailable)
"""What making or opening a microphone may raise."""


class WarmStandby:
    """At most one microphone that is warm and not open. `drop` it at the end."""

    def __init__(self, make: Callable[[], Microphone]) -> None:
        self._make = make
        self._ready: Microphone | None = None
        self._warming: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Begin to have one ready, if there is none."""
        if self._ready is None and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm(), name="microphone in advance")

    async def take(self) -> Microphone:
        """The one that is ready, or a cold one. It is the caller's now. Raises `CANNOT`."""
        return await self._take() or self._make()

    async def drop(self) -> None:
        """Nothing is ready any more. Idempotent."""
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
            # The next dictation will find out and say so.
            log.debug("no microphone in advance: %s", error)
            return
        await microphone.warm()
        self._ready = microphone
