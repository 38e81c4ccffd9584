"""What the virtual machine has (`make vm`): keyboards in the kernel, another reader of them,
and a sway that does."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evdev import InputDevice, UInput, ecodes, list_devices

from dictate.platform.kernel_input import OWN_KEYBOARD
from tests.lab.daemon import REPOSITORY
from tests.lab.sway import ACCOUNT, Sway
from tests.lab.xserver import wait_for

LIMIT_S = 60.0
"""The machine is emulated, and slow."""

F9, C, RIGHT_CTRL = ecodes.KEY_F9, ecodes.KEY_C, ecodes.KEY_RIGHTCTRL
KEYS = (*range(ecodes.KEY_ESC, ecodes.KEY_F12 + 1), RIGHT_CTRL)


class Keyboard:
    """A keyboard whose keys a test presses."""

    def __init__(self, keys: Sequence[int] = KEYS, name: str = "a person's keyboard") -> None:
        self._device = UInput({ecodes.EV_KEY: keys, ecodes.EV_REP: []}, name)
        self.path = str(self._device.device.path)

    def press(self, key: int = F9) -> None:
        self.event(key, 1)

    def release(self, key: int = F9) -> None:
        self.event(key, 0)

    def event(self, key: int, value: int) -> None:
        self._device.write(ecodes.EV_KEY, key, value)
        self._device.syn()

    def unplug(self) -> None:
        self._device.close()


def by_name(name: str) -> list[str]:
    """The devices of this name that are there now."""
    found = []
    for path in list_devices():
        try:
            device = InputDevice(path)
        except OSError:  # it goes just now
            continue
        if device.name == name:
            found.append(path)
        device.close()
    return found


class Reader:
    """A reader of a keyboard, as a desktop is one."""

    def __init__(self, path: str) -> None:
        self.device = InputDevice(path)
        self.keys: list[tuple[int, int]] = []
        self.dropped = False
        """Whether the kernel had more than it keeps for us."""
        self.gone = False

    def read(self, keys: int) -> tuple[tuple[int, int], ...]:
        """All keys up to now, which are as many or more."""
        self._until(lambda: len(self.keys) >= keys)
        return tuple(self.keys)

    def read_to_the_end(self) -> None:
        """Until it is unplugged."""
        self._until(lambda: self.gone)

    def close(self) -> None:
        self.device.close()

    def _until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT_S
        while not holds():
            assert time.monotonic() < end, f"it has read {self.keys}, and no more"
            if select.select([self.device.fd], [], [], 0.1)[0]:
                self._take()

    def _take(self) -> None:
        try:
            for event in self.device.read():
                if event.type == ecodes.EV_KEY:
                    self.keys.append((event.code, event.value))
                elif (event.type, event.code) == (ecodes.EV_SYN, ecodes.SYN_DROPPED):
                    self.dropped = True
        except OSError:
            self.gone = True


class ShiftHolder:
    """A process of ours that has our keyboard. Once it is told it presses the chord, and goes on
    holding Shift."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()


@contextmanager
def shift_holder() -> Iterator[ShiftHolder]:
    """One whose keyboard is there."""
    command = [sys.executable, "-m", "tests.lab.shift_holder"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=REPOSITORY) as process:
        holder = ShiftHolder(process)
        try:
            wait_for(lambda: by_name(OWN_KEYBOARD), "our keyboard is there", LIMIT_S)
            yield holder
        finally:
            holder.kill()


@contextmanager
def seated_sway() -> Iterator[Sway]:
    """A sway that reads the machine's keyboards, and those that are plugged in later."""
    Path("/run/seatd.sock").unlink(missing_ok=True)
    env = {**os.environ, "SEATD_VTBOUND": "0"}  # the machine has no screen
    with subprocess.Popen(["seatd", "-u", ACCOUNT], env=env) as seatd:
        wait_for(Path("/run/seatd.sock").exists, "seatd runs")
        try:
            backends = {"WLR_BACKENDS": "headless,libinput", "LIBSEAT_BACKEND": "seatd"}
            with Sway(environment=backends) as sway:
                yield sway
        finally:
            seatd.terminate()
