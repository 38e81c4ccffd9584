"""A NetworkManager that only says whether the connection is metered."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusUInt32
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_property

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
    """It runs on the bus at `address`, in a thread."""
    service = NetworkManager()
    loop = asyncio.new_event_loop()

    async def serve() -> MessageBus:
        bus = await MessageBus(bus_address=address).connect()
        bus.export("/org/freedesktop/NetworkManager", service)
        await bus.request_name(NAME)
        return bus

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    bus = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)

    async def leave() -> None:
        bus.disconnect()
        ended: Any = bus.wait_for_disconnect  # has no annotations
        await ended()

    try:
        yield service
    finally:
        asyncio.run_coroutine_threadsafe(leave(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
