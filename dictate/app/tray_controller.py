"""What stands in the tray's menu, and what a click there does.

Every program of the user can read the menu: a text is named by its time and length, and goes into
the clipboard when somebody clicks on it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dictate.config import config_file
from dictate.config.schema import TraySettings
from dictate.dbus.interface import Row
from dictate.errors import DictateError
from dictate.journal.entry import Entry
from dictate.outputs import CLIPBOARD, OUTPUTS, Output
from dictate.ui.menu import Menu, MenuEntry
from dictate.ui.tray_icon import Icon, Tray

if TYPE_CHECKING:
    from dictate.app.daemon import Daemon

log = logging.getLogger(__name__)

RECENT: Final = 5
BY: Final = "the tray"


class TrayController:
    """All methods belong on the loop."""

    def __init__(self, daemon: "Daemon", settings: TraySettings) -> None:
        self._daemon = daemon
        self._settings = settings
        self._changed = asyncio.Event()
        self._icon = Icon(self._toggle)
        self._menu = Menu(partial(self._do, self._look))
        self._microphones: Sequence[Row] = ()
        self._recent: Sequence[Entry] = ()
        self._copier: Output | None = None
        self._begun = False
        self._is_taken = False
        """Whether there is, or was, a tray that shows it."""
        self._state = ""
        self._doing: set[asyncio.Task[None]] = set()

    def change(self, settings: TraySettings) -> None:
        """Other settings, from now on."""
        if settings != self._settings:
            self._settings = settings
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._begun = True
        self.update()
        try:
            while True:
                self._changed.clear()
                tray = Tray(self._icon, self._menu, self._taken)
                serving = asyncio.create_task(tray.run()) if self._settings.enabled else None
                try:
                    await self._changed.wait()
                finally:
                    if serving is not None:
                        serving.cancel()
                        await asyncio.gather(serving, return_exceptions=True)
        finally:
            if self._copier is not None:
                await self._copier.close()

    def update(self) -> None:
        """Something that the icon or the menu shows may be another."""
        if not self._begun:
            return
        before, self._state = self._state, self._daemon.pipeline.session.summary
        state = self._state
        if self._is_taken and state == "ready" != before:
            self._do(self._read)
        shown = "paused" if self._daemon.keys.paused and state == "ready" else state
        self._icon.change(shown, f"{shown}, {self._daemon.summary}")
        self._menu.change(tuple(self._entries(shown)))

    def _entries(self, state: str) -> Iterator[MenuEntry]:
        daemon = self._daemon
        yield MenuEntry("state", f"{state}: {daemon.summary}")
        yield MenuEntry("line")
        listening = daemon.pipeline.session.listening
        yield MenuEntry("toggle", "Stop and write" if listening else "Start", self._toggle)
        yield MenuEntry("pause", "Pause the key", self._pause, checked=daemon.keys.paused)
        yield MenuEntry("microphone", "Microphone", below=tuple(self._choices()))
        yield MenuEntry("recent", "Copy again", below=tuple(self._texts()))

    def _choices(self) -> Iterator[MenuEntry]:
        chosen = self._daemon.settings.microphone.device
        names = ["", *(str(row["name"]) for row in self._microphones)]
        for name in dict.fromkeys([*names, chosen]):
            label = name or "The system's default"
            click = partial(self._do, self._use, name)
            yield MenuEntry(f"microphone {name}", label, click, checked=name == chosen)

    def _texts(self) -> Iterator[MenuEntry]:
        for entry in self._recent:
            click = partial(self._do, self._copy, entry.number)
            yield MenuEntry(f"copy {entry.number}", _named(entry), click)
        if not self._recent:
            yield MenuEntry("no text", "Nothing yet")

    def _taken(self) -> None:
        self._is_taken = True
        self._do(self._look)

    def _toggle(self) -> None:
        self._daemon.steering.toggle(BY, second=False)

    def _pause(self) -> None:
        keys = self._daemon.keys
        log.info("the key is %s, asked by %s", "heard again" if keys.paused else "paused", BY)
        keys.pause(paused=not keys.paused)
        self.update()

    # What takes time.

    def _do(self, what: Callable[..., Coroutine[Any, Any, None]], *words: object) -> None:
        async def to_its_end() -> None:
            try:
                await what(*words)
            except DictateError as error:
                self._daemon.announcer.trouble(str(error))

        task = asyncio.get_running_loop().create_task(to_its_end())
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _read(self) -> None:
        history = await self._daemon.steering.history(4 * RECENT)
        self._recent = [entry for entry in history if entry.text][:RECENT]
        self.update()

    async def _look(self) -> None:
        """What there is to choose from, as somebody looks."""
        await self._read()
        self._microphones = await self._daemon.steering.devices()
        self.update()

    async def _use(self, name: str) -> None:
        log.info("another microphone, asked by %s", BY)
        path = self._daemon.files.config
        await asyncio.to_thread(config_file.set_option, path, "microphone.device", name)
        await self._daemon.reload()
        self.update()

    async def _copy(self, number: int) -> None:
        log.info("dictation %d is copied, asked by %s", number, BY)
        entry = next((entry for entry in self._recent if entry.number == number), None)
        if entry is None:
            return
        if self._copier is None:
            settings = self._daemon.settings.output
            self._copier = await asyncio.to_thread(OUTPUTS.choose, CLIPBOARD, settings)
            await self._copier.open()
        await self._copier.write(entry.text, None)


def _named(entry: Entry) -> str:
    """A text by its time, its length and its window."""
    when = time.strftime("%H:%M", time.localtime(entry.started))
    words = len(entry.text.split())
    where = f", {entry.application}" if entry.application else ""
    return f"{when}, {words} word{'s' if words != 1 else ''}{where}"
