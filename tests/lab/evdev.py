"""Keyboards without a kernel that has any: FIFOs through which their events come.

The library's own code reads them; what it would ask the kernel is answered here.
"""

import errno
import os
import struct
from pathlib import Path
from typing import Any

from evdev import InputDevice, ecodes

from dictate.config.schema import HotkeySettings
from dictate.hotkeys.evdev import EvdevKeySource

F9, RIGHT_CTRL, C = ecodes.KEY_F9, ecodes.KEY_RIGHTCTRL, ecodes.KEY_C


class Keyboard:
    """One that a test presses. What is `down` the kernel knows, also where no event came."""

    plugged: dict[str, "Keyboard"] = {}  # noqa: RUF012

    def __init__(
        self, path: Path, keys: tuple[int, ...] = (F9, RIGHT_CTRL, C), name: str = "a keyboard"
    ) -> None:
        self.path, self.keys, self.name = path, keys, name
        self.down: set[int] = set()
        self.gone = False
        self.plugged[str(path)] = self
        os.mkfifo(path)
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def press(self, key: int = F9) -> None:
        self.down.add(key)
        self.event(ecodes.EV_KEY, key, 1)
        self.event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)

    def repeat(self, key: int = F9) -> None:
        self.event(ecodes.EV_KEY, key, 2)
        self.event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)

    def release(self, key: int = F9) -> None:
        self.down.discard(key)
        self.event(ecodes.EV_KEY, key, 0)
        self.event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)

    def event(self, kind: int, code: int, value: int) -> None:
        os.write(self._fd, struct.pack("@llHHi", 0, 0, kind, code, value))

    def unplug(self) -> None:
        self.gone = True
        self.event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)  # wakes the reader, as the kernel does
        self.path.unlink()
        del self.plugged[str(self.path)]


class Device(InputDevice[str]):
    """One end of a FIFO, as the library reads it."""

    def __init__(self, path: Path) -> None:
        self._keyboard = Keyboard.plugged[str(path)]
        self.path, self.name = str(path), self._keyboard.name
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> Any:
        if self._keyboard.gone:
            raise OSError(errno.ENODEV, "No such device")
        return super().read()

    def capabilities(self, *_: Any, **__: Any) -> Any:
        return {ecodes.EV_KEY: list(self._keyboard.keys)}

    def active_keys(self, *_: Any) -> Any:
        if self._keyboard.gone:
            raise SystemError("returned NULL without setting an exception")  # as the library does
        return list(self._keyboard.down)


class EvdevSource(EvdevKeySource):
    """The source, with such devices in a folder of the test's."""

    def __init__(self, settings: HotkeySettings, folder: Path) -> None:
        super().__init__(settings)
        self.folder = folder  # type: ignore[misc]

    def open(self, path: Path) -> InputDevice[str]:
        return Device(path)
