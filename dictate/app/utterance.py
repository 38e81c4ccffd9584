"""The utterance of a dictation whose profile may not be known yet."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from dictate.engines.client import UtteranceClient
from dictate.events import FinalTranscript
from dictate.platform.background import ignore_exception


class Utterance(Protocol):
    """What the pipeline does with an utterance; see `UtteranceClient`."""

    def feed(self, pcm: bytes) -> None:
        """More sound."""

    def ask_for_draft(self) -> None:
        """Speech paused."""

    def drop_draft(self) -> None:
        """Speech came back."""

    @property
    def worked_s(self) -> float:
        """Seconds of the sound that the engine has worked through."""

    async def finish(self, whole: Callable[[], Awaitable[bytes]]) -> FinalTranscript:
        """The whole text."""

    def cancel(self) -> None:
        """The text is not wanted."""


class LateUtterance:
    """An utterance that begins once it is known which engine hears it, and in which language. Its
    sound waits until then."""

    def __init__(self, beginning: Awaitable[UtteranceClient]) -> None:
        self._early: list[bytes] = []
        self._begun: UtteranceClient | None = None
        self._beginning = asyncio.create_task(self._begin(beginning))
        ignore_exception(self._beginning)

    async def _begin(self, beginning: Awaitable[UtteranceClient]) -> UtteranceClient:
        begun = await beginning
        for pcm in self._early:
            begun.feed(pcm)
        self._early.clear()
        self._begun = begun
        return begun

    def feed(self, pcm: bytes) -> None:
        """See `Utterance`."""
        if self._begun is not None:
            self._begun.feed(pcm)
        else:
            self._early.append(pcm)

    def ask_for_draft(self) -> None:
        """See `Utterance`."""
        if self._begun is not None:
            self._begun.ask_for_draft()

    def drop_draft(self) -> None:
        """See `Utterance`."""
        if self._begun is not None:
            self._begun.drop_draft()

    @property
    def worked_s(self) -> float:
        """See `Utterance`."""
        return self._begun.worked_s if self._begun is not None else 0.0

    async def finish(self, whole: Callable[[], Awaitable[bytes]]) -> FinalTranscript:
        """See `Utterance`."""
        return await (await self._beginning).finish(whole)

    def cancel(self) -> None:
        """See `Utterance`."""
        self._beginning.cancel()
        if self._begun is not None:
            self._begun.cancel()
