"""What was said: a text and its sound for each dictation, from key-down on, through any crash.

    recording -> captured -> transcribed -> typing -> delivered
                                  |            |
                                  +-> held <---+      cancelled, empty

`transcribed` and `typing` are on the disk when they return, so a text is safe before its first
keystroke, and after a crash nobody types a second time: what was being typed is held instead.

A journal is synchronous and belongs to one thread. Where the disk fails, a step is still taken in
memory and written with the next one; only the two durable steps raise JournalError.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dictate.config.schema import JournalSettings
from dictate.errors import JournalError
from dictate.journal.entry import FINISHED, STEPS, Entry, EntryState
from dictate.journal.spool import Spool, read
from dictate.journal.store import Store

__all__ = ["KEPT_DAYS", "Entry", "EntryState", "Journal"]


KEPT_DAYS: Final = 7.0
"""What was never delivered is kept at least so many days, whatever the settings say."""

_DAY_S: Final = 86_400.0

S = EntryState


class Journal:
    """The journal in one folder, or in memory only (`directory` None).

    `on_trouble` is called with one line for people when the disk fails, once until it works again.
    """

    def __init__(
        self,
        directory: Path | None,
        settings: JournalSettings,
        on_trouble: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.next_number = 1
        """The number the next dictation shall have; none is ever given twice."""
        self._store = Store(directory)
        self._on_trouble = on_trouble
        self._told = False
        self._spools: dict[int, Spool] = {}
        self._recording: set[int] = set()
        self._under_way: set[int] = set()
        self._unsaved: dict[int, Entry] = {}

    def open(self) -> list[Entry]:
        """Open it, and mend what a crash left: the dictations that still want something.

        They are CAPTURED (their sound wants to be recognised), or HELD. Raises JournalError if the
        folder cannot be used or another dictate has it open.
        """
        for line in self._store.open():
            self._on_trouble(line)
        try:
            return self._recover()
        except JournalError:
            self._store.close()
            raise

    def apply(self, settings: JournalSettings) -> None:
        """Use these settings from now on."""
        self.settings = settings

    def begin(self, number: int, started: float, *, second: bool = False) -> None:
        """The key is down: from here on sound is kept. `started` is the wall clock; `second`, that
        the second way shall hear it."""
        if number < self.next_number:
            raise ValueError(f"dictation {number} has been: the next is {self.next_number}")
        self.next_number = number + 1
        self._spools[number] = Spool(self._store.audio_path(number), self._on_trouble)
        self._recording.add(number)
        self._under_way.add(number)
        self._write(Entry(number, S.RECORDING, started, second=second))

    def append(self, number: int, pcm: bytes) -> None:
        """More sound: signed 16-bit little-endian mono, 16 kHz."""
        if number not in self._recording:
            raise ValueError(f"dictation {number} is not being recorded: it takes no more sound")
        self._spools[number].append(pcm)

    def captured(self, number: int, application: str) -> None:
        """The key is up, all sound is here."""
        self._step(number, S.CAPTURED, application=application)

    def transcribed(self, number: int, text: str, heard: str, engine: str) -> None:
        """On the disk when it returns, or JournalError; `get` has the text either way."""
        self._step(
            number, S.TRANSCRIBED, durable=True, text=text, heard=heard, engine=engine, reason=""
        )

    def typing(self, number: int, output: str) -> None:
        """On the disk when it returns, or JournalError: then the caller must not write."""
        self._step(number, S.TYPING, durable=True, output=output)

    def delivered(self, number: int, receipt: str) -> None:
        """It was written; `receipt` says what is known of that."""
        self._step(number, S.DELIVERED, reason=receipt)

    def held(self, number: int, reason: str) -> None:
        """It could not be recognised, or not be written; the user decides."""
        self._step(number, S.HELD, reason=reason)

    def cancelled(self, number: int, reason: str) -> None:
        """The user does not want it."""
        self._step(number, S.CANCELLED, reason=reason)

    def empty(self, number: int) -> None:
        """Nothing was heard."""
        self._step(number, S.EMPTY)

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
                raise JournalError(f"{path}: cannot be read: {error.strerror}") from error
        raise JournalError(f"the sound of dictation {number} is not kept any more")

    def get(self, number: int) -> Entry | None:
        """One dictation; None if there is none of that number (any more)."""
        entry = self._unsaved.get(number) or self._store.get(number)
        return self._with_audio(entry) if entry else None

    def last(self) -> Entry | None:
        """The newest dictation that has a text."""
        found = [entry for entry in self._unsaved.values() if entry.text]
        found += filter(None, [self._store.last_with_text(besides=self._unsaved)])
        newest = max(found, key=lambda entry: entry.number, default=None)
        return self._with_audio(newest) if newest else None

    def history(self, limit: int) -> list[Entry]:
        """The newest dictations, newest first."""
        merged = {entry.number: entry for entry in self._store.newest(limit)} | self._unsaved
        newest = sorted(merged.values(), key=lambda entry: -entry.number)[: max(0, limit)]
        return [self._with_audio(entry) for entry in newest]

    def forget(self, number: int | None) -> int:
        """Delete one dictation, or all (None): words and sound are gone from the files.

        How many were deleted. One that is under way is left alone, or raises JournalError if it
        was meant in particular.
        """
        if number is not None and number in self._under_way:
            raise JournalError(f"dictation {number} is under way: cancel it, or wait for its end")
        numbers = self._store.numbers() | self._unsaved.keys()
        chosen = numbers - self._under_way if number is None else numbers & {number}
        self._delete(chosen)
        if number is None:
            self._store.drop_broken(older_than=None)
        return len(chosen)

    def sweep(self, now: float) -> None:
        """Delete what the settings do not want kept; `now` is the wall clock.

        What was never delivered stays at least KEPT_DAYS.
        """
        for spool in self._spools.values():
            if not spool.whole:
                spool.close()
        try:
            self._sweep(now, self.settings)
        except JournalError as error:
            self._tell(error)

    def close(self) -> None:
        """Write what is left and let go of the files. Idempotent."""
        self._write()
        for spool in self._spools.values():
            spool.close()
            spool.abandon()
        self._spools.clear()
        self._store.close()

    def _step(self, number: int, to: EntryState, *, durable: bool = False, **changes: Any) -> None:
        entry = self._entry(number)
        if to not in STEPS[entry.state]:
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
        self._write(replace(entry, state=to, **changes), durable=durable)
        if to in FINISHED:
            self._end(number)

    def _end(self, number: int) -> None:
        """A dictation is finished: what nobody wants kept goes at once."""
        try:
            if self.settings.keep_days == 0:
                self._delete({number})
            elif not self.settings.keep_audio or self._store.in_memory:
                self._delete_audio([number])
        except JournalError as error:
            self._tell(error)

    def _write(self, *entries: Entry, durable: bool = False) -> None:
        try:
            self._save(entries)
        except JournalError as error:
            if durable:
                raise
            self._tell(error)

    def _tell(self, error: JournalError) -> None:
        if not self._told:
            self._told = True
            self._on_trouble(str(error))

    def _save(self, entries: Iterable[Entry]) -> None:
        """Write these, and all that could not be written before. Raises JournalError."""
        self._unsaved.update((entry.number, entry) for entry in entries)
        if self._unsaved:
            self._store.put(self._unsaved.values())
            self._unsaved.clear()
            self._told = False

    def _entry(self, number: int) -> Entry:
        entry = self._unsaved.get(number) or self._store.get(number)
        if entry is None:
            raise JournalError(f"there is no dictation {number}, or it has been forgotten")
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
            return replace(entry, state=S.HELD, reason="a crash came before it was written")
        if entry.state is S.TYPING:
            reason = "a crash came while writing: it may stand in the window in part"
            return replace(entry, state=S.HELD, reason=reason)
        try:
            audio_s = self._store.mend_audio(entry.number)
            if not audio_s:
                self._store.delete_audio(entry.number)
        except JournalError as error:
            self._on_trouble(str(error))
            return replace(entry, state=S.HELD, reason="recovered, but its sound cannot be read")
        if not audio_s:
            return replace(entry, state=S.EMPTY, reason="a crash came before any sound", audio_s=0)
        return replace(entry, state=S.CAPTURED, reason="recovered", audio_s=audio_s)

    def _sweep(self, now: float, settings: JournalSettings) -> None:
        def older(entry: Entry, keep_days: float) -> bool:
            days = keep_days if entry.state in FINISHED else max(keep_days, KEPT_DAYS)
            return now - entry.started > days * _DAY_S

        entries = [e for e in self._store.newest(-1) if e.number not in self._under_way]
        self._delete({e.number for e in entries if older(e, settings.keep_days)})
        self._store.drop_broken(older_than=now - settings.keep_days * _DAY_S)
        if not settings.keep_audio:
            self._delete_audio(e.number for e in entries if e.state in FINISHED)
        spare = {e.number for e in entries if older(e, 0.0)}
        self._delete_audio(self._store.audio_beyond(settings.keep_mb * 1e6, spare))

    def _delete(self, numbers: set[int]) -> None:
        # The sound first: a file without its row would come back as a recovered dictation.
        self._delete_audio(numbers)
        for number in numbers:
            self._unsaved.pop(number, None)
        self._store.delete(numbers)

    def _delete_audio(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if spool := self._spools.pop(number, None):
                spool.abandon()
            self._store.delete_audio(number)
