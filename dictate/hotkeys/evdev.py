"""Hears a key from the kernel, on any desktop and none: for who may read keyboards, and wants it.

Whoever may read a keyboard reads all that is typed on it; so this is never chosen unasked, and what
is not the key is forgotten at once. The key reaches the focused application, too. The kernel knows
which keys are down: it is asked where events were lost, and now and then while ours is.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from asyncinotify import Inotify, Mask

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeySource, KeyUp
from dictate.hotkeys.chord import Chord, parse, wrong
from dictate.platform.kernel_input import OWN_KEYBOARD, evdev_unavailable_reason

if TYPE_CHECKING:
    from evdev import InputDevice, InputEvent

STILL_DOWN_S = 0.25
"""How often the kernel is asked while the key is down."""

_REPEATED = 2
"""The value of an event of a key that repeats itself; it is 1 for a press, 0 for a release."""

_NAMES = {
    "ctrl_r": "RIGHTCTRL",
    "alt_gr": "RIGHTALT",
    "escape": "ESC",
    "return": "ENTER",
    "page_up": "PAGEUP",
    "page_down": "PAGEDOWN",
    "scroll_lock": "SCROLLLOCK",
    "print": "SYSRQ",
    "menu": "COMPOSE",
}
"""What the kernel calls keys, where it is not our name in capitals."""


class EvdevKeySource(KeySource):
    """See the head of this file."""

    name = "evdev"
    folder: ClassVar[Path] = Path("/dev/input")

    def unavailable_reason(self) -> str | None:
        if reason := self._unfit():
            return reason
        keyboards, refused = self._keyboards(self.folder.glob("event*"))
        for keyboard in keyboards:
            keyboard.close()
        return None if keyboards else self._nothing(refused=refused)

    def _unfit(self) -> str | None:
        if reason := evdev_unavailable_reason():
            return reason
        if reason := wrong(self.settings.key):
            return reason
        chord = parse(self.settings.key)
        if chord.modifiers or len(chord.key) == 1:
            return f"it hears one key that has a name, such as ctrl_r or f9, and not {chord}"
        return None

    def _nothing(self, *, refused: bool) -> str:
        if refused:
            return (
                f"the keyboards in {self.folder} may not be read: `sudo usermod -aG input $USER` "
                "and a new login allow it, to every program of yours; a service needs "
                "PrivateUsers=no, too"
            )
        return f"no keyboard in {self.folder} has the key {self.settings.key}"

    def _keyboards(self, paths: Iterable[Path]) -> tuple[list["InputDevice[str]"], bool]:
        """Those of these devices that have the key, open, and whether one may not be read."""
        from evdev import ecodes

        code, refused, found = _code(parse(self.settings.key)), False, []
        for path in paths:
            try:
                device = self.open(path)
            except PermissionError:
                refused = True
            except OSError:  # it was unplugged just now, or is no input device
                continue
            else:
                keys = device.capabilities().get(ecodes.EV_KEY, ())
                if code in keys and device.name != OWN_KEYBOARD:
                    found.append(device)
                else:
                    device.close()
        return found, refused

    def open(self, path: Path) -> "InputDevice[str]":
        """A device. Raises OSError."""
        from evdev import InputDevice

        return InputDevice(path, readonly=True)

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := await asyncio.to_thread(self._unfit):
            raise Unavailable(reason)
        hearing = _Hearing(_code(parse(self.settings.key)), on_key)
        try:
            with Inotify() as inotify:
                try:
                    # Permissions come after the device.
                    inotify.add_watch(self.folder, Mask.CREATE | Mask.ATTRIB)
                except OSError as error:
                    raise Unavailable(self._nothing(refused=False)) from error
                await self._take(hearing, self.folder.glob("event*"))
                on_ready()
                plugged = asyncio.create_task(self._take_plugged(hearing, inotify))
                try:
                    await hearing.until_deaf()
                finally:
                    plugged.cancel()
            raise Unavailable(self._nothing(refused=False))
        finally:
            hearing.close()

    async def _take_plugged(self, hearing: "_Hearing", inotify: Inotify) -> None:
        async for event in inotify:
            if event.path is not None and event.path.name.startswith("event"):
                await self._take(hearing, [event.path], must=False)

    async def _take(self, hearing: "_Hearing", paths: Iterable[Path], *, must: bool = True) -> None:
        known = set(hearing.devices)
        new = (path for path in paths if str(path) not in known)
        keyboards, refused = await asyncio.to_thread(self._keyboards, new)
        for keyboard in keyboards:
            hearing.add(keyboard)
        if must and not keyboards:
            raise Unavailable(self._nothing(refused=refused))


class _Hearing:
    """The keyboards that are open, and whether the key is down on one of them."""

    def __init__(self, code: int, on_key: Callable[[KeyDown | KeyUp], None]) -> None:
        self.devices: dict[str, InputDevice[str]] = {}
        self._code = code
        self._on_key = on_key
        self._held: set[str] = set()
        """The devices on which it is down."""
        self._combined = False
        self._lossy: set[str] = set()
        """The devices that lost events, until all that is left of them has been read."""
        self._news = asyncio.Event()
        """The key went down or up, or the last device is gone."""

    def add(self, device: "InputDevice[str]") -> None:
        """Listen to one more."""
        path = str(device.path)
        self.devices[path] = device
        asyncio.get_running_loop().add_reader(device.fd, self._read, path)

    async def until_deaf(self) -> None:
        """Return when no device is left."""
        while self.devices:
            for path in tuple(self._held):
                self._ask(path)
            try:
                async with asyncio.timeout(STILL_DOWN_S if self._held else None):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()

    def close(self) -> None:
        """Let go of all; a key that is down counts as released."""
        for path in tuple(self.devices):
            self._drop(path)

    def _read(self, path: str) -> None:
        try:
            for event in self.devices[path].read():
                self._hear(path, event)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(path)

    def _hear(self, path: str, event: "InputEvent") -> None:
        from evdev import ecodes

        if event.type == ecodes.EV_SYN:
            if event.code == ecodes.SYN_DROPPED:
                self._lossy.add(path)
            elif path in self._lossy:
                self._lossy.discard(path)
                self._ask(path)
        elif event.type == ecodes.EV_KEY and path not in self._lossy:
            if event.code == self._code and event.value != _REPEATED:
                self._is(path, down=bool(event.value))
            elif event.code != self._code and event.value == 1 and self._held:
                self._combined = True

    def _ask(self, path: str) -> None:
        """Have the kernel say whether the key is down."""
        try:
            self._is(path, down=self._code in self.devices[path].active_keys())
        except (OSError, SystemError):  # the library says so of one that is unplugged
            self._drop(path)

    def _is(self, path: str, *, down: bool) -> None:
        before = bool(self._held)
        (self._held.add if down else self._held.discard)(path)
        if before is bool(self._held):
            return
        self._news.set()
        if down:
            self._combined = False
            self._on_key(KeyDown(time.monotonic()))
        else:
            self._on_key(KeyUp(time.monotonic(), self._combined))

    def _drop(self, path: str) -> None:
        """This one was unplugged."""
        device = self.devices.pop(path)
        asyncio.get_running_loop().remove_reader(device.fd)
        device.close()
        self._lossy.discard(path)
        self._is(path, down=False)
        if not self.devices:
            self._news.set()


def _code(chord: Chord) -> int:
    from evdev import ecodes

    code: int = ecodes.ecodes[f"KEY_{_NAMES.get(chord.key, chord.key.upper())}"]
    return code
