"""A logind that only knows about sleep: who holds it up, and for how long.

python-dbusmock's template hands out locks too, but does not tell when one is released.
"""

import asyncio
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dbus_fast.annotations import DBusBool, DBusStr, DBusUnixFd
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from tests.lab.bus_service import served

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"


class Logind(ServiceInterface):
    """It suspends nothing: it says so, and waits as logind does."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.login1.Manager")
        self.asked: list[tuple[str, ...]] = []
        """What was said with each lock: what, who, why, mode."""
        self._locks: list[int] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @dbus_method("Inhibit")
    def inhibit(self, what: DBusStr, who: DBusStr, why: DBusStr, mode: DBusStr) -> DBusUnixFd:
        self.asked.append((what, who, why, mode))
        ours, theirs = os.pipe()
        self._locks.append(ours)
        asyncio.get_running_loop().call_later(0.1, os.close, theirs)  # it is sent by then
        return theirs

    @dbus_signal("PrepareForSleep")
    def prepare_for_sleep(self, start: bool) -> DBusBool:
        return start

    @property
    def held(self) -> int:
        """How many locks are held at the moment."""
        # The other end of each pipe is closed where the lock was released.
        return sum(not select.select([lock], [], [], 0)[0] for lock in self._locks)

    def sleep(self, longest_s: float = 5.0) -> float:
        """The machine is to be suspended; the seconds for which that was held up."""
        began = time.monotonic()
        self._say(True)
        while self.held and time.monotonic() - began < longest_s:
            time.sleep(0.005)
        return time.monotonic() - began

    def wake(self) -> None:
        """It is awake again."""
        self._say(False)

    def _say(self, start: bool) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.prepare_for_sleep, start)


@contextmanager
def logind(address: str) -> Iterator[Logind]:
    """It runs on the bus at `address`."""
    service = Logind()
    with served(address, NAME, PATH, service) as loop:
        service._loop = loop
        yield service
    for lock in service._locks:
        os.close(lock)
