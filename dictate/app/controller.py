"""What clients on the bus may ask of the daemon. A text goes to the client that asked, only."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict

from dictate.app.journal_thread import JournalThread
from dictate.app.output_manager import OutputManager
from dictate.app.output_writer import OutputWriter
from dictate.app.pipeline import Pipeline
from dictate.app.reloader import Reloader
from dictate.app.replay import Replay
from dictate.dbus.interface import Row
from dictate.diagnostics import check, output_trial
from dictate.hotkeys.keys import Keys
from dictate.journal.entry import Entry
from dictate.journal.journal import Journal
from dictate.microphone.portaudio import list_devices

log = logging.getLogger(__name__)


class DaemonController:
    """Implements `dbus.interface.Controller`. The log always says which client asked."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        keys: Keys,
        journal: JournalThread,
        replay: Replay,
        writer: OutputWriter,
        outputs: OutputManager,
        reloader: Reloader,
    ) -> None:
        self._pipeline = pipeline
        self._keys = keys
        self._journal = journal
        self._replay = replay
        self._writer = writer
        self._outputs = outputs
        self._reloader = reloader

    def start(self, by: str, *, second: bool) -> None:
        """Begin to listen, as a toggled dictation."""
        log.info("start, asked by %s", by)
        self._pipeline.start(held=False, second=second)

    def stop(self, by: str) -> None:
        """End it, as a release of the key does."""
        log.info("stop, asked by %s", by)
        self._pipeline.stop()

    def toggle(self, by: str, *, second: bool) -> None:
        """Start if nothing listens, otherwise stop."""
        log.info("toggle, asked by %s", by)
        self._pipeline.toggle(second=second)

    def key(self, by: str, *, second: bool, down: bool) -> None:
        """The same as a press or release of a hotkey of ours."""
        log.info("%s, asked by %s", "press" if down else "release", by)
        self._keys.bound(second=second, down=down)

    def cancel(self, by: str) -> None:
        """Nothing of it is written."""
        log.info("cancel, asked by %s", by)
        self._pipeline.cancel()

    async def reload(self, by: str) -> Sequence[str]:
        """Read both files again; what was given up is tried again. If nothing changed, one line
        says since when it is in force: the file watcher is usually faster than the user."""
        log.info("reload, asked by %s", by)
        lines = await self._reloader.reload(retry=True)
        return lines or [f"already in force: read at {self._reloader.read_at}"]

    async def last(self) -> Entry | None:
        """The newest text."""
        return await self._journal.call(Journal.last)

    async def history(self, limit: int) -> Sequence[Entry]:
        """The newest dictations."""
        return await self._journal.call(Journal.history, limit)

    async def paste(self, number: int | None, by: str) -> str:
        """Write a text again, where the focus is now."""
        log.info("paste, asked by %s", by)
        return (await self._replay.paste(number)).value

    async def undo(self, by: str) -> str:
        """Take the last text back."""
        log.info("undo, asked by %s", by)
        number = await self._writer.undo((self._outputs.main, self._outputs.second))
        return f"dictation {number} is taken back (dictatectl paste {number} writes it again)"

    async def forget(self, number: int | None, by: str) -> int:
        """Delete from the journal."""
        log.info("forget, asked by %s", by)
        return await self._journal.call(Journal.forget, number)

    async def devices(self) -> Sequence[Row]:
        """The microphones there are."""
        return [asdict(device) for device in await asyncio.to_thread(list_devices)]

    async def check(self) -> Sequence[Row]:
        """Every backend, and why it cannot work."""
        rows = await asyncio.to_thread(check.rows, self._reloader.settings)
        return [row.as_dict() for row in rows]

    async def check_live(self, by: str) -> Sequence[Row]:
        """Every output tried on a window of our own."""
        log.info("check --live, asked by %s", by)
        async with self._writer.exclusive():
            return await output_trial.rows(self._reloader.settings.output, self._outputs.main)
