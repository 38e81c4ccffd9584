"""A thread that watches one key on its own X connection, which breaks when the server dies.

`x11.py` (a lone modifier) and `x11_grab.py` (any other key) detect the press. The release is read
from the server's keymap: a release event may be lost, or may be synthetic while the finger is
still down (programs that type for the user release modifiers for a moment).

A key is known by its name, which the keyboard layout gives to a key code. The layout may change at
any time. Then the codes are looked up anew, but the key that is down stays the one that was
pressed, whatever it is called now: so its release always ends the dictation.
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
from dictate.translation import _

QUIET_S = 1.0
"""Maximum number of seconds without a step while the key is up."""
SETTLE_S = 0.3
"""Seconds for which a changed layout may lack the key: a layout may be changed in many steps."""


class KeyWatcher(threading.Thread):
    """Reports when the key goes down and up; `ended` gets Unavailable when it can no longer."""

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
        self.pressed: int | None = None
        """The code of the key that is down."""
        self.combined = False
        """Whether another key was pressed meanwhile."""
        self.codes: set[int] = set()
        """The codes by which the layout of now has the key."""
        self.display: Any = None
        self._on_ready = on_ready
        self._stopping = False
        self._missing: Unavailable | None = None
        """Why the layout of now does not have the key."""
        self._missing_since = 0.0
        self._wake_send, self._wake_receive = socket.socketpair()
        self._wake_send.settimeout(0)
        self._wake_receive.settimeout(0)

    @abstractmethod
    def begin(self) -> None:
        """Start to listen: the key codes are known. Raises Unavailable."""

    @abstractmethod
    def step(self) -> None:
        """Wait a little, then report what happened."""

    def end(self) -> None:
        """Stop listening; the server may be gone."""

    def mapped(self) -> None:
        """The keyboard layout changed, and with it the key codes. Raises Unavailable."""

    @property
    def down(self) -> bool:
        """Whether the key is down."""
        return self.pressed is not None

    def press(self, code: int) -> None:
        """The key with this code went down."""
        self.pressed, self.combined = code, False
        self.on_key(KeyDown(time.monotonic()))

    def release_if_up(self) -> None:
        """Report the release if the key is up, according to the server's keymap."""
        if self.pressed is not None and not self._is_down(self.pressed):
            self.release()

    def release(self) -> None:
        """The key is up."""
        self.pressed = None
        self.on_key(KeyUp(time.monotonic(), self.combined))

    def stop(self) -> None:
        """End soon, even if the server hangs. Send nothing more."""
        self._stopping = True
        if self.display is not None:
            cut(self.display)
        self.wake()

    def run(self) -> None:
        reason: Exception | None = None
        try:
            self.display = connect()
            self._look_up_key()
            self.begin()
            self._on_ready()
            while not self._stopping:
                self.step()
                self._check_missing()
        except Unavailable as error:
            reason = error
        except Exception as error:
            reason = Unavailable(_("the X server is gone: {error}").format(error=error))
            reason.__cause__ = error
        if self.down and not self._stopping:
            self.release()
        self.end()
        if self._stopping:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(reason)
        if self.display is not None:
            close(self.display)
        self._wake_send.close()
        self._wake_receive.close()

    def wake(self) -> None:
        """Make `events` return at once. May be called from any thread."""
        with contextlib.suppress(OSError):
            self._wake_send.send(b"x")

    def events(self, seconds: float) -> list[Any]:
        """The server's events; waits up to `seconds` for them."""
        if self._missing and not self.down:
            seconds = min(seconds, SETTLE_S)
        if not self.display.pending_events():
            select.select([self.display.fileno(), self._wake_receive], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self._wake_receive.recv(4096)
        events, remapped = [], False
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type == X.MappingNotify:
                self.display.refresh_keyboard_mapping(event)
                remapped |= event.request != X.MappingPointer
            else:
                events.append(event)
        if remapped:
            self._remap()
        return events

    def _remap(self) -> None:
        try:
            self._look_up_key()
            self.mapped()
        except Unavailable as error:
            if self._missing is None:
                self._missing_since = time.monotonic()
            self._missing = error
        else:
            self._missing = None

    def _check_missing(self) -> None:
        """Give the key up, unless the layout may still be changing or the key is still down."""
        settled = time.monotonic() - self._missing_since >= SETTLE_S
        if self._missing and settled and not self.down:
            raise self._missing

    def _is_down(self, code: int) -> bool:
        keymap = self.display.query_keymap()
        return bool(keymap[code // 8] >> code % 8 & 1)

    def _look_up_key(self) -> None:
        key = self.chord.key
        if key in KEYS:
            wanted = [XK.string_to_keysym(name) for name in KEYS[key]]
        else:
            number = ord(key)
            wanted = [number if number < 0x100 else 0x1000000 | number]
        found = [self.display.keysym_to_keycodes(symbol) for symbol in wanted]
        self.codes = {code for codes in found for code, __ in codes}
        if not self.codes:
            raise Unavailable(
                _("the keyboard layout has no key {key!r}; choose another under [hotkey]").format(
                    key=key
                )
            )
