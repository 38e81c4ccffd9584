"""The clipboard transaction of a Wayland desktop, where Shift+Insert comes from elsewhere.

`wayland_paste.py` says how the text goes through the clipboard. Who presses, asynchronously and not
through the compositor's connection, cannot look: nobody says which window has the focus, so the
text goes where the focus is when it is written. It does not go to a locked screen, nor to what an
application says to be a field for passwords.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Final

from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import Focus, Receipt
from dictate.outputs.delivery import WRITE_LIMIT_S, Delivery
from dictate.outputs.desktop_clipboard import DesktopClipboard
from dictate.outputs.guard import Guard
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland_paste import Paster
from dictate.outputs.wayland_thread import WaylandConnection
from dictate.outputs.x11_lend import Lender
from dictate.outputs.x11_thread import XConnection

NO_WAYLAND: Final = "this is no Wayland session: output x11 needs nobody's leave"
_SOMEWHERE: Final = Focus("", "")

Press = Callable[[Callable[[], bool]], Awaitable[None]]
"""Presses the chord and lets it go, Shift once what it is given holds. Raises Unavailable, and no
key stays down."""


class PressedPaste:
    """One text after the other."""

    def __init__(self, name: str) -> None:
        self._press: Callable[[], None] = lambda: None
        self._clipboard = DesktopClipboard(name, self._make_paster, self._make_lender)
        self._guard = Guard()

    def _make_paster(self, connection: WaylandConnection) -> Paster:
        return Paster(connection, lambda: self._press(), lambda: _SOMEWHERE)

    def _make_lender(self, connection: XConnection) -> Lender:
        return Lender(connection, lambda: self._press())

    def why_not(self) -> str | None:
        """Why it cannot work here, or None. Blocks for up to two seconds."""
        if not os.environ.get("WAYLAND_DISPLAY"):
            return NO_WAYLAND
        return self._clipboard.why_not()

    async def start(self) -> None:
        """Have the clipboard. Raises Unavailable."""
        if not os.environ.get("WAYLAND_DISPLAY"):
            raise Unavailable(NO_WAYLAND)
        await self._clipboard.start()
        await self._guard.open()

    async def paste(self, text: str, timeout_s: float, press: Press) -> Receipt:
        """As `Output.write`; `timeout_s` is the application's own time."""
        await self._guard.look()
        self._guard.refuse()
        loop = asyncio.get_running_loop()
        delivery = Delivery(text, _SOMEWHERE, timeout_s, self._guard.refuse)
        pressing: list[asyncio.Future[None]] = []

        def begin() -> None:
            pressing.append(asyncio.ensure_future(press(lambda: delivery.taken)))

        self._press = lambda: _in_loop(loop, begin)
        try:
            desktop = await self._clipboard.start()
            await desktop.call(
                lambda paster: paster.paste(delivery), delivery.timeout_s + WRITE_LIMIT_S
            )
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        except DesktopLost as error:
            return delivery.after(error)
        except NotDelivered as error:
            if trouble := await _outcome(pressing):
                raise NotDelivered(f"the keys were not pressed: {trouble}") from error
            raise
        finally:
            await _outcome(pressing)
        return Receipt.DELIVERED

    async def stop(self) -> None:
        """Give the clipboard back. Idempotent."""
        await asyncio.gather(
            self._guard.close(), self._clipboard.stop(lambda paster: paster.close(), 0.4)
        )


def _in_loop(loop: asyncio.AbstractEventLoop, begin: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # it is closed: nobody waits for this text any more
        loop.call_soon_threadsafe(begin)


async def _outcome(pressing: list[asyncio.Future[None]]) -> Unavailable | None:
    """Why the keys could not be pressed; None if they were, or never began to be."""
    for task in pressing:
        await asyncio.wait({task})
        error = task.exception()
        if isinstance(error, Unavailable):
            return error
    return None
