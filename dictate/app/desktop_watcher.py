"""Chooses the outputs again when the desktop comes, goes or changes."""

import asyncio
import logging
from collections.abc import Callable

from dictate.app.output_manager import OutputManager
from dictate.app.reloader import Reloader
from dictate.errors import DictateError
from dictate.hotkeys.keys import Keys
from dictate.platform import desktop
from dictate.platform.background import BackgroundTasks

log = logging.getLogger(__name__)

SEEK_S = 2.0
"""Seconds between two looks for a desktop, while there is none to write into."""


class DesktopWatcher:
    """The state of the main key is the first sign of a changed desktop."""

    def __init__(
        self,
        keys: Keys,
        outputs: OutputManager,
        reloader: Reloader,
        on_desktop_changed: Callable[[], None],
    ) -> None:
        self._keys = keys
        self._outputs = outputs
        self._reloader = reloader
        self._on_desktop_changed = on_desktop_changed
        self._key_state = ""
        self._background = BackgroundTasks(log)

    async def run(self) -> None:
        """Until cancelled: the desktop may come later than the daemon."""
        while True:
            await asyncio.sleep(SEEK_S)
            if self._outputs.lacks_window:
                await asyncio.to_thread(desktop.adopt)
                await self._replace_outputs()

    def keys_changed(self) -> None:
        """The state of a key changed."""
        state = self._keys.states["hotkey"]
        if state == self._key_state or self._keys.paused:
            return
        before, self._key_state = self._key_state, state
        self._on_desktop_changed()
        # At the first state, the outputs were just chosen.
        if before or self._outputs.lacks_window:
            self._background.start(self._replace_outputs())

    async def _replace_outputs(self) -> None:
        try:
            await self._reloader.replace_outputs()
        except DictateError as error:
            log.warning("output: the ones in use stay: %s", error)
