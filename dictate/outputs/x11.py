"""Pastes into the focused window of an X11 desktop; `x11_paste.py` says how."""

import os

from dictate.config import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.delivery import WRITE_LIMIT_S, Delivery
from dictate.outputs.thread import DesktopLost
from dictate.outputs.x11_paste import Paster
from dictate.outputs.x11_thread import XThread
from dictate.x11 import why_no_x

FOCUS_LIMIT_S = 1.0
UNDO_LIMIT_S = 5.0


class X11Output(Output):
    """A new X server after a crash of the old one is found by itself, at the next call."""

    name = "x11"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._x = XThread("dictate-x11-output", Paster)

    def why_not(self) -> str | None:
        if self.settings.use == "auto" and os.environ.get("WAYLAND_DISPLAY"):
            return (
                "this is a Wayland session, of which it reaches Xwayland's windows only; if you "
                "mean that, say so: --output x11"
            )
        return why_no_x("XTEST")

    async def open(self) -> None:
        await self._x.start()

    async def focus(self) -> Focus | None:
        try:
            await self._x.start()
            return await self._x.call(Paster.focus, FOCUS_LIMIT_S)
        except (Unavailable, DesktopLost):
            return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if focus is None:
            raise NotDelivered("no window had the focus")
        delivery = Delivery(text, focus, self.settings.paste_timeout_ms / 1000)
        limit_s = delivery.timeout_s + WRITE_LIMIT_S
        try:
            await self._x.start()
            await self._x.call(lambda paster: paster.paste(delivery), limit_s)
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        except DesktopLost as error:
            return delivery.after(error)
        return Receipt.DELIVERED

    async def undo(self, text: str, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered("nobody knows which window it went to")
        back = Delivery(text, focus, UNDO_LIMIT_S)
        try:
            await self._x.start()
            await self._x.call(lambda paster: paster.undo(back), UNDO_LIMIT_S)
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        except DesktopLost as error:
            back.after(error, "taken back")

    async def close(self) -> None:
        await self._x.stop(Paster.close, 0.7)
