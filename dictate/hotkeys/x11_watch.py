"""A thread that watches one key on a connection of its own, which breaks when the server dies.

How a press is heard is left to `x11.py` (a lone modifier) and `x11_grab.py` (any other key). When
the key is up again is asked of the server's keymap: a release may be lost, or may be a synthetic
one while the finger is still down (whoever types for the user lets go of modifiers for a moment).
"""

import contextlib
import select
import socket
import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from Xlib import XK, X

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.chord import KEYS, Chord
from dictate.platform.x11 import close, connect, cut


class KeyWatcher(threading.Thread):
    """Tells when the key goes down and up; `ended` gets Unavailable when it cannot hear."""

    def __init__(
        self,
        chord: Chord,
        on_key: Callable[[KeyDown | KeyUp], None],
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(name="dictate-x11-hotkey", daemon=True)
        self.ended: Future[None] = Future()
        self.chord = chord
        self.on_key = on_key
        self.down = False
        self.codes: set[int] = set()
        self.display: Any = None
        self._on_ready = on_ready
        self._stopping = False
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)

    @abstractmethod
    def begin(self) -> None:
        """The key is known: hear it from now on. Raises Unavailable."""

    @abstractmethod
    def step(self) -> None:
        """Wait a little, then tell what happened."""

    def end(self) -> None:
        """Nothing shall be heard any more; the server may be gone."""

    def mapped(self) -> None:
        """The keyboard has another layout, and the key other codes."""

    def stop(self) -> None:
        """End soon, even if the server hangs. Nothing is sent any more."""
        self._stopping = True
        if self.display is not None:
            cut(self.display)
        self.poke()

    def run(self) -> None:
        reason: Exception | None = None
        try:
            self.display = connect()
            self._look_up_key()
            self.begin()
            self._on_ready()
            while not self._stopping:
                self.step()
        except Unavailable as error:
            reason = error
        except Exception as error:
            reason = Unavailable(f"the X server is gone: {error}")
            reason.__cause__ = error
        if self.down and not self._stopping:
            self.on_key(KeyUp(time.monotonic()))
        self.end()
        if self._stopping:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(reason)
        if self.display is not None:
            close(self.display)
        self._ours.close()
        self._theirs.close()

    def poke(self) -> None:
        """Have `events` return at once. From any thread."""
        with contextlib.suppress(OSError):
            self._ours.send(b"x")

    def events(self, seconds: float) -> list[Any]:
        """What the server sent; waits so long for it."""
        if not self.display.pending_events():
            select.select([self.display.fileno(), self._theirs], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self._theirs.recv(4096)
        events = []
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type == X.MappingNotify:
                self.display.refresh_keyboard_mapping(event)
                self._look_up_key()
                self.mapped()
            else:
                events.append(event)
        return events

    def is_down(self) -> bool:
        """Whether the server's keymap says so."""
        keymap = self.display.query_keymap()
        return any(keymap[code // 8] >> code % 8 & 1 for code in self.codes)

    def _look_up_key(self) -> None:
        key = self.chord.key
        if key in KEYS:
            wanted = [XK.string_to_keysym(name) for name in KEYS[key]]
        else:
            number = ord(key)
            wanted = [number if number < 0x100 else 0x1000000 | number]
        found = [self.display.keysym_to_keycodes(symbol) for symbol in wanted]
        self.codes = {code for codes in found for code, _ in codes}
        if not self.codes:
            raise Unavailable(
                f"the keyboard layout has no key {key!r}; choose another under [hotkey]"
            )
