"""Hears the hotkey for ever, whatever becomes of the desktop: asks, listens, and asks again."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from dictate.config.schema import HotkeySettings
from dictate.errors import DictateError, Refused
from dictate.hotkeys import KEY_SOURCES, KeyDown, KeySource, KeyUp
from dictate.hotkeys.hotkey import Hotkey, Press
from dictate.platform import desktop

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0)
"""Between two tries while there is no desktop; then the last of them again and again."""


class KeyListener:
    """`on_press` gets what a press means, `on_state` whether the key is heard ("ctrl_r", or
    "none: " and why), both on the loop. What `counts` does not let through is no press."""

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
        self._hotkey = Hotkey(settings)
        self._changed = asyncio.Event()
        self._tries = 0

    def change(self, settings: HotkeySettings) -> None:
        """Another key, or another meaning of it, from now on."""
        self._let_go()
        self._settings = settings
        self._hotkey = Hotkey(settings)
        self._changed.set()

    def session(self, *, recording: bool) -> None:
        """Whether a dictation records, whoever began it: the next press depends on it."""
        self._hotkey.session(recording=recording)

    @property
    def down(self) -> bool:
        """Whether the key is."""
        return self._down

    def tell(self, event: KeyDown | KeyUp) -> None:
        """The key is one that the desktop itself listens for, and tells us of."""
        self._key(self._hotkey, event)

    async def run(self) -> None:
        """Until cancelled. A desktop that goes is waited for."""
        while True:
            self._changed.clear()
            if self._settings.use == "none":
                self._on_state("none")
                await self._changed.wait()
                continue
            try:
                await self._until_changed(await asyncio.to_thread(self._choose))
            except Refused as error:
                log.warning("no hotkey: %s", error)
                self._on_state(f"none: {error}; to be asked again, restart dictate")
                await self._changed.wait()
            except DictateError as error:
                if self._tries == 0:
                    log.warning("no hotkey: %s", error)
                self._on_state(f"none: {error}")
                pause_s = BACK_OFF_S[min(self._tries, len(BACK_OFF_S) - 1)]
                self._tries += 1
                await self._wait_changed(pause_s)

    def _choose(self) -> KeySource:
        # The desktop may have come after us.
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

    async def _wait_changed(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _ready(self) -> None:
        self._tries = 0
        self._on_state(self._settings.key)

    def _let_go(self) -> None:
        """Nobody is left who could tell of the release."""
        if self._down:
            self._key(self._hotkey, KeyUp(time.monotonic()))

    def _key(self, hotkey: Hotkey, event: KeyDown | KeyUp) -> None:
        if hotkey is not self._hotkey:
            return  # of a source that is about to be replaced
        self._down = isinstance(event, KeyDown)
        if self._counts(event):
            for press in hotkey.key(event):
                self._on_press(press)
