"""Listens to a key on an X11 desktop: a lone modifier through XInput 2, any other, and a mouse
button, by a grab.

The focused application gets the modifier too: X11 offers nothing else for a key that is also held
with other keys.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeySource, KeyUp
from dictate.hotkeys.chord import parse, wrong
from dictate.hotkeys.x11_button import ButtonWatch
from dictate.hotkeys.x11_grab import GrabWatch
from dictate.hotkeys.x11_watch import QUIET_S, KeyWatcher
from dictate.platform.x11 import XINPUT, listen_to_all_keys, raw_key, x11_unavailable_reason
from dictate.translation import _

STILL_DOWN_S = 0.25
"""Seconds between two queries of the keymap while the key is down."""


class X11KeySource(KeySource):
    """See the head of this file."""

    name = "x11"

    def unavailable_reason(self) -> str | None:
        if reason := wrong(self.settings.key) or _wayland():
            return reason
        return x11_unavailable_reason(*([XINPUT] if parse(self.settings.key).lone_modifier else []))

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := wrong(self.settings.key):
            raise Unavailable(reason)
        loop = asyncio.get_running_loop()

        def post(function: Callable[..., None], *arguments: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                loop.call_soon_threadsafe(function, *arguments)

        watch = self._watch(lambda key: post(on_key, key), lambda: post(on_ready))
        watch.start()
        try:
            await asyncio.shield(asyncio.wrap_future(watch.ended))
        finally:
            watch.stop()

    def _watch(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> KeyWatcher:
        chord = parse(self.settings.key)
        if chord.lone_modifier:
            return _ModifierWatch(chord, on_key, on_ready)
        # The hotkey's own modifiers may be down when the user cancels.
        always = self.settings.key == self.settings.cancel_key
        return (ButtonWatch if chord.is_button else GrabWatch)(
            chord, on_key, on_ready, always=always
        )


def _wayland() -> str | None:
    # Xwayland answers like any X server, but hears only keys pressed in its own windows.
    if os.environ.get("WAYLAND_DISPLAY"):
        return _("this is a Wayland desktop, where X11 hears only keys pressed in X11 windows")
    return None


class _ModifierWatch(KeyWatcher):
    """Hears the key by XInput 2, as every application does that asks for all keys."""

    def begin(self) -> None:
        listen_to_all_keys(self.display)

    def step(self) -> None:
        for event in self.events(STILL_DOWN_S if self.down else QUIET_S):
            match raw_key(event):
                case True, code if code in self.codes and not self.down:
                    self.press(code)
                case True, code if self.down and code != self.pressed:
                    self.combined = True
                case False, code if code == self.pressed:
                    self.release_if_up()
        self.release_if_up()
