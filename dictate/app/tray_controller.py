"""What the tray's menu shows, and what a click there does.

Every program of the user can read the menu: a text is named by its time and length, and goes into
the clipboard when the user clicks on it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any, Final

from dictate.app.controller import DaemonController
from dictate.app.copier import Copier
from dictate.app.pipeline import Pipeline
from dictate.app.reloader import Reloader
from dictate.app.session import Activity
from dictate.app.settings_window import open_settings
from dictate.config.schema import TraySettings
from dictate.dbus.interface import Row
from dictate.errors import DictateError
from dictate.hotkeys.keys import Keys
from dictate.hotwords.model import MAIN
from dictate.journal.entry import Entry
from dictate.labels import label
from dictate.platform.background import BackgroundTasks
from dictate.translation import _, ngettext
from dictate.ui.menu import Menu, MenuEntry
from dictate.ui.tray_icon import Icon, Tray

log = logging.getLogger(__name__)

RECENT: Final = 5
"""Number of texts that can be copied again."""
BY: Final = "in the tray"  # untranslated: for the log


class TrayController:
    """All methods belong on the loop."""

    def __init__(
        self,
        settings: TraySettings,
        *,
        pipeline: Pipeline,
        keys: Keys,
        controller: DaemonController,
        reloader: Reloader,
        copier: Copier,
        summary: Callable[[], str],
        on_trouble: Callable[[str], None],
    ) -> None:
        """`summary` is one line about the parts in use; `on_trouble` receives one line for the
        user."""
        self._settings = settings
        self._pipeline = pipeline
        self._keys = keys
        self._controller = controller
        self._reloader = reloader
        self._copier = copier
        self._summary = summary
        self._on_trouble = on_trouble
        self._changed = asyncio.Event()
        self._icon = Icon(self._toggle)
        self._menu = Menu(partial(self._start, self._refresh))
        self._microphones: Sequence[Row] = ()
        self._recent: Sequence[Entry] = ()
        self._is_taken = False
        """Whether there is, or was, a tray that shows it."""
        self._activity = Activity.READY
        self._progress = ""
        self._download = ""
        self._refreshing = False
        self._background = BackgroundTasks(log)

    def apply(self, settings: TraySettings) -> None:
        """Use these settings from now on."""
        if settings != self._settings:
            self._settings = settings
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
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
            await self._background.cancel()

    def progress(self, how_far: str) -> None:
        """How far a slow engine is; empty when that is over."""
        self._progress = how_far
        self.update()

    def download(self, how_far: str) -> None:
        """How far the download of a model is; empty when it is over."""
        self._download = how_far
        self.update()

    def update(self) -> None:
        """Something that the icon or the menu shows may have changed."""
        before, self._activity = self._activity, self._pipeline.activity
        ready = self._activity is Activity.READY
        if self._is_taken and ready and before is not Activity.READY:
            self._start(self._read)
        state = "paused" if self._keys.paused and ready else self._activity.value
        profile = self._pipeline.recording_profile
        name = (
            _("profile {name}").format(name=profile.name)
            if profile and profile.name != MAIN
            else ""
        )
        about = self._progress or ", ".join(filter(None, (name, self._summary(), self._download)))
        self._icon.change(state, f"{label(state)}, {about}")
        self._menu.change(tuple(self._entries(state, about)))

    def _entries(self, state: str, about: str) -> Iterator[MenuEntry]:
        yield MenuEntry("state", f"{label(state)}: {about}")
        yield MenuEntry("line")
        toggle = _("Stop and write") if self._pipeline.listening else _("Start")
        yield MenuEntry("toggle", toggle, self._toggle)
        yield MenuEntry("pause", _("Pause the key"), self._pause, checked=self._keys.paused)
        yield MenuEntry("microphone", _("Microphone"), below=tuple(self._choices()))
        yield MenuEntry("recent", _("Copy again"), below=tuple(self._texts()))
        yield MenuEntry("settings", _("Settings …"), partial(self._start, open_settings))

    def _choices(self) -> Iterator[MenuEntry]:
        chosen = self._reloader.settings.microphone.device
        names = ["", *(str(row["name"]) for row in self._microphones)]
        for name in dict.fromkeys([*names, chosen]):
            label = name or _("The system's default")
            click = partial(self._start, self._use, name)
            key = f"microphone {name}"  # untranslated
            yield MenuEntry(key, label, click, checked=name == chosen)

    def _texts(self) -> Iterator[MenuEntry]:
        for entry in self._recent:
            click = partial(self._start, self._copy, entry.number)
            yield MenuEntry(f"copy {entry.number}", _named(entry), click)
        if not self._recent:
            yield MenuEntry("no text", _("Nothing yet"))

    def _taken(self) -> None:
        self._is_taken = True
        self._start(self._refresh)

    def _toggle(self) -> None:
        self._controller.toggle(by=BY)

    def _pause(self) -> None:
        paused = not self._keys.paused
        log.info("the key is %s, asked %s", "paused" if paused else "active again", BY)
        self._keys.pause(paused=paused)
        self.update()

    # What takes time.

    def _start(self, work: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        async def to_its_end() -> None:
            try:
                await work(*args)
            except DictateError as error:
                self._on_trouble(str(error))

        self._background.start(to_its_end())

    async def _read(self) -> None:
        history = await self._controller.history(4 * RECENT)
        self._recent = [entry for entry in history if entry.text][:RECENT]
        self.update()

    async def _refresh(self) -> None:
        """Read what there is to choose from: the user is about to look at it."""
        if self._refreshing:
            return  # some panels ask many times
        self._refreshing = True
        try:
            await self._read()
            self._microphones = await self._controller.devices()
        finally:
            self._refreshing = False
        self.update()

    async def _use(self, name: str) -> None:
        log.info("microphone: %s, asked %s", name or "the system's default", BY)
        await self._reloader.set_option("microphone.device", name)
        self.update()

    async def _copy(self, number: int) -> None:
        log.info("dictation %d is copied, asked %s", number, BY)
        entry = next((entry for entry in self._recent if entry.number == number), None)
        if entry is not None:
            await self._copier.copy(entry.wanted)


def _named(entry: Entry) -> str:
    """A text by its time, its length and its window."""
    when = time.strftime("%H:%M", time.localtime(entry.started))
    words = len(entry.wanted.split())
    where = f", {entry.application}" if entry.application else ""
    length = ngettext("{words} word", "{words} words", words).format(words=words)
    return f"{when}, {length}{where}"
