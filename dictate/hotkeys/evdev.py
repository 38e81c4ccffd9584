"""Listens to a key, or a mouse button, in the kernel, with any desktop or none, for users who may
read keyboards.

A program that may read a keyboard can read everything typed on it. So "auto" never takes this one,
and all other keys are forgotten at once. The focused application gets the key too. The kernel
knows which keys are down: it is queried after lost events, and at intervals while ours is down.
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
from dictate.translation import _

if TYPE_CHECKING:
    from evdev import InputDevice, InputEvent

STILL_DOWN_S = 0.25
"""Seconds between two queries of the kernel while the key is down."""

_REPEATED = 2
"""The event value for auto-repeat; 1 is a press, 0 a release."""

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
"""The kernel's names of keys, where they are not our names in capitals."""
_BUTTONS = {"mouse_back": "BTN_SIDE", "mouse_forward": "BTN_EXTRA"}


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
            return _("it listens to one named key, such as ctrl_r or f9, not to {key}").format(
                key=chord
            )
        return None

    def _nothing(self, *, refused: bool) -> str:
        button = parse(self.settings.key).is_button
        if refused:
            which = _("the mice") if button else _("the keyboards")
            return _(
                "{devices} in {folder} may not be read: `sudo usermod -aG input $USER` and a new "
                "login allow it, to every program of yours; a service needs PrivateUsers=no, too"
            ).format(devices=which, folder=self.folder)
        nobody = _("no keyboard in {folder} has the key {key}")
        if button:
            nobody = _("no mouse in {folder} has the key {key}")
        return nobody.format(folder=self.folder, key=self.settings.key)

    def _keyboards(self, paths: Iterable[Path]) -> tuple[list["InputDevice[str]"], bool]:
        """The open devices that have the key, and whether any device may not be read."""
        from evdev import ecodes

        code, refused, found = _code(parse(self.settings.key)), False, []
        for path in paths:
            try:
                device = self.open(path)
            except PermissionError:
                refused = True
            except OSError:  # unplugged just now, or no input device
                continue
            else:
                keys = device.capabilities().get(ecodes.EV_KEY, ())
                if code in keys and device.name != OWN_KEYBOARD:
                    found.append(device)
                else:
                    device.close()
        return found, refused

    def open(self, path: Path) -> "InputDevice[str]":
        """Open a device. Raises OSError."""
        from evdev import InputDevice

        return InputDevice(path, readonly=True)

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := await asyncio.to_thread(self._unfit):
            raise Unavailable(reason)
        keyboards_open = _OpenKeyboards(_code(parse(self.settings.key)), on_key)
        try:
            with Inotify() as inotify:
                try:
                    # The permissions are set after the device appears.
                    inotify.add_watch(self.folder, Mask.CREATE | Mask.ATTRIB)
                except OSError as error:
                    raise Unavailable(self._nothing(refused=False)) from error
                await self._take(keyboards_open, self.folder.glob("event*"))
                on_ready()
                plugged = asyncio.create_task(self._take_plugged(keyboards_open, inotify))
                try:
                    await keyboards_open.until_none_left()
                finally:
                    plugged.cancel()
            raise Unavailable(self._nothing(refused=False))
        finally:
            keyboards_open.close()

    async def _take_plugged(self, keyboards_open: "_OpenKeyboards", inotify: Inotify) -> None:
        async for event in inotify:
            if event.path is not None and event.path.name.startswith("event"):
                # After a sleep another device may have the name of one that is gone unnoticed.
                keyboards_open.check(str(event.path))
                await self._take(keyboards_open, [event.path], must=False)

    async def _take(
        self, keyboards_open: "_OpenKeyboards", paths: Iterable[Path], *, must: bool = True
    ) -> None:
        known = set(keyboards_open.devices)
        new = (path for path in paths if str(path) not in known)
        keyboards, refused = await asyncio.to_thread(self._keyboards, new)
        for keyboard in keyboards:
            keyboards_open.add(keyboard)
        if must and not keyboards:
            raise Unavailable(self._nothing(refused=refused))


class _OpenKeyboards:
    """The open keyboards, and whether the key is down on one of them."""

    def __init__(self, code: int, on_key: Callable[[KeyDown | KeyUp], None]) -> None:
        self.devices: dict[str, InputDevice[str]] = {}
        self._code = code
        self._on_key = on_key
        self._held: set[str] = set()
        """The devices on which the key is down."""
        self._combined = False
        self._lossy: set[str] = set()
        """The devices that lost events, until the next SYN_REPORT."""
        self._changed = asyncio.Event()
        """Set when the key went down or up, or the last device is gone."""

    def add(self, device: "InputDevice[str]") -> None:
        """Listen to one more device."""
        path = str(device.path)
        self.devices[path] = device
        asyncio.get_running_loop().add_reader(device.fd, self._read, path)

    async def until_none_left(self) -> None:
        """Return when no device is left."""
        while self.devices:
            for path in tuple(self._held):
                self._query(path)
            try:
                async with asyncio.timeout(STILL_DOWN_S if self._held else None):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()

    def check(self, path: str) -> None:
        """Drop the device of this name if it is gone."""
        if path in self.devices:
            self._query(path)

    def close(self) -> None:
        """Close all devices; a key that is down counts as released."""
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
                self._query(path)
        elif event.type == ecodes.EV_KEY and path not in self._lossy:
            if event.code == self._code and event.value != _REPEATED:
                self._set_down(path, down=bool(event.value))
            elif event.code != self._code and event.value == 1 and self._held:
                self._combined = True

    def _query(self, path: str) -> None:
        """Read from the kernel whether the key is down."""
        try:
            self._set_down(path, down=self._code in self.devices[path].active_keys())
        except (OSError, SystemError):  # python-evdev raises SystemError for an unplugged device
            self._drop(path)

    def _set_down(self, path: str, *, down: bool) -> None:
        before = bool(self._held)
        (self._held.add if down else self._held.discard)(path)
        if before is bool(self._held):
            return
        self._changed.set()
        if down:
            self._combined = False
            self._on_key(KeyDown(time.monotonic()))
        else:
            self._on_key(KeyUp(time.monotonic(), self._combined))

    def _drop(self, path: str) -> None:
        """The device was unplugged."""
        device = self.devices.pop(path)
        asyncio.get_running_loop().remove_reader(device.fd)
        device.close()
        self._lossy.discard(path)
        self._set_down(path, down=False)
        if not self.devices:
            self._changed.set()


def _code(chord: Chord) -> int:
    from evdev import ecodes

    name = _BUTTONS.get(chord.key) or f"KEY_{_NAMES.get(chord.key, chord.key.upper())}"
    code: int = ecodes.ecodes[name]
    return code
