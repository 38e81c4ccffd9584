"""The aligner process from outside: started, queried, and killed when it fails or hangs."""

import asyncio
import json
import logging
import math
from dataclasses import asdict

from wyoming.event import Event, async_write_event

from dictate.config.schema import EngineSettings
from dictate.engines.call_watch import WorkMeter, loading_usage_of
from dictate.engines.process import FROZEN_S, LOADING_S
from dictate.engines.protocol import (
    Align,
    Aligned,
    BadEvent,
    EngineState,
    StatusEvent,
    error_from,
    read_event,
)
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.platform.background import ignore_exception
from dictate.platform.child_process import ChildProcess, python_module
from dictate.translation import _

log = logging.getLogger(__name__)

LONGEST_RTF: float = 5.0
"""Maximum real-time factor (seconds of work for a second of sound); an aligner that works longer
counts as hung. It may be slow: no user waits at a cursor, and it may run on a processor."""


class AlignerClient:
    """One aligner process at a time. A sound that one fails at is sent to a fresh one, once."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._process: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return None if self._process is None else self._process.pid

    async def start(self) -> list[str]:
        """Start it and wait until it is loaded; one line for each thing that is not as it should
        be. Raises EngineError."""
        settings = json.dumps(asdict(self._settings))
        command = python_module("dictate.engines.aligner", "--settings", settings)
        self._process = ChildProcess("the aligner", command, log, answers=True)
        try:
            await self._process.start()
            return _notes(await self._answer(FROZEN_S, limit_s=LOADING_S))
        except OSError as error:
            await self.stop()
            raise EngineLost(
                _("the aligner cannot be started: {error}").format(error=error)
            ) from error
        except EngineError:
            await self.stop()
            raise

    async def align(self, sound: Samples, text: str) -> Aligned:
        """The times of the words. Raises EngineError if a fresh process fails at it as well; then
        there is none until it is started again."""
        try:
            return await self._ask(sound, text)
        except EngineError:
            await self.stop()
        try:
            await self.start()
            return await self._ask(sound, text)
        except EngineError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Kill it. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            await process.kill()

    async def _ask(self, sound: Samples, text: str) -> Aligned:
        if self._process is None:
            raise EngineLost(_("the aligner is not running"))
        question = Align(text).event()
        event = await self._answer(
            self._settings.deadline_s,
            Event(question.type, question.data, pcm_from_samples(sound)),
            limit_s=LONGEST_RTF * len(sound) / RATE,
        )
        if event.type == "error":
            error = error_from(event)
            raise EngineError(_("the aligner failed: {error}").format(error=error), error.says)
        if event.type != Aligned.type:
            raise BadEvent(_("the aligner answers {type}").format(type=event.type))
        aligned = Aligned.from_event(event)
        if not all(_is_word(word) for word in aligned.words):
            raise BadEvent(_("the aligner answers nonsense"))
        return aligned

    async def _answer(
        self, deadline_s: float, question: Event | None = None, limit_s: float = 0.0
    ) -> Event:
        """The next event from it. It may work for `limit_s` seconds, however long that takes.
        Raises EngineLost if it dies, or does nothing for `deadline_s`."""
        process = self._process
        assert process is not None

        async def exchange() -> Event | None:
            if question is not None:
                await async_write_event(question, process.stdin)
            return await read_event(process.stdout)

        pid = process.pid or 0
        meter = await asyncio.to_thread(WorkMeter, lambda: loading_usage_of(pid))
        exchanging = asyncio.create_task(exchange())
        ignore_exception(exchanging)
        try:
            while not (await asyncio.wait({exchanging}, timeout=deadline_s))[0]:
                if not await asyncio.to_thread(meter.at_work, limit_s):
                    raise EngineLost(
                        _("the aligner did nothing for {deadline_s:g} s").format(
                            deadline_s=deadline_s
                        )
                    )
            event = exchanging.result()
        except OSError:  # it is gone; the reason follows
            event = None
        finally:
            exchanging.cancel()
            await asyncio.wait({exchanging})
        if event is not None:
            return event
        try:
            async with asyncio.timeout(self._settings.deadline_s):
                reason = await process.ended()
        except TimeoutError:
            reason = _("it sends nothing more")
        raise EngineLost(_("the aligner died ({reason})").format(reason=reason))


def _notes(event: Event) -> list[str]:
    if event.type != StatusEvent.type:
        raise BadEvent(_("the aligner begins with {type}").format(type=event.type))
    status = StatusEvent.from_event(event)
    if status.state != EngineState.READY:
        raise EngineError(_("the aligner cannot be used: {message}").format(message=status.message))
    return [str(note) for note in status.notes]


def _is_word(word: object) -> bool:
    match word:
        case [str(), int() | float() as start, int() | float() as end]:
            return math.isfinite(start) and math.isfinite(end)
    return False
