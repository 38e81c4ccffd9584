"""What clients on the bus may ask of the daemon. A text goes to the client that asked, only."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from dictate.app.copier import Copier
from dictate.app.journal_thread import JournalThread
from dictate.app.output_manager import OutputManager
from dictate.app.output_writer import OutputWriter
from dictate.app.pipeline import Pipeline
from dictate.app.profile_report import ProfileReport
from dictate.app.reloader import Reloader
from dictate.app.replay import Replay
from dictate.config.profiles import names_of
from dictate.config.schema import JournalSettings
from dictate.dbus.call_rate import CallRate
from dictate.dbus.interface import Row
from dictate.diagnostics import check, output_trial
from dictate.errors import DictateError, NotFound, Unavailable, did_you_mean
from dictate.hotkeys.keys import Keys
from dictate.journal.entry import Entry
from dictate.journal.journal import Journal
from dictate.microphone.portaudio import list_devices
from dictate.platform.background import BackgroundTasks
from dictate.translation import _, ngettext

log = logging.getLogger(__name__)

BUS = "over D-Bus"  # untranslated: for the log
"""Where a request comes from, for the log. The name of a client on the bus would tell a user
nothing."""

STARTS_AT_ONCE = 20
STARTS_PER_S = 5.0
"""How often clients may begin a dictation, all of them together: each costs the journal some writes
to the disk, behind which the texts of the user would wait."""
UNDER_WAY = 32
"""Dictations that are not over yet, beyond which clients may begin no more."""


class DaemonController:
    """Implements `dbus.interface.Controller`, and serves the tray and the keys."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        keys: Keys,
        journal: JournalThread,
        replay: Replay,
        writer: OutputWriter,
        outputs: OutputManager,
        profiles: ProfileReport,
        reloader: Reloader,
        copier: Copier,
        on_trouble: Callable[[str], None],
        on_forgotten: Callable[[int | None], None],
        on_undone: Callable[[int], None],
        slow_engines: Callable[[], Mapping[str, str]],
        engine_socket: Callable[[], Path],
    ) -> None:
        """`on_forgotten` gets the number of a dictation that was deleted, or None for all;
        `on_undone` that of one whose text was taken back. `slow_engines` returns what is to be said
        about each engine that cannot keep up, `engine_socket` where the main engine listens now."""
        self._pipeline = pipeline
        self._keys = keys
        self._journal = journal
        self._replay = replay
        self._writer = writer
        self._outputs = outputs
        self._profiles = profiles
        self._reloader = reloader
        self._copier = copier
        self._on_trouble = on_trouble
        self._on_forgotten = on_forgotten
        self._on_undone = on_undone
        self._slow_engines = slow_engines
        self._engine_socket = engine_socket
        self._starts = CallRate(STARTS_AT_ONCE, STARTS_PER_S)
        self._background = BackgroundTasks(log)

    def start(self, profile: str = "") -> None:
        """Begin to listen, as a toggled dictation."""
        log.info("start, asked %s", BUS)
        self._require_start(profile)
        self._pipeline.start(held=False, profile=profile)

    def stop(self) -> bool:
        """End it, as a release of the key does."""
        log.info("stop, asked %s", BUS)
        listened = self._pipeline.listening
        self._pipeline.stop()
        return listened

    def toggle(self, profile: str = "", *, by: str = BUS) -> None:
        """Start if nothing listens, otherwise stop."""
        log.info("toggle, asked %s", by)
        if not self._pipeline.listening:
            self._require_start(profile)
        self._pipeline.toggle(profile=profile)

    def edit(self) -> None:
        """Begin to listen for what to do with what is selected, or end it."""
        log.info("edit, asked %s", BUS)
        self._pipeline.toggle(instructs=True)

    def key(self, profile: str = "", *, down: bool) -> bool:
        """The same as a press or release of a hotkey of ours."""
        log.info("%s, asked %s", "press" if down else "release", BUS)
        if down:
            self._require_start(profile)
        return self._keys.bound(profile, down=down)

    def profiles(self) -> Sequence[Row]:
        """What each profile uses."""
        return self._profiles.rows()

    async def in_front(self) -> Row:
        """The application in front, and the profile that is on there."""
        return await self._profiles.in_front()

    def cancel(self) -> str:
        """Nothing of it is written."""
        log.info("cancel, asked %s", BUS)
        before = self._pipeline.under_way
        self._pipeline.cancel()
        cancelled = sorted(before - self._pipeline.under_way)
        return what_is_kept(cancelled, self._reloader.settings.journal)

    async def reload(self) -> Sequence[str]:
        """Read both files again; what was given up is tried again. If nothing changed, one line
        says since when it is in force: the file watcher is usually faster than the user."""
        log.info("reload, asked %s", BUS)
        lines = await self._reloader.reload(retry=True)
        lines = lines or [
            _("already in force: read at {read_at}").format(read_at=self._reloader.read_at)
        ]
        return [*lines, *self._reloader.overridden]

    async def read_files(self) -> Sequence[str]:
        """Read both files, of which a program has just changed one."""
        log.info("reading of the files, asked %s", BUS)
        return [*await self._reloader.reload(), *self._reloader.overridden]

    def paste_key(self) -> None:
        """The key for it was pressed: write the last text where the focus is now."""
        self._by_key(_("not written"), self._replay.paste(None))

    def undo_key(self) -> None:
        """The key for it was pressed: take the last text back."""
        self._by_key("", self._undo())

    def _by_key(self, failed: str, work: Awaitable[object]) -> None:
        async def to_its_end() -> None:
            try:
                await work
            except DictateError as error:
                self._on_trouble(f"{failed}: {error}" if failed else str(error))

        self._background.start(to_its_end())

    def _require_start(self, name: str) -> None:
        """Raise NotFound or Unavailable if a client may not begin this dictation now."""
        names = names_of(self._reloader.settings)
        if name and name not in names:
            known = did_you_mean(name, names) or _("; there are {names}").format(
                names=", ".join(names)
            )
            raise NotFound(
                _('there is no profile "{name}" in config.toml{known}').format(
                    name=name, known=known
                )
            )
        if self._pipeline.listening:
            return  # nothing begins
        crowded = len(self._pipeline.under_way) >= UNDER_WAY
        if crowded or not self._starts.allows("", time.monotonic()):
            raise Unavailable(_("too many dictations were begun over D-Bus: wait a moment"))

    async def last(self) -> Entry | None:
        """The newest text."""
        return await self._journal.call(Journal.last)

    async def history(self, limit: int, before: int = 0) -> Sequence[Entry]:
        """The newest dictations."""
        return await self._journal.call(Journal.history, limit, before)

    async def paste(self, number: int | None) -> str:
        """Write a text again, where the focus is now."""
        log.info("paste, asked %s", BUS)
        return (await self._replay.paste(number)).value

    async def copy(self, text: str) -> None:
        """Put a text into the clipboard."""
        log.info("copy, asked %s", BUS)
        await self._copier.copy(text)

    async def undo(self) -> str:
        """Take the last text back."""
        log.info("undo, asked %s", BUS)
        number = await self._undo()
        restored = self._writer.restored
        if restored is None:
            return _(
                "dictation {number} is taken back (dictatectl paste {number} writes it again)"
            ).format(number=number)
        if restored.was_selected:
            return _("the edit of dictation {number} is taken back").format(number=number)
        return _("dictation {number} is as you said it again; one more undo takes it back").format(
            number=number
        )

    async def _undo(self) -> int:
        number = await self._writer.undo(self._outputs.in_use)
        if self._writer.restored is None:
            self._on_undone(number)
        return number

    async def forget(self, number: int | None) -> int:
        """Delete from the journal."""
        log.info("forget, asked %s", BUS)
        count = await self._journal.call(Journal.forget, number)
        self._on_forgotten(number)
        return count

    async def devices(self) -> Sequence[Row]:
        """The microphones there are."""
        return [asdict(device) for device in await asyncio.to_thread(list_devices)]

    def engine_socket(self) -> str:
        """For a proof, which is one more client of the engine."""
        return str(self._engine_socket())

    async def check(self) -> Sequence[Row]:
        """Every backend, and why it cannot work."""
        rows = await asyncio.to_thread(check.rows, self._reloader.settings, self._slow_engines())
        return [row.as_dict() for row in rows]

    async def check_live(self) -> Sequence[Row]:
        """Every output tried on a window of our own."""
        log.info("check --live, asked %s", BUS)
        async with self._writer.exclusive():
            return await output_trial.rows(self._reloader.settings.output, self._outputs.main)


def what_is_kept(cancelled: Sequence[int], settings: JournalSettings) -> str:
    """What is left of these dictations, which were just cancelled; empty if there are none."""
    if not cancelled:
        return ""
    named = _(" and ").join(map(str, cancelled))
    head = ngettext(
        "dictation {numbers} is cancelled, not written",
        "dictations {numbers} are cancelled, not written",
        len(cancelled),
    ).format(numbers=named)
    if not settings.keep_cancelled or not settings.keep_days:
        return _("{head}, and deleted").format(head=head)
    kept = ngettext(
        "{head}. It is kept for {days:g} days: `dictatectl paste {number}` writes it after all, "
        "`dictatectl forget {number}` deletes it now",
        "{head}. They are kept for {days:g} days: `dictatectl paste {number}` writes the last "
        "after all, `dictatectl forget {number}` deletes it now",
        len(cancelled),
    )
    return kept.format(head=head, days=settings.keep_days, number=cancelled[-1])
