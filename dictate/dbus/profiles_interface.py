"""The D-Bus interface about profiles: dictations with a profile that the client names.

dbus-fast reads the annotations here at run time: no `from __future__ import annotations`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from dbus_fast.annotations import DBusBool, DBusDict, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method

from dictate.dbus.interface import Controller, errors, from_row
from dictate.dbus.status_properties import Dicts
from dictate.platform.bus import PROFILES_INTERFACE


class ProfilesInterface(ServiceInterface):
    """The interface on one connection."""

    def __init__(
        self, controller: Callable[[], Controller], slot: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """`controller` raises DictateError while there is none; `slot` counts a call that waits."""
        super().__init__(PROFILES_INTERFACE)
        self._controller = controller
        self._slot = slot

    @dbus_method("Start")
    def start(self, profile: DBusStr) -> None:
        with errors():
            self._controller().start(profile)

    @dbus_method("Toggle")
    def toggle(self, profile: DBusStr) -> None:
        with errors():
            self._controller().toggle(profile)

    @dbus_method("Press")
    def press(self, profile: DBusStr) -> None:
        with errors():
            self._controller().key(profile, down=True)

    @dbus_method("Release")
    def release(self, profile: DBusStr) -> DBusBool:
        with errors():
            return self._controller().key(profile, down=False)

    @dbus_method("List")
    def profiles(self) -> Dicts:
        with errors():
            return [from_row(row) for row in self._controller().profiles()]

    @dbus_method("InFront")
    async def in_front(self) -> DBusDict:
        with self._slot():
            return from_row(await self._controller().in_front())
