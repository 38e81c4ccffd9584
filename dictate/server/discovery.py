"""Announces a server on the network, so that Home Assistant and others find it: Zeroconf.

It is announced on the interface of its own address and nowhere else, so that who hears of it can
reach it. Where another name service runs (Avahi), the two share the port.
"""

import asyncio
import logging
import socket
from importlib.util import find_spec

from dictate.errors import Unavailable

log = logging.getLogger(__name__)

SERVICE = "_wyoming._tcp.local."
_CLOSE_S = 5.0
_LONGEST = 50
"""Characters of a host's name that are used: an announced name has 63 bytes."""


def unavailable_reason() -> str | None:
    """Why nothing can be announced and what to do, or None."""
    if find_spec("zeroconf") is None:
        return 'zeroconf is not installed: pip install "dictate[zeroconf]"'
    return None


class Announcement:
    """One server, which is announced later; close it. To be made on the loop.

    Its sockets are made with it, as the process of an engine closes the network to itself.
    """

    def __init__(self, address: str, port: int) -> None:
        """`address` is an IPv4 address of this machine. Raises Unavailable."""
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

        host = socket.gethostname().partition(".")[0][:_LONGEST]
        self._info = AsyncServiceInfo(
            SERVICE, f"dictate-{host}.{SERVICE}", port=port, parsed_addresses=[address]
        )
        try:
            self._zeroconf = AsyncZeroconf(interfaces=[address])
        except OSError as error:
            raise Unavailable(
                f"--zeroconf: nothing can be announced on {address}: {error.strerror or error}"
            ) from error

    async def announce(self) -> str:
        """Announce it from now on, if need be with a number behind its name; what to say of
        that, for people."""
        from zeroconf import Error

        try:
            sent = await self._zeroconf.async_register_service(self._info, allow_name_change=True)
            await sent
        except (Error, OSError) as error:
            return f"it cannot be announced by Zeroconf ({error or type(error).__name__})"
        return f"found by Zeroconf as {self._info.get_name()}"

    async def close(self) -> None:
        """Withdraw it. Idempotent."""
        if self._zeroconf.zeroconf.done:
            return
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._zeroconf.async_close()
        except TimeoutError:
            log.warning("what was announced by Zeroconf could not be withdrawn: it goes by itself")
