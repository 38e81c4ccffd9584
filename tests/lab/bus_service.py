"""A service on a bus, in a thread of the test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface


@contextmanager
def served(
    address: str, name: str, path: str, service: ServiceInterface
) -> Iterator[asyncio.AbstractEventLoop]:
    """It runs on the bus at `address`, on this loop in a thread, and may send files."""
    loop = asyncio.new_event_loop()

    async def serve() -> MessageBus:
        bus = await MessageBus(bus_address=address, negotiate_unix_fd=True).connect()
        bus.export(path, service)
        await bus.request_name(name)
        return bus

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    bus = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)

    async def leave() -> None:
        bus.disconnect()
        ended: Any = bus.wait_for_disconnect  # has no annotations
        await ended()

    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(leave(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
