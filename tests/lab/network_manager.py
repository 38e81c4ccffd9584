"""A NetworkManager that only says whether the connection is metered."""

from collections.abc import Iterator
from contextlib import contextmanager

from dbus_fast.annotations import DBusUInt32
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_property

from tests.lab.bus_service import served

NAME = "org.freedesktop.NetworkManager"
YES, NO, GUESS_YES = 1, 2, 3


class NetworkManager(ServiceInterface):
    """Set `metered` at any time."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.metered = YES

    @dbus_property(PropertyAccess.READ, "Metered")
    def get_metered(self) -> DBusUInt32:
        return self.metered


@contextmanager
def network_manager(address: str) -> Iterator[NetworkManager]:
    """It runs on the bus at `address`."""
    service = NetworkManager()
    with served(address, NAME, "/org/freedesktop/NetworkManager", service):
        yield service
