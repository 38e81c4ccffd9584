"""Keeps listening to one key, whatever happens to the desktop."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from dictate.config.schema import HotkeySettings
from dictate.errors import DictateError, Refused
from dictate.hotkeys import KEY_SOURCES, KeyDown, KeySource, KeyUp
from dictate.hotkeys.desktop_keys import ShortcutBackend, bound_in
from dictate.hotkeys.hotkey import Hotkey, Press
from dictate.platform import desktop
from dictate.platform.backoff import Backoff
from dictate.translation import _

log = logging.getLogger(__name__)

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 5.0
"""Between two attempts while there is no desktop."""
LOOK_S = 30.0
"""Seconds between two checks of whether the desktop runs our command at the key."""


class KeyListener:
    """`on_press` gets what a press means, `on_state` whether the key is heard ("ctrl_r", or
    "none: " and the reason), both on the loop. Events that `counts` rejects are ignored."""

    def __init__(
        self,
        settings: HotkeySettings,
        on_press: Callable[[Press], None],
        on_state: Callable[[str], None],
        counts: Callable[[KeyDown | KeyUp], bool],
    ) -> None:
        self._settings = settings
        self._on_press = on_press
        self._on_state = on_state
        self._counts = counts
        self._down = False
        self._recording = False
        self._hotkey = Hotkey(settings)
        self.holds = True
        """Whether the release of the key is reported, not its presses alone."""
        self.optional = False
        """Whether the user did not ask for this key, and misses nothing where it is not heard."""
        self._changed = asyncio.Event()
        self._waits = False
        """Whether the key is not heard, and is tried again later."""
        self._backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S)

    def change(self, settings: HotkeySettings) -> None:
        """Apply other settings: the key, or what its presses mean."""
        self._let_go()
        self._settings = settings
        self._hotkey = Hotkey(settings)
        self._hotkey.session(recording=self._recording)
        self._changed.set()

    def look_again(self) -> None:
        """Keyboards may have come: if the key is not heard, it is tried again at once, and soon
        after that."""
        self._backoff.reset()
        if self._waits:
            self._changed.set()

    def session(self, *, recording: bool) -> None:
        """Whether a dictation records, however it began: the next press depends on it."""
        self._recording = recording
        self._hotkey.session(recording=recording)

    @property
    def down(self) -> bool:
        """Whether the key is down."""
        return self._down

    def event(self, event: KeyDown | KeyUp) -> None:
        """An event of a key for which the desktop itself listens."""
        self._key(self._hotkey, event)

    async def run(self) -> None:
        """Listen until cancelled. When the desktop goes away, wait for the next one."""
        while True:
            self._changed.clear()
            if self._settings.use in ("none", "auto") and await self._desktop_binds():
                await self._wait_changed(LOOK_S)
                continue
            if self._settings.use == "none":
                self._on_state("none")
                await self._wait_changed(LOOK_S if self._settings.key else None)
                continue
            try:
                await self._until_changed(await asyncio.to_thread(self._choose))
            except Refused as error:
                log.warning("hotkey %s: %s", self._settings.key, error)
                again = _("to be asked again, restart dictate")
                self._on_state(f"none: {error}; {again}")
                await self._changed.wait()
            except DictateError as error:
                if self._backoff.failures == 0:
                    level = logging.DEBUG if self.optional else logging.WARNING
                    log.log(level, "hotkey %s: %s", self._settings.key, error)
                self._on_state(f"none: {error}")
                await self._wait_changed(self._backoff.after())

    async def _desktop_binds(self) -> bool:
        """Whether the desktop runs our command at this key; a source would hear it once more."""

        def look() -> ShortcutBackend | None:
            desktop.adopt()
            return bound_in(self._settings.key)

        found = await asyncio.to_thread(look) if self._settings.key else None
        self.holds = found is None or found.holds
        if found is not None:
            self._on_state(self._settings.key)
        return found is not None

    def _choose(self) -> KeySource:
        # The desktop may have started after us.
        desktop.adopt()
        return KEY_SOURCES.choose(self._settings.use, self._settings)

    async def _until_changed(self, source: KeySource) -> None:
        listening = asyncio.create_task(source.run(partial(self._key, self._hotkey), self._ready))
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({listening, changed}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
        finally:
            listening.cancel()
            changed.cancel()
            await asyncio.wait({listening, changed})
            self._let_go()

    async def _wait_changed(self, seconds: float | None) -> None:
        self._waits = True
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        finally:
            self._waits = False

    def _ready(self) -> None:
        self._backoff.reset()
        self._on_state(self._settings.key)

    def _let_go(self) -> None:
        """Release the key: no event of a replaced source will do it."""
        if self._down:
            self._key(self._hotkey, KeyUp(time.monotonic()))

    def _key(self, hotkey: Hotkey, event: KeyDown | KeyUp) -> None:
        if hotkey is not self._hotkey:
            return  # from a source that is being replaced
        self._down = isinstance(event, KeyDown)
        if self._counts(event):
            for press in hotkey.key(event):
                self._on_press(press)
