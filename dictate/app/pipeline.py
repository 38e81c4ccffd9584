"""Carries a dictation through all stages: microphone, speech, engine, text, output - and the
journal beside it.

Strategy: `session.py` decides, this obeys. Each command has one short method below, in the order in
which a dictation lives. What takes time (the engine's end, the journal's fsync, the writing) runs
as a task of that dictation and comes back to the session as an input; nothing here waits in line
behind anything else. Whatever goes wrong comes back as an input too, so that no dictation hangs.
"""

import asyncio
import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from dictate.app.delivery import Delivery, focus_of
from dictate.app.dictation import Backlog, Dictation, backlog_of, unheard
from dictate.app.journal_thread import JournalThread
from dictate.app.language_model import LanguageModel
from dictate.app.observer import PipelineObserver
from dictate.app.output_writer import OutputWriter
from dictate.app.preedit import Preedit
from dictate.app.profile_choice import begin, land, landing_now
from dictate.app.profiles import Profile, Profiles
from dictate.app.session import Activity, Command, Do, Input, Session
from dictate.app.tail import ask_for_drafts, still_comes, voice_ended
from dictate.app.take_text import find_text, keep_text
from dictate.app.voice_editing import VoiceEditing
from dictate.config.schema import Settings
from dictate.errors import DeliveryUnsure, DictateError, NotDelivered
from dictate.events import (
    RATE,
    AudioChunk,
    PartialTranscript,
    SpeechEnded,
    pcm_from_samples,
)
from dictate.journal.journal import Journal
from dictate.platform.background import BackgroundTasks
from dictate.translation import N_, _
from dictate.vad.segmenter import Segmenter

log = logging.getLogger(__name__)

LATE_SOUND_S = 0.3
"""Seconds after the end of the tail in which its last chunk may still come: the latency of the
sound card is 0.1 s."""
LAST_CALL_S = 60.0
"""Seconds before the longest time of a dictation at which the user is told that it will end."""
LAST_ACTIONS = 32
"""Maximum number of the user's last actions whose time is kept. Between two texts there are few: a
press, a release, one that was cancelled."""


class SoundSource(Protocol):
    """The microphone, as the pipeline uses it."""

    def listen(self) -> None:
        """A dictation begins: its sound is wanted."""

    def release(self) -> None:
        """No sound is wanted any more."""


