"""Listens for the hotkey on an X11 desktop, through pynput.

pynput hears (the RECORD extension, a thread of its own), and is not believed in two things. A
release may be lost, or may be a synthetic one while the finger is still down (whoever types for the
user lets go of modifiers for a moment): so a release counts when the server's keymap says that the
key is up, and while it is down the keymap is asked now and then. And pynput does not tell when it
has gone deaf: so we hold a connection of our own, which breaks when the server dies.
"""

import asyncio
import contextlib
import difflib
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from Xlib import XK, X

from dictate.config import HotkeySettings
from dictate.control import KeyDown, KeySource, KeyUp
from dictate.errors import Unavailable
from dictate.x11 import close, connect, cut, why_no_x

READY_S = 2.0
STILL_DOWN_S = 0.25
"""How often the keymap is asked while the key is down."""
STILL_ALIVE_S = 1.0
"""How often pynput's thread is looked at."""

_KEYSYMS = {
    "ctrl_r": ("Control_R",),
    # The key right of the space bar, by what layouts put there.
    "alt_gr": ("ISO_Level3_Shift", "Mode_switch", "Alt_R"),
    "pause": ("Pause",),
    "scroll_lock": ("Scroll_Lock",),
    "escape": ("Escape",),
    **{f"f{number}": (f"F{number}",) for number in range(1, 21)},
}


class X11KeySource(KeySource):
    """The key reaches the focused application too: X11 offers nothing else for a lone modifier."""

    name = "x11"

    def why_not(self) -> str | None:
        return _unknown_key(self.settings.key) or why_no_x("RECORD")

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := _unknown_key(self.settings.key):
            raise Unavailable(reason)
        loop = asyncio.get_running_loop()

        def post(function: Callable[..., None], *arguments: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(function, *arguments)

        watch = _Watch(self.settings, lambda key: post(on_key, key), lambda: post(on_ready))
        watch.start()
        try:
            await asyncio.shield(asyncio.wrap_future(watch.ended))
        finally:
            watch.stop()


class _Watch(threading.Thread):
    """Tells when the key goes down and up; `ended` gets Unavailable when it cannot hear."""

    def __init__(
        self,
        settings: HotkeySettings,
        on_key: Callable[[KeyDown | KeyUp], None],
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(name="dictate-x11-hotkey", daemon=True)
        self.ended: Future[None] = Future()
        self._key = settings.key
        self._on_key = on_key
        self._on_ready = on_ready
        self._heard: deque[KeyDown | KeyUp] = deque()
        self._down = False
        self._pressed = self._combined = False
        """What pynput's thread knows of the key, and of the others while it is down."""
        self._codes: set[int] = set()
        self._symbols: set[int] = set()
        self._stopping = False
        self._display: Any = None
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)

    def stop(self) -> None:
        """End soon, even if the server hangs. Nothing is sent any more."""
        self._stopping = True
        if self._display is not None:
            cut(self._display)
        self._poke()

    def run(self) -> None:
        listener = None
        reason: Exception | None = None
        try:
            self._display = connect()
            self._look_up_key()
            listener = self._listen()
            self._on_ready()
            while not self._stopping:
                self._wait()
                if not listener.is_alive():
                    raise Unavailable("the key listener died")  # noqa: TRY301
        except Unavailable as error:
            reason = error
        except Exception as error:
            reason = Unavailable(f"the X server is gone: {error}")
            reason.__cause__ = error
        if self._down and not self._stopping:
            self._on_key(KeyUp(time.monotonic()))
        if listener is not None:
            listener.cut()
        if self._stopping:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(reason)
        if self._display is not None:
            close(self._display)
        self._ours.close()
        self._theirs.close()

    def _listen(self) -> Any:
        try:
            # Only here: without an X server the import itself fails.
            from pynput import keyboard
        except ImportError as error:
            raise Unavailable(f"pynput cannot reach the X server: {error.args[0]}") from error

        class Listener(keyboard.Listener):  # type: ignore[misc]
            """pynput's own end is not clean: `stop` works at the next key press, and when the
            server dies its clean-up fails half-way. So its connections are cut from here."""

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

        listener = Listener(
            on_press=lambda key: self._hear(key, KeyDown),
            on_release=lambda key: self._hear(key, KeyUp),
        )
        listener.start()
        # Its wait() has no time limit, and never returns if the server dies now.
        ready = threading.Thread(target=listener.wait, name="dictate-x11-ready", daemon=True)
        ready.start()
        ready.join(READY_S)
        if ready.is_alive():
            raise Unavailable("the X server does not answer; is the desktop hung?")
        return listener

    def _hear(self, key: Any, event: type[KeyDown | KeyUp]) -> None:
        """In pynput's thread: one key of all, and everything else is forgotten at once."""
        symbol = getattr(getattr(key, "value", key), "vk", None)
        if symbol in self._symbols:
            if event is KeyDown and not self._pressed:
                self._combined = False
            self._pressed = event is KeyDown
            self._heard.append(event(time.monotonic()))
            self._poke()
        elif event is KeyDown and self._pressed:
            self._combined = True

    def _look_up_key(self) -> None:
        display = self._display
        names = _KEYSYMS.get(self._key)
        if names is not None:
            wanted = [XK.string_to_keysym(name) for name in names]
        else:
            number = ord(self._key)
            wanted = [number if number < 0x100 else 0x1000000 | number]
        self._codes = {code for symbol in wanted for code, _ in display.keysym_to_keycodes(symbol)}
        if not self._codes:
            raise Unavailable(
                f"the keyboard layout has no key {self._key!r}; choose another under [hotkey]"
            )
        # With Shift or AltGr held the same key says something else.
        self._symbols = {
            display.keycode_to_keysym(code, level) for code in self._codes for level in range(8)
        } - {X.NoSymbol}

    def _wait(self) -> None:
        limit = STILL_DOWN_S if self._down else STILL_ALIVE_S
        select.select([self._display.fileno(), self._theirs], [], [], limit)
        with contextlib.suppress(BlockingIOError):
            self._theirs.recv(4096)
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.MappingNotify:
                self._display.refresh_keyboard_mapping(event)
                self._look_up_key()
        released = time.monotonic()
        while self._heard:
            event = self._heard.popleft()
            if isinstance(event, KeyUp):
                released = event.at
            elif not self._down:
                self._down = True
                self._on_key(event)
        if self._down and not self._is_down():
            self._down = False
            self._on_key(KeyUp(released, self._combined))

    def _is_down(self) -> bool:
        keymap = self._display.query_keymap()
        return any(keymap[code // 8] >> code % 8 & 1 for code in self._codes)

    def _poke(self) -> None:
        with contextlib.suppress(OSError):
            self._ours.send(b"x")


def _unknown_key(key: str) -> str | None:
    if key in _KEYSYMS or (len(key) == 1 and key.isprintable() and not key.isspace()):
        return None
    close = difflib.get_close_matches(key.lower(), _KEYSYMS, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return (
        f"no key is called {key!r}{hint}; there are ctrl_r, alt_gr, pause, scroll_lock, escape, "
        "f1 to f20, and single characters"
    )
