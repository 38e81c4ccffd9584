"""The daemon's side of an engine: every utterance gets an answer.

The engine process may die, hang or talk nonsense at any moment. Whatever happens, an utterance is
sent once live, while the user speaks. If that fails, it is sent once more as a whole, from what is
on disk, to a fresh process. If that fails too, the fallback engine gets it, if the user named one.
Otherwise it ends in EngineLost or EngineError; the sound stays with the caller.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dictate.config.schema import EngineSettings
from dictate.engines.attempt import AttemptFailed, DraftQuestion, Piece, UtteranceAttempt
from dictate.engines.fallback import fallback_settings
from dictate.engines.protocol import DropDraft, EngineState
from dictate.engines.send_queue import SendQueue, cut
from dictate.engines.supervisor import EngineStatus, EngineSupervisor
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE, FinalTranscript, PartialTranscript
from dictate.hotwords.calibration import BUILT_IN, DefaultStrength
from dictate.hotwords.model import Hotwords
from dictate.platform.background import ignore_exception
from dictate.translation import _

log = logging.getLogger(__name__)

AHEAD_S = 1.0
"""Seconds of kept sound that may be sent ahead of what the engine has worked through. It reports
that every half second of sound."""


class EngineClient:
    """One engine and its fallback: always there, whatever their processes do."""

    def __init__(
        self,
        settings: EngineSettings,
        socket: Path,
        on_change: Callable[[], None] = lambda: None,
        default_strength: DefaultStrength = lambda *__: BUILT_IN,
    ) -> None:
        """The engine process listens at `socket`, which lies in a folder that only this user can
        enter. `on_change` is called on the loop when what this reports has changed.
        `default_strength` is what was calibrated."""
        self.default_strength = default_strength
        """The strength of hotwords that stands for 1, by engine and model."""
        self.supervisor = EngineSupervisor(settings, socket, on_change)
        self._socket = socket
        self._on_change = on_change
        self._fallback: EngineClient | None = None
        self._fallback_info: EngineStatus | None = None
        """Of the fallback engine, after an utterance that it served."""
        self._replaced_info: EngineStatus | None = None
        """What the engine itself had reported by then."""

    @property
    def settings(self) -> EngineSettings:
        """What it was loaded with, and what changed since."""
        return self.supervisor.settings

    @property
    def state(self) -> EngineState:
        """What the engine process is doing."""
        return self.supervisor.state

    @property
    def message(self) -> str:
        """Why the engine process is restarting or failed."""
        return self.supervisor.message

    @property
    def is_supervised(self) -> bool:
        """Whether the engine process is watched and restarted, whatever its state."""
        return self.supervisor.is_supervised

    @property
    def fallback(self) -> "EngineClient | None":
        """The fallback engine, once it was needed."""
        return self._fallback

    @property
    def socket(self) -> Path:
        """Where the engine process listens: each connection to it is one more client. Raises
        EngineError if the engine has failed."""
        if self.state == EngineState.FAILED:
            raise EngineError(
                _("the engine cannot be used: {message}").format(message=self.message)
            )
        return self._socket

    @property
    def excluded(self) -> tuple[str, ...]:
        """The engines that "auto" no longer chooses, because they failed here."""
        return tuple(self.supervisor.choice.excluded)

    @property
    def info(self) -> EngineStatus:
        """About the engine that served the last utterance."""
        own = self.supervisor.info
        if self._fallback_info is None or own is not self._replaced_info:
            return own
        return self._fallback_info

    @property
    def serving_state(self) -> EngineState:
        """The state of the engine that `info` is about."""
        if self._fallback is None or self.info is self.supervisor.info:
            return self.state
        return self._fallback.state

    async def start(self) -> None:
        """Start the engine process and keep it alive. Returns at once; see `state`."""
        self.supervisor.start()

    async def stop(self) -> None:
        """Kill the engine process. Utterances that are still open end in EngineLost."""
        await self.supervisor.stop()
        if self._fallback is not None:
            await self._fallback.stop()

    def apply(self, settings: EngineSettings) -> None:
        """Use these settings from now on; they must not need another engine or model."""
        self.supervisor.settings = settings

    async def prepare(self, hotwords: Hotwords) -> list[str]:
        """Have the engine take in the list, ahead of the dictation that uses it: one line for
        each term that cannot be used. However long it takes: an utterance waits until then, and
        brings its list along in any case. After a restart it is taken in again. Raises EngineLost
        if the engine is lost."""
        supervisor = self.supervisor
        supervisor.control.hotwords = self.tuned(hotwords)
        supervisor.ensure_running()
        try:
            await supervisor.until_settled()
            # Which model it has is known now, and so is its strength.
            supervisor.control.hotwords = tuned = self.tuned(hotwords)
            return await supervisor.control.prepare(tuned)
        except EngineLost as error:
            if supervisor.state == EngineState.READY:  # its end is not known there yet
                supervisor.restart(supervisor.run, str(error))
            raise EngineLost(
                _("the engine cannot be used: {reason}").format(reason=self.message or error)
            ) from error
        except (OSError, EngineError) as error:
            reason = _("the engine does not take the hotwords in ({reason})").format(
                reason=str(error) or _("no answer")
            )
            supervisor.restart(supervisor.run, reason)
            raise EngineLost(_("{reason}: restarted").format(reason=reason)) from error

    def tuned(self, hotwords: Hotwords) -> Hotwords:
        """The list at the strength that was calibrated for this engine and its model, as far as
        these are known: until the model is loaded, at the built-in strength."""
        info = self.supervisor.info
        factor = self.default_strength(info.name, info.model)
        return hotwords if factor == BUILT_IN else hotwords.stronger(factor)

    def begin(
        self,
        dictation: int,
        hotwords: Hotwords | asyncio.Task[Hotwords],
        language: str | None,
        on_partial: Callable[[PartialTranscript], None] = lambda __: None,
    ) -> "UtteranceClient":
        """Begin an utterance, in any state: its sound waits for the engine, and for the list if
        that is a task, which must not fail. `on_partial` is called on the loop."""

        async def attempt(engine: EngineClient, louder: bool) -> UtteranceAttempt:  # noqa: FBT001
            words = hotwords if isinstance(hotwords, Hotwords) else await hotwords
            return UtteranceAttempt(
                engine.supervisor,
                dictation,
                engine.tuned(words),
                language,
                on_partial,
                louder=louder,
            )

        return UtteranceClient(self, attempt)

    async def hear_once(
        self, pcm: bytes, hotwords: Hotwords, language: str | None
    ) -> FinalTranscript:
        """Recognise kept sound while nobody waits for it: in one attempt, without the fallback, and
        sent no faster than the engine works, so that it is free at once when this is cancelled. An
        engine that hung is restarted. Raises EngineError, EngineLost."""
        attempt = UtteranceAttempt(
            self.supervisor, 0, self.tuned(hotwords), language, lambda __: None
        )

        async def chunks() -> AsyncIterator[Piece]:
            sent_s = 0.0
            for chunk in cut(pcm):
                while sent_s - attempt.worked_s > AHEAD_S:  # noqa: ASYNC110 - it sets no event
                    await asyncio.sleep(0.01)
                yield chunk
                sent_s += len(chunk) / (2 * RATE)

        try:
            return await attempt.run(chunks())
        except AttemptFailed as failure:
            if failure.again:
                self.supervisor.restart(attempt.process_run, str(failure))
            raise failure.error from failure

    async def fallback_engine(self) -> "EngineClient | None":
        """The engine that transcribes what this one failed at, started by the first call; None if
        the user wants none, or this engine was stopped."""
        settings = fallback_settings(self.settings)
        if settings is None or not self.is_supervised:
            return None
        if self._fallback is None:
            socket = self._socket.with_name(f"{self._socket.name}-2")
            self._fallback = EngineClient(settings, socket, self._on_change)
            await self._fallback.start()
        self._fallback.default_strength = self.default_strength
        self._fallback.apply(settings)
        return self._fallback

    def served_by_fallback(self, fallback: "EngineClient", reason: str) -> None:
        """The last utterance was transcribed by the fallback engine."""
        info = fallback.info
        log.warning("engine %s: served instead, because %s", info.name, reason)
        notes = (
            _("{reason}; {name} served instead").format(reason=reason, name=info.name),
            *info.notes,
        )
        self._replaced_info = self.supervisor.info
        self._fallback_info = replace(info, notes=notes)
        self._on_change()


class UtteranceClient:
    """One utterance: feed it, then finish or cancel it."""

    def __init__(
        self,
        engine: EngineClient,
        attempt: Callable[[EngineClient, bool], Awaitable[UtteranceAttempt]],
    ) -> None:
        """`attempt` makes one attempt at it with an engine, in which quiet sound is recognised once
        more, louder, or is not."""
        self._engine = engine
        self._attempt = attempt
        self._unsent = SendQueue()
        self._draft: DraftQuestion | None = None
        """The last draft that was asked for, unless it was dropped."""
        self._last_attempt: UtteranceAttempt | None = None
        self._cancelled = False
        self._second: asyncio.Task[FinalTranscript] | None = None
        """The attempt after the live one."""
        self._by_fallback: UtteranceClient | None = None
        self._live = asyncio.create_task(self._send(self._unsent.pieces()))
        ignore_exception(self._live)  # of a cancelled utterance
        self._live.add_done_callback(lambda __: self._unsent.wake())

    def feed(self, pcm: bytes) -> None:
        """Take more sound: signed 16-bit little-endian, mono, 16 kHz. Never blocks."""
        if not self._live.done():
            self._unsent.feed(pcm)

    def ask_for_draft(self) -> None:
        """Speech paused: have the engine make the text for the case that it does not come back. If
        it does not, `finish` returns this text, and the sound after this call does not count. Never
        blocks. Does nothing where the engine makes no drafts."""
        unsent = self._unsent
        lost = unsent.ended or unsent.overflowed or self._live.done()
        if lost or not self._engine.supervisor.info.can_draft:
            return
        self._draft = DraftQuestion(asyncio.get_running_loop().create_future())
        unsent.put(self._draft)

    def drop_draft(self) -> None:
        """Speech came back: `finish` returns the text of the whole sound. Idempotent."""
        if self._draft is not None:
            self._draft = None
            self._unsent.put(DropDraft())

    @property
    def worked_s(self) -> float:
        """Seconds of the sound that the engine has worked through, as far as it reports that."""
        if self._by_fallback is not None:
            return self._by_fallback.worked_s
        return self._last_attempt.worked_s if self._last_attempt is not None else 0.0

    async def drain(self) -> None:
        """Wait until all that was fed is sent, or lost: for a caller that has the sound faster
        than the engine works through it."""
        while self._unsent and not self._live.done():
            await self._unsent.until_sent()

    async def finish(self, whole: Callable[[], Awaitable[bytes]]) -> FinalTranscript:
        """No more sound comes: the whole text. `whole` brings all that was fed, and is called only
        if the live attempt failed or too much sound waits for it; what it raises comes through.

        A draft that was not dropped is returned at once; one that is under way competes with the
        text of the whole sound.

        Raises EngineLost if the engine died or hung twice, EngineError if it answered nonsense or
        an error twice, or cannot do this at all, and no other engine serves instead.
        """
        if (final := self._take_draft(ready=True)) is not None:
            return final
        pcm = None
        if self._unsent.overflowed and not self._live.done():
            try:
                pcm = await whole()
            except BaseException:
                self.cancel()
                raise
            self._unsent.append(pcm[self._unsent.fed_bytes :])
        self._unsent.end()
        silent = None
        try:
            return await self._live_or_draft()
        except AttemptFailed as failure:
            if not failure.again:
                raise failure.error from failure
            silent = failure if failure.silent else None
        pcm = await whole() if pcm is None else pcm
        if self._cancelled:
            raise asyncio.CancelledError
        if silent and (fallback := await self._engine.fallback_engine()):
            return await self._send_to_fallback(fallback, pcm, silent)
        try:
            return await self._send_whole(pcm)
        except AttemptFailed as failure:
            if fallback := await self._engine.fallback_engine():
                return await self._send_to_fallback(fallback, pcm, failure)
            if not self._engine.supervisor.choice.exclude_chosen(str(failure)):
                raise failure.error from failure
        try:
            return await self._send_whole(pcm)
        except AttemptFailed as failure:
            raise failure.error from failure

    async def _live_or_draft(self) -> FinalTranscript:
        if self._draft is not None:
            try:
                either: set[asyncio.Future[Any]] = {self._live, self._draft.answer}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                self._live.cancel()
                raise
        return self._take_draft(ready=False) or await self._live

    def _take_draft(self, *, ready: bool) -> FinalTranscript | None:
        """The draft, if it is here; the live attempt is over then."""
        if self._draft is None or not self._draft.answer.done():
            return None
        if (answer := self._draft.answer.result()) is None:
            return None
        final, timings = answer
        self._live.cancel()
        self._unsent.clear()
        if ready:
            final = replace(final, drafted=True, finish_ms=0.0)
        self._engine.supervisor.record_timings(replace(timings, finish_ms=final.finish_ms))
        return final

    async def _send_whole(self, pcm: bytes) -> FinalTranscript:
        # The engine may have failed at the louder sound, after it had the text.
        self._second = asyncio.create_task(self._send(_chunks(pcm), louder=False))
        return await self._second

    async def _send_to_fallback(
        self, fallback: EngineClient, pcm: bytes, failure: AttemptFailed
    ) -> FinalTranscript:
        async def whole() -> bytes:
            return pcm

        self._by_fallback = UtteranceClient(fallback, self._attempt)
        self._by_fallback.feed(pcm)
        try:
            final = await self._by_fallback.finish(whole)
        except EngineError as error:
            raise EngineError(
                _("{failure}; and the fallback engine: {error}").format(
                    failure=failure, error=error
                )
            ) from error
        self._engine.served_by_fallback(fallback, str(failure))
        return final

    def cancel(self) -> None:
        """Throw it away; no partial and no text come any more, and `finish` is cancelled.
        Idempotent."""
        self._cancelled = True
        self._draft = None
        self._live.cancel()
        if self._second is not None:
            self._second.cancel()
        if self._by_fallback is not None:
            self._by_fallback.cancel()
        self._unsent.clear()

    async def _send(self, pieces: AsyncIterator[Piece], *, louder: bool = True) -> FinalTranscript:
        self._last_attempt = attempt = await self._attempt(self._engine, louder)
        self._engine.supervisor.ensure_running()
        try:
            return await attempt.run(pieces)
        except AttemptFailed as failure:
            if failure.again:
                self._engine.supervisor.restart(attempt.process_run, str(failure))
                await self._engine.fallback_engine()  # it loads while the user still speaks
            raise


async def _chunks(pcm: bytes) -> AsyncIterator[Piece]:
    for chunk in cut(pcm):
        yield chunk
