"""Our keyboard in the kernel, where there is no such kernel: a stand-in that a sway reads.

`make vm` has the kernel.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from evdev import ecodes

from dictate.outputs.paste_keys import uinput, uinput_keys
from dictate.outputs.wayland.wire import WireError
from tests.lab.sway import Keyboard

CHORD = ((42, 1), (110, 1), (110, 0), (42, 0))


class StandIn:
    """What the library's device does. Its keys go to the sway of WAYLAND_DISPLAY, if there is one,
    from a thread: who writes does not wait."""

    made: ClassVar[list["StandIn"]] = []
    vanishes_at: ClassVar[int] = 0
    """The number of keys until it fails; 0 means never."""

    def __init__(self, events: dict[int, Sequence[int]], name: str, phys: str) -> None:
        self.keys, self.name = events[ecodes.EV_KEY], name
        self.pressed: list[tuple[int, int]] = []
        self.closed = False
        self._written: queue.Queue[tuple[int, int] | None] = queue.Queue()
        self._desktop = threading.Thread(target=self._read, args=[_keyboard()])
        self._desktop.start()
        self.made.append(self)

    @property
    def down(self) -> set[int]:
        """The keys that are."""
        return {code for code, state in dict(self.pressed).items() if state}

    def write(self, kind: int, code: int, value: int) -> None:
        assert kind == ecodes.EV_KEY
        assert code in self.keys
        if type(self).vanishes_at:
            type(self).vanishes_at -= 1
            if not type(self).vanishes_at:
                raise OSError("error writing event to uinput device")
        self.pressed.append((code, value))
        self._written.put((code, value))

    def syn(self) -> None:
        """Each key goes on its way at once."""

    def close(self) -> None:
        """The desktop sees it go, and lets go of what is down on it."""
        self.closed = True
        self._written.put(None)
        self._desktop.join(20)
        self.pressed += [(code, 0) for code in self.down]

    def _read(self, keyboard: Keyboard | None) -> None:
        while (event := self._written.get()) is not None:
            if keyboard is not None:
                # A desktop that died reads no more, which a writer does not notice.
                with contextlib.suppress(WireError):
                    (keyboard.down if event[1] else keyboard.up)(event[0])
        if keyboard is not None:
            keyboard.close()


def _keyboard() -> Keyboard | None:
    return Keyboard() if os.environ.get("WAYLAND_DISPLAY") else None


@contextmanager
def kernel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[StandIn]]:
    """A machine that has /dev/uinput, within the block; all that was made there."""
    node = folder / "uinput"
    node.touch()
    monkeypatch.setattr(uinput, "NODE", node)
    monkeypatch.setattr(uinput_keys, "KeyboardDevice", StandIn)
    monkeypatch.setattr(uinput_keys, "WARM_UP_S", 0.05)  # this desktop listens at once
    StandIn.made, StandIn.vanishes_at = [], 0
    yield StandIn
    for device in StandIn.made:
        if not device.closed:
            device.close()
