"""The journal: the text and the sound of each dictation, from key-down on, through any crash.

    recording -> captured -> transcribed -> typing -> delivered
                                  |            |
                                  +-> held <---+      cancelled, empty

`transcribed` and `typing` outlive this process when they return, and `typing` brings both to the
disk. So a text is safe before its first keystroke, and after a crash nothing is typed a second
time: what was being typed is held. A text that is still waiting when the power fails is recognized
again from its sound.

A journal is synchronous and belongs to one thread. If the disk fails, a step still takes place in
memory and is written with the next one; only the two durable steps raise JournalError. What the
user asks for, to correct or to forget, fails as a whole instead. A step of a dictation that was
forgotten meanwhile raises Forgotten, and brings nothing back.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from dictate.config.schema import JournalSettings
from dictate.errors import Forgotten, JournalError
from dictate.hotwords.model import MAIN
from dictate.journal.entry import FINISHED, RECOVERED, STEPS, Entry, EntryState
from dictate.journal.evidence import Evidence, EvidenceTable
from dictate.journal.late import LateDisk
from dictate.journal.retention import DAY_S, Moment, jump_message
from dictate.journal.spool import Spool, read
from dictate.journal.store import Store
from dictate.translation import N_, _

__all__ = ["Entry", "EntryState", "Journal"]

S = EntryState
BEFORE_TYPING = (S.CAPTURED, S.TRANSCRIBED)
"""Steps that the next one brings to the disk: somebody waits for the text meanwhile, and the sound
is on the disk."""


class Journal:
    """The journal in one folder, or in memory only (`directory` None).

    `on_trouble` gets one line for the user when the disk fails, once until it works again, which
    `on_mended` reports. `on_notice` gets one line about something else that the user should know.
    """

    def __init__(
        self,
        directory: Path | None,
        settings: JournalSettings,
        on_trouble: Callable[[str], None],
        on_mended: Callable[[], None] = lambda: None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.next_number = 1
        """The number of the next dictation; no number is used twice."""
        self._store = Store(directory)
        self._later: LateDisk | None = None
        """The folder, while everything is in memory because it could not be opened."""
        self.evidence = EvidenceTable(lambda: self._store.transaction())
        self._on_trouble = on_trouble
        self._on_mended = on_mended
        self._on_notice = on_notice or on_trouble
        self._told = False
        self._disk_failed = False
        """Whether a failure was reported, and not yet that the disk works again."""
        self._spools: dict[int, Spool] = {}
        self._recording: set[int] = set()
        self._under_way: set[int] = set()
        self._unsaved: dict[int, Entry] = {}

    def open(self) -> list[Entry]:
        """Open it, repair what a crash left, and return the unfinished dictations.

        They are CAPTURED (their sound is to be recognized) or HELD. Raises JournalError if the
        folder cannot be used, or if another dictate has it open.
        """
        for line in self._store.open():
            self._on_notice(line)
        try:
            return self._recover()
        except JournalError:
            self._store.close()
            raise

    def open_in_memory(self) -> None:
        """Open it without its folder, which is tried again with each dictation and each sweep."""
        self._later, self._store = LateDisk(self._store), Store(None)
        self.next_number = self._later.first
        self._store.open()

    def apply(self, settings: JournalSettings) -> None:
        """Use these settings from now on."""
        self.settings = settings

    def begin(self, number: int, started: float, profile: str = MAIN) -> None:
        """The key is down: from here on sound is kept. `started` is the wall clock."""
        if number < self.next_number:
            # untranslated
            raise ValueError(f"dictation {number} exists already: the next is {self.next_number}")
        self.next_number = number + 1
        self._leave_memory()
        self._spools[number] = Spool(self._store.audio_path(number), self._report)
        self._recording.add(number)
        self._under_way.add(number)
        self._write(Entry(number, S.RECORDING, started, profile=profile))

    def profile(self, number: int, profile: str) -> None:
        """It is known now which profile hears it."""
        self._write(replace(self._entry(number), profile=profile))

    def append(self, number: int, pcm: bytes) -> None:
        """More sound: signed 16-bit little-endian mono, 16 kHz."""
        if number not in self._recording:
            # untranslated
            raise ValueError(f"dictation {number} is not being recorded: it takes no more sound")
        self._spools[number].append(pcm)

    def captured(self, number: int, application: str, lost_ms: int = 0) -> None:
        """The key is up, all sound is recorded, except what the microphone lost."""
        self._step(number, S.CAPTURED, application=application, lost_ms=lost_ms)

    def transcribed(
        self, number: int, text: str, heard: str, engine: str, plain: str | None = None
    ) -> None:
        """The text outlives this process when it returns, or it raises JournalError; `get` has the
        text either way."""
        heard_anew = {"text": text, "heard": heard, "engine": engine, "plain": plain}
        later = {"corrected": "", "polished": "", "command": "", "reason": ""}
        self._step(number, S.TRANSCRIBED, durable=True, **heard_anew, **later)

    def commanded(self, number: int, command: str, heard: str, engine: str) -> None:
        """It is a voice command, said in these words; as `transcribed`."""
        said = {"command": command, "heard": heard, "engine": engine, "text": ""}
        self._step(number, S.TRANSCRIBED, durable=True, **said)

    def carried_out(self, number: int, done: str) -> None:
        """The voice command was carried out; `done` says what that was."""
        self._step(number, S.DELIVERED, reason=done)

    def polished(self, number: int, polished: str) -> None:
        """A language model made this of the text, and this is to be written. `typing` brings it to
        the disk."""
        self._write(replace(self._entry(number), polished=polished), synced=False)

    def typing(self, number: int, output: str) -> None:
        """The step and the text are on the disk when it returns; if it raises JournalError, the
        caller must not write."""
        self._step(number, S.TYPING, durable=True, output=output)

    def replacing(self, number: int, output: str, polished: str) -> None:
        """What stands in the window is taken back, and this polished text is written in its place,
        or, if that is empty, the text itself. As `typing`."""
        self._step(number, S.TYPING, durable=True, output=output, polished=polished)

    def delivered(self, number: int, receipt: str, polished: str | None = None) -> None:
        """The text was written; `receipt` is the evidence for it. `polished` says what stands in
        the window if that is not what was to be written."""
        other: dict[str, Any] = {} if polished is None else {"polished": polished}
        self._step(number, S.DELIVERED, reason=receipt, **other)

    def not_polished(self, number: int, why: str) -> None:
        """The text stays as it is."""
        entry = self._entry(number)
        # untranslated: what shows it looks for it, maybe in another language by then
        reason = "; ".join(filter(None, (entry.reason, f"not polished: {why}")))
        self._write(replace(entry, reason=reason), synced=False)

    def held(self, number: int, reason: str) -> None:
        """It could not be recognized or written; the user decides what happens."""
        self._step(number, S.HELD, reason=reason)

    def cancelled(self, number: int, reason: str) -> None:
        """The user discarded it."""
        self._step(number, S.CANCELLED, reason=reason)

    def empty(self, number: int) -> None:
        """The engine recognized nothing."""
        self._step(number, S.EMPTY)

    def plain(self, number: int, plain: str) -> None:
        """The text without hotwords became known later."""
        self._write(replace(self._entry(number), plain=plain))

    def corrected(self, number: int, text: str, evidence: Iterable[Evidence]) -> None:
        """The user corrected the text, which says this about terms. All of it is on the disk when
        it returns; if it raises JournalError, nothing is kept, for the user is told so."""
        if number in self._under_way:
            raise JournalError(
                _("dictation {number} is under way: try again in a moment").format(number=number)
            )
        before = self._unsaved.get(number)
        try:
            self._save([replace(self._entry(number), corrected=text)], evidence)
        except JournalError:
            if before is None:
                self._unsaved.pop(number, None)
            else:
                self._unsaved[number] = before
            raise

    def audio(self, number: int) -> bytes:
        """The sound so far, whatever the state: signed 16-bit little-endian mono, 16 kHz.

        Raises JournalError if it has been deleted or cannot be read.
        """
        self._entry(number)
        if spool := self._spools.get(number):
            return spool.audio()
        if path := self._store.audio_path(number):
            try:
                return read(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                raise JournalError(
                    _("{path}: cannot be read: {error}").format(path=path, error=error.strerror)
                ) from error
        raise JournalError(
            _("the sound of dictation {number} is no longer kept").format(number=number)
        )

    def get(self, number: int) -> Entry | None:
        """One dictation; None if there is none with that number, or no longer."""
        entry = self._unsaved.get(number) or self._store.get(number)
        return self._with_audio(entry) if entry else None

    def last(self) -> Entry | None:
        """The newest dictation that has a text."""
        found = [entry for entry in self._unsaved.values() if entry.text]
        found += filter(None, [self._store.last_with_text(besides=self._unsaved)])
        newest = max(found, key=lambda entry: entry.number, default=None)
        return self._with_audio(newest) if newest else None

    def history(self, limit: int, before: int = 0) -> list[Entry]:
        """The newest dictations, newest first; those before a number unless it is 0."""
        merged = {entry.number: entry for entry in self._store.newest(limit, before)}
        merged |= {
            number: entry
            for number, entry in self._unsaved.items()
            if number < before or not before
        }
        newest = sorted(merged.values(), key=lambda entry: -entry.number)[: max(0, limit)]
        return [self._with_audio(entry) for entry in newest]

    def forget(self, number: int | None) -> int:
        """Delete one dictation, or all (None): words and sound are erased from the files.

        Returns the number of deleted dictations. A dictation that is under way stays; naming it
        raises JournalError.
        """
        if number is not None and number in self._under_way:
            raise JournalError(
                _("dictation {number} is under way: cancel it, or wait for its end").format(
                    number=number
                )
            )
        numbers = self._store.numbers() | self._unsaved.keys()
        chosen = numbers - self._under_way if number is None else numbers & {number}
        self._delete(chosen)
        if number is None:
            self._store.drop_broken()
            self.evidence.forget_others()
        return len(chosen)

    def sweep(self, now: Moment) -> None:
        """Delete what the settings do not keep, by the journal's own clock (see `retention.py`).

        What was not delivered stays until the user deletes it, or for `keep_held_days`.
        """
        self._leave_memory()
        self._finish_spools()
        try:
            jump_s = self._store.look(now)
            self._sweep(self.settings)
        except JournalError as error:
            self._tell(error)
            return
        if jump_s:
            self._on_notice(jump_message(jump_s))

    def close(self) -> None:
        """Write what is left and close the files. Idempotent."""
        self._leave_memory()
        self._write()
        for spool in self._spools.values():
            spool.close()
            spool.abandon()
        self._spools.clear()
        self._store.close()

    def _step(self, number: int, to: EntryState, *, durable: bool = False, **changes: Any) -> None:
        entry = self._entry(number)
        if to not in STEPS[entry.state]:
            # untranslated
            raise ValueError(f"dictation {number} is {entry.state.value}: it cannot be {to.value}")
        if entry.state is S.RECORDING:
            self._recording.discard(number)
            spool = self._spools[number]
            spool.close()
            changes["audio_s"] = spool.seconds
            if spool.whole:
                del self._spools[number]
        if to in FINISHED or to is S.HELD:
            self._under_way.discard(number)
        else:
            self._under_way.add(number)
        self._write(
            replace(entry, state=to, **changes), durable=durable, synced=to not in BEFORE_TYPING
        )
        if to in FINISHED:
            self._end(number, to)

    def _end(self, number: int, state: EntryState) -> None:
        """A dictation is finished: delete at once what the settings do not keep."""
        unwanted = state is S.CANCELLED and not self.settings.keep_cancelled
        try:
            if self.settings.keep_days == 0 or unwanted:
                self._delete({number})
            elif not self.settings.keep_audio or self._store.in_memory:
                self._delete_audio([number])
        except JournalError as error:
            self._tell(error)

    def _write(self, *entries: Entry, durable: bool = False, synced: bool = True) -> None:
        try:
            self._save(entries, synced=synced)
        except JournalError as error:
            self._disk_failed = True
            if durable:
                raise
            self._tell(error)

    def _tell(self, error: JournalError) -> None:
        if not self._told:
            self._told = True
            self._report(str(error))

    def _report(self, line: str) -> None:
        self._disk_failed = True
        self._on_trouble(line)

    def _leave_memory(self) -> None:
        """Go on in the folder, if it can be opened now."""
        if self._later is None or (said := self._later.take(self._store)) is None:
            return
        self._store, self._later = self._later.store, None
        for number, spool in self._spools.items():
            spool.path = self._store.audio_path(number)
        self._finish_spools()
        self._on_notice("; ".join(said))
        self._on_mended()

    def _finish_spools(self) -> None:
        """Try again to write the sound that the disk did not take."""
        for number, spool in self._spools.items():
            if not spool.whole and number not in self._recording:
                spool.close()

    def _save(
        self, entries: Iterable[Entry], evidence: Iterable[Evidence] = (), *, synced: bool = True
    ) -> None:
        """Write these, and everything that could not be written before. Raises JournalError."""
        self._unsaved.update((entry.number, entry) for entry in entries)
        if self._unsaved:
            self._store.put(self._unsaved.values(), evidence, synced=synced)
            self._unsaved.clear()
            self._told = False
            if self._disk_failed:
                self._finish_spools()
                if all(spool.whole for spool in self._spools.values()):
                    self._disk_failed = False
                    self._on_mended()

    def _entry(self, number: int) -> Entry:
        entry = self._unsaved.get(number) or self._store.get(number)
        if entry is None:
            raise Forgotten(
                _("there is no dictation {number}, or it has been forgotten").format(number=number)
            )
        return entry

    def _with_audio(self, entry: Entry) -> Entry:
        spool = self._spools.get(entry.number)
        return replace(
            entry,
            has_audio=spool is not None or self._store.has_audio(entry.number),
            audio_s=spool.seconds if spool else entry.audio_s,
        )

    def _recover(self) -> list[Entry]:
        self.next_number = self._store.last_number() + 1
        left = self._store.unfinished()
        for number in sorted(self._store.audio_numbers() - self._store.numbers()):
            left.append(Entry(number, S.RECORDING, self._store.audio_time(number)))
        healed = [self._heal(entry) for entry in left]
        self._write(*healed)
        return [entry for entry in healed if entry.state is not S.EMPTY]

    def _heal(self, entry: Entry) -> Entry:
        if entry.state is S.TRANSCRIBED:
            return replace(entry, state=S.HELD, reason=N_("Dictate crashed before writing it"))
        if entry.state is S.TYPING:
            reason = N_("Dictate crashed while writing it: part of it may be in the window")
            return replace(entry, state=S.HELD, reason=reason)
        try:
            audio_s = self._store.mend_audio(entry.number)
            if not audio_s:
                self._store.delete_audio(entry.number)
        except JournalError as error:
            self._on_notice(str(error))
            return replace(
                entry, state=S.HELD, reason=N_("recovered, but its sound cannot be read")
            )
        if not audio_s:
            reason = N_("Dictate crashed, and no sound of it is there")
            return replace(entry, state=S.EMPTY, reason=reason, audio_s=0)
        return replace(entry, state=S.CAPTURED, reason=RECOVERED, audio_s=audio_s)

    def _sweep(self, settings: JournalSettings) -> None:
        ages = self._store.ages()

        def too_old(entry: Entry) -> bool:
            finished = entry.state in FINISHED
            days = settings.keep_days if finished else settings.keep_held_days or inf
            return ages.get(entry.number, 0.0) > days * DAY_S

        entries = [e for e in self._store.newest(-1) if e.number not in self._under_way]
        self._delete({e.number for e in entries if too_old(e)})
        finished = {e.number for e in entries if e.state in FINISHED}
        if not settings.keep_audio:
            self._delete_audio(finished)
        self._delete_audio(self._store.audio_beyond(settings.keep_mb * 1e6, finished))

    def _delete(self, numbers: set[int]) -> None:
        # The sound first: a sound file without its row would be recovered as a dictation.
        self._delete_audio(numbers)
        for number in numbers:
            self._unsaved.pop(number, None)
        self._store.delete(numbers)

    def _delete_audio(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if spool := self._spools.pop(number, None):
                spool.abandon()
            self._store.delete_audio(number)
