"""Supervises the microphone for the pipeline: opens, watches, restarts and closes it.

The microphone is not trusted (see `heartbeat.py`). When it fails during a dictation, it is killed
and reopened until it works or the dictation ends. Sound from before the failure has been passed on
already, so none of it is lost; what was said meanwhile is, and is counted.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from dictate.config.schema import MicrophoneSettings
from dictate.errors import MicrophoneError
from dictate.events import RATE, AudioChunk
from dictate.microphone import Microphone
from dictate.microphone.alerts import MicrophoneAlerts
from dictate.microphone.heartbeat import ZEROS_S, Health, Heartbeat
from dictate.microphone.standby import CANNOT, WarmStandby
from dictate.platform.backoff import Backoff
from dictate.translation import _

log = logging.getLogger(__name__)

OPEN_S: Final = 3.0
"""Seconds until an opening counts as hung; 0.5 is usual. The next one has twice as long, because on
an overloaded machine each would seem to hang."""
LONGEST_OPEN_S: Final = 12.0
CHECK_S: Final = 0.1
"""Seconds between two checks of the heartbeat while the microphone is open."""
FIRST_BACKOFF_S: Final = 0.1
LONGEST_BACKOFF_S: Final = 2.0
IDLE_BACKOFF_S: Final = 30.0
"""Longest back-off between dictations, in seconds: there is no hurry, and each attempt costs a
process."""
STEADY_S: Final = 5.0
"""A microphone that worked for this many seconds gets the first, short back-off again."""


class _Lost(MicrophoneError):
    """It was open, and then it failed."""


class MicrophoneSupervisor:
    """Call all methods on the loop; the callbacks run there too. The owner must `stop` it before
    the loop ends.

    `on_chunk` gets the sound of a dictation, in order. `on_trouble` gets one message for each
    problem, only during a dictation. `on_open_changed` reports that the device is really open
    (with its name) or really closed. `on_end` reports the end of a recording.
    """

    def __init__(
        self,
        make: Callable[[MicrophoneSettings], Microphone],
        settings: MicrophoneSettings,
        *,
        on_chunk: Callable[[AudioChunk], None],
        on_trouble: Callable[[str], None],
        on_open_changed: Callable[[bool, str], None],
        on_end: Callable[[], None],
    ) -> None:
        self._make = make
        self._settings = settings
        self._on_chunk = on_chunk
        self._on_trouble = on_trouble
        self._on_open_changed = on_open_changed
        self._on_end = on_end
        self._listening = False
        self._stopped = True
        self._device: str | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ended: asyncio.Task[None] | None = None
        """The keeper that was told to end."""
        self._lingering: asyncio.TimerHandle | None = None
        self._hurry = asyncio.Event()
        self._one_open = asyncio.Lock()
        self._standby = WarmStandby(partial(make, settings))
        # Only sound outside dictations: no sound of one reaches a later one.
        self._pre_roll: deque[AudioChunk] = deque()
        self._passed_until: float | None = None
        """Where the sound ends that a dictation has got; None before its first sound."""
        self._heartbeat = Heartbeat()
        self._patience_s = OPEN_S
        self._alerts = MicrophoneAlerts()

    @property
    def is_open(self) -> bool:
        """Whether the device is open now."""
        return self._device is not None

    @property
    def well(self) -> bool:
        """Whether the keeper task runs while the microphone is wanted."""
        return not self._listening or (self._keeper is not None and not self._keeper.done())

    async def start(self) -> None:
        """Prepare; `keep_open = "always"` opens the microphone here."""
        self._stopped = False
        self._standby.prepare()
        self._settle()

    def listen(self) -> None:
        """A dictation begins: pass its pre-roll on at once; live sound follows."""
        if self._listening or self._stopped:
            return
        now = self._now()
        self._listening = True
        self._alerts.begin()
        self._heartbeat.begin()
        self._stop_lingering()
        earliest = now - self._settings.pre_roll_ms / 1000
        pre_roll = [chunk for chunk in self._pre_roll if chunk.at >= earliest]
        self._pre_roll.clear()
        self._passed_until = None
        for chunk in pre_roll:
            self._pass_on(chunk)
        self._hurry.set()
        self._begin_keeping()

    def release(self) -> None:
        """The dictation is over: pass nothing on; `keep_open` decides what stays open."""
        if self._listening:
            self._listening = False
            self._settle()

    async def apply(self, settings: MicrophoneSettings) -> None:
        """Use these settings from now on, even while a dictation records. Returns once the device
        that they replace is closed."""
        if settings == self._settings:
            return
        before, self._settings = self._settings, settings
        stale, self._standby = self._standby, WarmStandby(partial(self._make, settings))
        if (before.use, before.device) != (settings.use, settings.device):
            await self._close()
            self._heartbeat = Heartbeat()
            if self._listening:
                self._begin_keeping()
        await stale.drop()
        if not self._stopped:
            self._standby.prepare()
        if not self._listening:
            self._settle()

    async def renew(self) -> None:
        """The machine was asleep, and what was open before may be dead. It is closed, and opened
        again if it is to be open between dictations. One that records is left to its heartbeat."""
        if self._listening or self._stopped:
            return
        await self._close()
        if not self._listening:
            self._settle()

    async def stop(self) -> None:
        """Close everything and leave no child behind. Idempotent."""
        self._stopped = True
        self._listening = False
        await self._close()
        await self._standby.drop()

    # When the microphone is open

    def _settle(self) -> None:
        """Between dictations: keep the microphone open, for a while, or not at all."""
        self._stop_lingering()
        keeps = self._keeper is not None and not self._keeper.done()
        if self._stopped or self._settings.keep_open == "never":
            self._end_keeping()
        elif self._settings.keep_open == "always":
            self._begin_keeping()
        elif keeps:
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(self._settings.linger_s, self._stop_waiting)

    def _stop_waiting(self) -> None:
        self._lingering = None
        self._end_keeping()

    def _stop_lingering(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    @property
    def _wanted(self) -> bool:
        always = self._settings.keep_open == "always"
        return self._listening or self._lingering is not None or always

    def _begin_keeping(self) -> None:
        keeper = self._keeper
        if keeper is None or keeper.done() or keeper is self._ended:
            self._keeper = asyncio.create_task(self._keep(), name="microphone")
            self._keeper.add_done_callback(self._kept)

    def _end_keeping(self) -> None:
        # Only once: a second cancel would interrupt the closing. `cancelling` would not do: it
        # counts what a timeout does in the task, too, which the task survives.
        if self._keeper is not None and self._keeper is not self._ended:
            self._ended = self._keeper
            self._keeper.cancel()

    async def _close(self) -> None:
        self._stop_lingering()
        self._end_keeping()
        if self._keeper is not None:
            await asyncio.wait([self._keeper])
        async with self._one_open:
            log.debug("microphone: closed")

    # The task that keeps it open

    async def _keep(self) -> None:
        backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S, STEADY_S)
        self._patience_s = OPEN_S
        try:
            while True:
                began = self._now()
                self._hurry.clear()
                try:
                    async with self._one_open:
                        await self._open_and_read()
                except CANNOT as error:
                    self._report_error(error)
                else:
                    if self._listening:
                        self._on_end()
                    return
                if not self._wanted:
                    return
                backoff.longest_s = LONGEST_BACKOFF_S if self._listening else IDLE_BACKOFF_S
                if await self._pressed_within(backoff.after(self._now() - began)):
                    backoff.reset()
        finally:
            self._pre_roll.clear()

    async def _pressed_within(self, seconds: float) -> bool:
        """Wait until a dictation begins, at most for `seconds`; whether one began."""
        try:
            async with asyncio.timeout(seconds):
                return await self._hurry.wait()
        except TimeoutError:
            return False

    async def _open_and_read(self) -> None:
        """Open a microphone and pass its sound on until it ends. Raises MicrophoneError when it
        cannot be opened or is lost."""
        microphone = await self._standby.take()
        try:
            patience_s = self._patience_s
            try:
                async with asyncio.timeout(patience_s):
                    device = await microphone.open()
            except TimeoutError:
                self._patience_s = min(2 * patience_s, LONGEST_OPEN_S)
                raise MicrophoneError(
                    _(
                        "the microphone did not open within {seconds:.0f} s: the sound "
                        "server may hang, or the machine is overloaded"
                    ).format(seconds=patience_s)
                ) from None
            self._patience_s = OPEN_S
            self._set_device(device)
            self._heartbeat.opened(self._now())
            try:
                await self._watch(microphone)
            except MicrophoneError as error:
                raise _Lost(str(error)) from error
        finally:
            closing = asyncio.create_task(microphone.close())
            try:
                # A cancel may come at this moment: still finish closing what was opened.
                await asyncio.shield(closing)
            finally:
                await closing
                self._set_device(None)

    def _set_device(self, device: str | None) -> None:
        before, self._device = self._device, device
        if device != before:
            self._on_open_changed(self.is_open, device or before or "")

    async def _watch(self, microphone: Microphone) -> None:
        reader = asyncio.create_task(self._read(microphone), name="microphone-reader")
        try:
            while not reader.done():
                await asyncio.wait([reader], timeout=CHECK_S)
                if not reader.done():
                    self._judge(self._heartbeat.check(self._now()))
            await reader
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read(self, microphone: Microphone) -> None:
        anew = True
        while (chunk := await microphone.read()) is not None:
            self._heartbeat.heard(self._now(), chunk.samples)
            self._alerts.sound(chunk.samples)
            if not self._listening:
                self._remember(chunk)
            elif anew and self._passed_until is not None:
                away = round((chunk.at - self._passed_until) * RATE)
                self._pass_on(replace(chunk, away=max(0, away)))
            else:
                self._pass_on(chunk)
            anew = False

    def _pass_on(self, chunk: AudioChunk) -> None:
        self._passed_until = chunk.end
        self._on_chunk(chunk)

    def _remember(self, chunk: AudioChunk) -> None:
        self._pre_roll.append(chunk)
        while (
            self._pre_roll and self._pre_roll[0].at < chunk.end - self._settings.pre_roll_ms / 1000
        ):
            self._pre_roll.popleft()

    # Trouble

    def _judge(self, health: Health) -> None:
        match health:
            case Health.STALLED:
                raise MicrophoneError(_("no sound comes from it"))
            case Health.ZEROS:
                raise MicrophoneError(
                    _("it gave only digital silence for {seconds:.0f} s").format(seconds=ZEROS_S)
                )
            case Health.MUTED:
                self._alert(self._alerts.muted)

    def _report_error(self, error: Exception) -> None:
        log.info("microphone: %s", error)
        kind = self._alerts.lost if isinstance(error, _Lost) else self._alerts.closed
        self._alert(partial(kind, self._now(), str(error)))

    def _alert(self, message: Callable[[], str | None]) -> None:
        """Report a problem during a dictation only."""
        if self._listening and (line := message()) is not None:
            self._on_trouble(line)

    def _kept(self, keeper: asyncio.Task[None]) -> None:
        if not keeper.cancelled() and (error := keeper.exception()) is not None:
            # A bug of ours must not end the sound silently.
            log.error("microphone: its task failed", exc_info=error)
            if self._listening:
                self._on_trouble(_("the microphone failed: {error}").format(error=error))
        if keeper is self._keeper and not self._stopped:
            self._standby.prepare()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
