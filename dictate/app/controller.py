"""What the bus may ask of the daemon. Texts go to the caller that asked, and to nobody else."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from dictate.app.session import Command
from dictate.dbus.interface import Row
from dictate.diagnostics import check, output_trial
from dictate.journal.entry import Entry
from dictate.microphone.portaudio import list_devices

if TYPE_CHECKING:
    from dictate.app.daemon import Daemon

log = logging.getLogger(__name__)
T = TypeVar("T")


class DaemonController:
    """The daemon's answers to `control.interface.Steering`."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon

    def start(self, by: str, *, second: bool) -> None:
        """Begin to listen, as a toggled dictation."""
        session = self._daemon.pipeline.session
        self._act("start", by, lambda: session.start(held=False, second=second))

    def stop(self, by: str) -> None:
        """The key is up, so to speak."""
        self._act("stop", by, lambda: self._daemon.pipeline.session.stop())

    def toggle(self, by: str, *, second: bool) -> None:
        """The other of the two."""
        session = self._daemon.pipeline.session
        self._act("toggle", by, lambda: session.toggle(second=second))

    def key(self, by: str, *, second: bool, down: bool) -> None:
        """As if a hotkey of ours had been pressed or released."""
        log.info("%s, asked by %s", "press" if down else "release", by)
        self._daemon.keys.bound(second=second, down=down)

    def cancel(self, by: str) -> None:
        """Nothing of it is written."""
        self._act("cancel", by, lambda: self._daemon.pipeline.session.cancel())

    async def reload(self, by: str) -> Sequence[str]:
        """Both files, what changed, and another try for engines that were given up."""
        log.info("reload, asked by %s", by)
        return await self._daemon.reload(asked=True)

    async def last(self) -> Entry | None:
        """The newest text."""
        return await self._journal(self._daemon.journal.last)

    async def history(self, limit: int) -> Sequence[Entry]:
        """The newest dictations."""
        return await self._journal(self._daemon.journal.history, limit)

    async def paste(self, number: int | None, by: str) -> str:
        """Write it again, here."""
        log.info("paste, asked by %s", by)
        return (await self._daemon.recall.paste(number)).value

    async def undo(self, by: str) -> str:
        """Take the last text back."""
        log.info("undo, asked by %s", by)
        number = await self._daemon.recall.undo()
        return f"dictation {number} is taken back (dictatectl paste {number} writes it again)"

    async def forget(self, number: int | None, by: str) -> int:
        """Out of the journal."""
        log.info("forget, asked by %s", by)
        return await self._journal(self._daemon.journal.forget, number)

    async def devices(self) -> Sequence[Row]:
        """The microphones there are."""
        return [asdict(device) for device in await asyncio.to_thread(list_devices)]

    async def check(self) -> Sequence[Row]:
        """Every backend's why not."""
        rows = await asyncio.to_thread(check.rows, self._daemon.settings)
        return [row.as_dict() for row in rows]

    async def check_live(self, by: str) -> Sequence[Row]:
        """Every output tried on a window of our own."""
        log.info("check --live, asked by %s", by)
        pipeline = self._daemon.pipeline
        async with pipeline.writing:
            pipeline.written = None
            return await output_trial.rows(self._daemon.settings.output, pipeline.main.output)

    def _act(self, what: str, by: str, decide: Callable[[], list[Command]]) -> None:
        # Who opened the microphone is always in the log.
        log.info("%s, asked by %s", what, by)
        self._daemon.pipeline.act(decide)

    async def _journal(self, how: Callable[..., T], *what: object) -> T:
        return await self._daemon.pipeline.durably(how, *what)