class Pipeline:
    """All stages joined. Made on the running loop; `assembly.py` builds the stages, `reloader.py`
    replaces them."""

    def __init__(
        self,
        *,
        settings: Settings,
        profiles: Profiles,
        segmenter: Segmenter,
        microphone: SoundSource,
        journal: JournalThread,
        writer: OutputWriter,
        model: LanguageModel,
        observer: PipelineObserver,
    ) -> None:
        self.settings = settings
        self.segmenter = segmenter
        self.idle = asyncio.Event()
        """Set while no dictation is under way."""
        self.idle.set()
        self._profiles = profiles
        self._microphone = microphone
        self._journal = journal
        self._writer = writer
        self._model = model
        self._observer = observer
        self.editing = VoiceEditing(journal, writer, lambda: profiles.now.outputs)
        self._delivery = Delivery(writer, model, self.editing, observer, lambda: self.acted_at)
        self._session = Session(journal.next_number)
        self._listening = False
        self._tasks = BackgroundTasks(log)
        self._preedit = Preedit(
            self._tasks.start,
            lambda number, in_field: observer.previewed(number, in_field=in_field),
        )
        self._in_flight: dict[int, Dictation] = {}
        self._instructs = False
        """Whether a dictation that begins now is about what is selected."""
        self._acted_at: deque[float] = deque(maxlen=LAST_ACTIONS)
        """When the user last did something, monotonic seconds."""

    def apply(self, settings: Settings, segmenter: Segmenter) -> None:
        """Use these from now on."""
        self.settings, self.segmenter = settings, segmenter

    # What the user does.

    def start(self, *, held: bool, profile: str = "", instructs: bool = False) -> None:
        """See `Session.start`. With `instructs` it says what to do with what is selected."""
        self._instructs = instructs
        self._user_acts(lambda: self._session.start(held=held, profile=profile))

    def toggle(self, *, profile: str = "", instructs: bool = False) -> None:
        """See `Session.toggle` and `start`."""
        self._instructs = instructs
        self._user_acts(lambda: self._session.toggle(profile=profile))

    def stop(self) -> None:
        """See `Session.stop`."""
        self._user_acts(self._session.stop)

    def latch(self) -> None:
        """See `Session.latch`."""
        self._user_acts(self._session.latch)

    def discard(self) -> None:
        """See `Session.discard`."""
        self._user_acts(self._session.discard)

    def cancel(self) -> None:
        """See `Session.cancel`."""
        before = set(self._in_flight)
        self._user_acts(self._session.cancel)
        if gone := before - self._in_flight.keys():
            self._observer.cancelled(max(gone))

    @property
    def activity(self) -> Activity:
        """All dictations in one word."""
        return self._session.activity

    @property
    def hears(self) -> bool:
        """Whether the sound of the dictation that records has begun to come."""
        dictation = self._in_flight.get(self._session.recording or 0)
        return dictation is not None and dictation.hears

    @property
    def listening(self) -> bool:
        """Whether a key is held or a toggled dictation is open: the tail is not."""
        return self._session.listening

    # The session decides, and its commands are obeyed.

    def _user_acts(self, decide: Callable[[], list[Command]]) -> None:
        self._acted_at.append(time.monotonic())
        self._act(decide)

    def _act(self, decide: Callable[[], list[Command]]) -> None:
        before = self._session.activity, self._session.listening
        for command in decide():
            log.debug("%s", command)
            self._obey(command)
        if self._session.recording is None and self._listening:
            self._listening = False
            self._microphone.release()
        # In the tail it still records, and listens no more: the next press begins another one.
        if (self._session.activity, self._session.listening) != before:
            self._observer.changed()
        if self._session.activity is Activity.READY:
            self.idle.set()
        else:
            self.idle.clear()

    def _handle(self, number: int, what: Input) -> None:
        self._act(lambda: self._session.handle(number, what))

    def _obey(self, command: Command) -> None:
        number = command.dictation
        match command.do:
            case Do.RECORD:
                self._record(command)
            case Do.TAIL:
                self._tail(self._in_flight[number])
            case Do.FINISH:
                self._run(number, self._finish(self._in_flight[number]))
            case Do.DELIVER:
                self._run(number, self._deliver(self._in_flight[number]))
            case Do.DROP:
                dictation = self._end(number)
                self._journal.submit(Journal.empty, number)
                if dictation:
                    self._observer.nothing_heard(
                        number, dictation.too_quiet, continued=dictation.continued
                    )
            case Do.ABANDON:
                self._abandon(number)
            case Do.HOLD:
                self._hold(number)
            case Do.KEEP if self._keeps_cancelled:
                self._journal.submit(Journal.cancelled, number, N_("cancelled; its text came late"))
            case Do.DONE:
                self._end(number)

    # One dictation, from the key to the window.

    def _record(self, command: Command) -> None:
        number, asked = command.dictation, command.profile
        before = self._in_flight.get(number - 1) if command.continued else None
        profiles, name = self._profiles.now, before.hearing.name if before else asked
        profile, utterance = begin(
            profiles, number, name, self._partial, partial(self._heard_by, number)
        )
        self._journal.submit(Journal.begin, number, time.time(), profile.name)
        dictation = Dictation(
            number,
            profiles,
            profile,
            utterance,
            time.monotonic(),
            asked,
            continued=command.continued,
            instructs=self._instructs and not command.continued,
        )
        self._in_flight[number] = dictation
        self._heard_by(number, profile)
        if not command.continued:
            self.segmenter.reset()
        # Without a microphone no sample would ever count the time.
        longest_s = self.settings.microphone.longest_min * 60 + LATE_SOUND_S
        loop = asyncio.get_running_loop()
        dictation.timers.append(loop.call_later(longest_s, self._too_long, number))
        if (rest_s := longest_s - LAST_CALL_S) > 0:
            dictation.timers.append(loop.call_later(rest_s, self._nearly_too_long, number))
        if not self._listening:
            self._listening = True
            self._microphone.listen()

    def _heard_by(self, number: int, profile: Profile) -> None:
        """It is known now what hears this dictation."""
        if (dictation := self._in_flight.get(number)) is None:
            return
        is_main = profile.engine is dictation.profiles.main.engine
        self._session.heard_by(number, None if is_main else profile.engine)
        was, dictation.hearing = dictation.hearing, profile
        if was.name != profile.name:
            self._journal.submit(Journal.profile, number, profile.name)
            self._observer.changed()

    def hear(self, chunk: AudioChunk) -> None:
        """A chunk from the microphone: to disk, to the engine, to the speech detector."""
        number = self._session.recording
        dictation = self._in_flight.get(number or 0)
        if number is None or dictation is None:
            return
        pcm = pcm_from_samples(chunk.samples)
        self._journal.submit(Journal.append, number, pcm)
        dictation.utterance.feed(pcm)
        self._observer.sound(chunk.samples)
        if not dictation.samples:
            waited_ms = (time.monotonic() - dictation.pressed_at) * 1000
            log.debug("dictation %d: first sound %.0f ms after the press", number, waited_ms)
        heard = dictation.hears
        dictation.take(chunk)
        if dictation.hears and not heard:
            self._observer.changed()
        before = self.segmenter.voice_end.pauses
        marks = self.segmenter.push(chunk)
        if told := unheard(dictation, marks):
            self._observer.trouble(told)
        voice_end, adaptive = self.segmenter.voice_end, self.settings.engine.adaptive_tail
        ask_for_drafts(dictation, voice_end, paused=voice_end.pauses != before, wanted=adaptive)
        if chunk.end >= dictation.ends_at or self._voice_ended(dictation):
            self._handle(number, Input.TAIL_OVER)
        elif dictation.samples >= self.settings.microphone.longest_min * 60 * RATE:
            self._too_long(number)
        elif self.settings.speech.end_ms and any(isinstance(e, SpeechEnded) for e in marks):
            # What follows a silence is no second instruction.
            self._act(self._session.stop if dictation.instructs else self._session.endpoint)

    def _nearly_too_long(self, number: int) -> None:
        if self._session.recording == number:
            self._observer.trouble(
                _(
                    "the dictation ends in {seconds:.0f} s: its longest time is over "
                    "then (microphone.longest_min). Its text will be written"
                ).format(seconds=LAST_CALL_S)
            )

    def _too_long(self, number: int) -> None:
        if self._session.recording == number:
            self._observer.trouble(_("the dictation has reached its longest time and was ended"))
            self.sound_over()

    def sound_over(self) -> None:
        """No more sound comes: the recording that served as the microphone is over."""
        self._act(self._session.sound_over)

    def _tail(self, dictation: Dictation) -> None:
        tail_s = self.settings.engine.tail_ms / 1000
        loop = asyncio.get_running_loop()
        dictation.released_at = time.monotonic()
        dictation.ends_at = dictation.released_at + tail_s
        dictation.focus = loop.create_task(land(dictation))
        # A microphone that died takes its last chunk with it: the tail must end all the same.
        self._end_tail_later(dictation, tail_s + LATE_SOUND_S)
        loop.call_soon(self._end_tail, dictation)

    def _end_tail_later(self, dictation: Dictation, seconds: float) -> None:
        heard_until = dictation.heard_until

        def end() -> None:
            if still_comes(dictation, heard_until, time.monotonic()):
                self._end_tail_later(dictation, LATE_SOUND_S)
            else:
                self._handle(dictation.number, Input.TAIL_OVER)

        loop = asyncio.get_running_loop()
        dictation.timers.append(loop.call_later(seconds, end))

    def _end_tail(self, dictation: Dictation) -> None:
        if self._session.recording == dictation.number and self._voice_ended(dictation):
            self._handle(dictation.number, Input.TAIL_OVER)

    def _voice_ended(self, dictation: Dictation) -> bool:
        adaptive = self.settings.engine.adaptive_tail
        return adaptive and voice_ended(dictation, self.segmenter.voice_end)

    def _partial(self, partial: PartialTranscript) -> None:
        if partial.dictation in self._in_flight:
            self._in_flight[partial.dictation].partial = partial
            self._observer.partial(partial)
            self._show(partial)

    def show_again(self) -> None:
        """Show the last partial once more: the user may have gone to another window."""
        dictation = self._in_flight.get(self._session.recording or 0)
        if dictation and dictation.partial:
            self._show(dictation.partial)

    def _show(self, partial: PartialTranscript) -> None:
        dictation = self._in_flight[partial.dictation]
        # In the field it would replace what is selected.
        in_field = self.settings.output.preedit and not dictation.instructs
        if in_field and partial.dictation == max(self._in_flight):
            self._preedit.show(partial, dictation.hearing.output)
        else:
            self._observer.previewed(partial.dictation, in_field=False)

    async def _finish(self, dictation: Dictation) -> None:
        number, timing = dictation.number, dictation.timing
        ended_at = time.monotonic()
        timing.tail_ms = (ended_at - dictation.released_at) * 1000
        focus = await focus_of(dictation)
        if not self.in_flight(number):
            return  # cancelled meanwhile
        application = dictation.application or (focus.application if focus else "")
        self._journal.submit(Journal.captured, number, application, dictation.lost_ms)
        self._model.sound_over(dictation, focus)
        if dictation.dropped:  # that the microphone was away is told at once
            self._observer.trouble(
                _("{milliseconds} ms of sound were lost").format(
                    milliseconds=dictation.dropped * 1000 // RATE
                )
            )
        final = await dictation.utterance.finish(lambda: self._journal.call(Journal.audio, number))
        timing.engine_ms = (time.monotonic() - ended_at) * 1000
        timing.early = final.drafted
        editing, trouble = self.settings.editing, self._observer.trouble
        await find_text(dictation, final, application, editing, trouble)
        if not self.in_flight(number) and not self._keeps_cancelled:
            return
        found = await keep_text(dictation, final, self._journal)
        if dictation.text and self.in_flight(number):
            await self._model.revise(dictation, application)
        self._handle(number, Input.HEARD if found else Input.HEARD_NOTHING)

    async def _deliver(self, dictation: Dictation) -> None:
        number = dictation.number
        if dictation.edit is not None:
            self._preedit.remove(number, dictation.hearing.output)
        try:
            report = await self._delivery.deliver(dictation)
        except (NotDelivered, DeliveryUnsure) as error:
            dictation.reason = str(error)
            self._handle(number, Input.REFUSED)
            return
        self._handle(number, Input.WRITTEN)
        report()

    def _hold(self, number: int) -> None:
        dictation = self._end(number)
        reason = dictation.reason if dictation else _("interrupted")
        if dictation is not None:
            self._model.cancel(dictation)
            if dictation.instructs:
                reason = _("not edited: {reason}").format(reason=reason)
                self._journal.submit(Journal.cancelled, number, reason)
                self._observer.trouble(reason)
                return
        self._journal.submit(Journal.held, number, reason)
        self._observer.held(number, reason)

    def _abandon(self, number: int) -> None:
        dictation = self._end(number)
        if dictation:
            dictation.utterance.cancel()
            self._model.cancel(dictation)
        self._journal.submit(Journal.cancelled, number, "cancelled")  # untranslated: as the state

    def _end(self, number: int) -> Dictation | None:
        dictation = self._in_flight.pop(number, None)
        if dictation:
            self._preedit.remove(number, dictation.hearing.output)
            for timer in dictation.timers:
                timer.cancel()
        return dictation

    @property
    def acted_at(self) -> Sequence[float]:
        """When the user last did something, monotonic seconds."""
        return tuple(self._acted_at)

    @property
    def writing(self) -> bool:
        """Whether an output has a text at this moment."""
        return self._writer.busy

    @property
    def recording_profile(self) -> Profile | None:
        """The profile of the dictation that records; None while none does."""
        dictation = self._in_flight.get(self._session.recording or 0)
        return dictation.profile if dictation else None

    async def landing(self) -> Profile | None:
        """The same, with what would write its text if it ended now."""
        dictation = self._in_flight.get(self._session.recording or 0)
        return await landing_now(dictation) if dictation else None

    @property
    def _keeps_cancelled(self) -> bool:
        """Whether anything is left in the journal of a dictation that was cancelled."""
        settings = self.settings.journal
        return settings.keep_cancelled and settings.keep_days > 0

    @property
    def under_way(self) -> frozenset[int]:
        """The dictations that are not over yet."""
        return frozenset(self._in_flight)

    def in_flight(self, number: int) -> bool:
        """Whether this dictation is not over yet."""
        return number in self._in_flight

    @property
    def backlog(self) -> Backlog | None:
        """How far the engine is with the dictation that waits longest for its text; if none waits,
        with the one that records."""
        recording = self._in_flight.get(self._session.recording or 0)
        return backlog_of(self._in_flight.values(), recording, time.monotonic())

    # Tasks.

    def _run(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        async def to_its_end() -> None:
            try:
                await work
            except Exception as error:
                reason = str(error)
                if not isinstance(error, DictateError):  # its message may quote the text
                    reason = type(error).__name__
                    where = "".join(traceback.format_tb(error.__traceback__))
                    log.error("dictation %d: %s\n%s", number, reason, where)  # noqa: TRY400
                if number in self._in_flight:
                    self._in_flight[number].reason = reason or type(error).__name__
                self._handle(number, Input.FAILED)
                self._handle(number, Input.REFUSED)

        self._tasks.start(to_its_end(), f"dictation {number}")  # untranslated

    async def drain(self, patience_s: float) -> None:
        """End the dictation that records, and wait at most `patience_s` seconds for those in
        flight; the rest are on disk and recovered at the next start."""
        self._act(self._session.sound_over)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._tasks.wait()
        await self._tasks.cancel()
