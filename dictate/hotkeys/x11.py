"""Listens to a key on an X11 desktop: a lone modifier through pynput, any other by a grab.

pynput uses the RECORD extension in a thread of its own. The focused application gets the key too:
X11 offers nothing else for a modifier that is also held with other keys. pynput does not report
when it stops hearing, so its thread is checked at intervals.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from Xlib import X

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeySource, KeyUp
from dictate.hotkeys.chord import Chord, parse, wrong
from dictate.hotkeys.x11_grab import GrabWatch
from dictate.hotkeys.x11_watch import KeyWatcher
from dictate.platform.x11 import close, cut, x11_unavailable_reason

READY_S = 2.0
"""Seconds until an X server that does not answer counts as hung."""
STILL_DOWN_S = 0.25
"""Seconds between two queries of the keymap while the key is down."""
STILL_ALIVE_S = 1.0
"""Seconds between two checks of pynput's thread."""


class X11KeySource(KeySource):
    """See the head of this file."""

    name = "x11"

    def unavailable_reason(self) -> str | None:
        if reason := wrong(self.settings.key) or _wayland():
            return reason
        return x11_unavailable_reason(
            *(["RECORD"] if parse(self.settings.key).lone_modifier else [])
        )

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
            return _Listening(chord, on_key, on_ready)
        # The hotkey's own modifiers may be down when the user cancels.
        always = self.settings.key == self.settings.cancel_key
        return GrabWatch(chord, on_key, on_ready, always=always)


def _wayland() -> str | None:
    # Xwayland answers like any X server, but hears only keys pressed in its own windows.
    if os.environ.get("WAYLAND_DISPLAY"):
        return "this is a Wayland desktop, where X11 hears only keys pressed in X11 windows"
    return None


class _Listening(KeyWatcher):
    """Listens through pynput, whose thread queues events and wakes ours."""

    def __init__(
        self,
        chord: Chord,
        on_key: Callable[[KeyDown | KeyUp], None],
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(chord, on_key, on_ready)
        self._heard: deque[KeyDown | KeyUp] = deque()
        self._pressed = self._combined = False
        """In pynput's thread: whether the key is down, and another was pressed meanwhile."""
        self._symbols: set[int] = set()
        self._listener: Any = None

    def begin(self) -> None:
        self.mapped()
        self._listener = self._listen()

    def mapped(self) -> None:
        # With Shift or AltGr held the same key has other keysyms.
        self._symbols = {
            self.display.keycode_to_keysym(code, level) for code in self.codes for level in range(8)
        } - {X.NoSymbol}

    def end(self) -> None:
        if self._listener is not None:
            self._listener.cut()

    def step(self) -> None:
        self.events(STILL_DOWN_S if self.down else STILL_ALIVE_S)
        released = time.monotonic()
        while self._heard:
            event = self._heard.popleft()
            if isinstance(event, KeyUp):
                released = event.at
            elif not self.down:
                self.down = True
                self.on_key(event)
        if self.down and not self.is_down():
            self.down = False
            self.on_key(KeyUp(released, self._combined))
        if not self._listener.is_alive():
            raise Unavailable("the key listener died")

    def _listen(self) -> Any:
        try:
            # Imported here, because without an X server the import itself fails.
            from pynput import keyboard
        except ImportError as error:
            raise Unavailable(f"pynput cannot reach the X server: {error.args[0]}") from error

        class PynputListener(keyboard.Listener):  # type: ignore[misc]
            """pynput does not end cleanly: `stop` takes effect at the next key press, and when the
            server dies its clean-up fails half-way. So we cut its connections."""

            def run(self) -> None:
                with contextlib.suppress(Exception):
                    super().run()
                for display in self.displays():
                    close(display)

            def cut(self) -> None:
                for display in self.displays():
                    cut(display)

            def displays(self) -> list[Any]:
                both = (getattr(self, f"_display_{use}", None) for use in ("record", "stop"))
                return [display for display in both if display is not None]

        listener = PynputListener(
            on_press=lambda key: self._hear(key, KeyDown),
            on_release=lambda key: self._hear(key, KeyUp),
        )
        listener.start()
        # Its wait() has no timeout, and never returns if the server dies now.
        ready = threading.Thread(target=listener.wait, name="dictate-x11-ready", daemon=True)
        ready.start()
        ready.join(READY_S)
        if ready.is_alive():
            raise Unavailable("the X server does not answer; is the desktop hung?")
        return listener

    def _hear(self, key: Any, event: type[KeyDown | KeyUp]) -> None:
        """Runs in pynput's thread. Keeps events of our key and forgets all others at once."""
        symbol = getattr(getattr(key, "value", key), "vk", None)
        if symbol in self._symbols:
            if event is KeyDown and not self._pressed:
                self._combined = False
            self._pressed = event is KeyDown
            self._heard.append(event(time.monotonic()))
            self.wake()
        elif event is KeyDown and self._pressed:
            self._combined = True
