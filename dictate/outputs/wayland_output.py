"""What the outputs of a Wayland desktop have in common: a desk in the connection's thread."""

import contextlib
from collections.abc import Callable
from typing import Protocol

from dictate.config import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.delivery import WRITE_LIMIT_S, Delivery
from dictate.outputs.taking_back import ANSWER_S
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland_thread import WaylandConnection, WaylandThread

FOCUS_LIMIT_S = 1.0
UNDO_LIMIT_S = 8.0


PASTED = (
    "it was pasted, and Wayland tells nobody what has happened in that window since: undo it there"
)


class Desk(Protocol):
    """What works in the thread."""

    def focus(self) -> Focus | None:
        """As `Output.focus`."""

    def write(self, delivery: Delivery) -> Receipt:
        """As `Output.write`."""

    def undo(self, delivery: Delivery) -> None:
        """As `Output.undo`."""

    def preview(self, text: str) -> None:
        """As `Output.preview`."""

    def close(self) -> None:
        """Leave nothing behind."""


class WaylandOutput(Output):
    """A new compositor after a crash of the old one is found by itself, at the next call."""

    def __init__(self, settings: OutputSettings, make: Callable[[WaylandConnection], Desk]) -> None:
        super().__init__(settings)
        self._desktop = WaylandThread(f"dictate-{self.name}", make)

    async def open(self) -> None:
        await self._desktop.start()

    async def focus(self) -> Focus | None:
        try:
            await self._desktop.start()
            return await self._desktop.call(lambda desk: desk.focus(), FOCUS_LIMIT_S)
        except (Unavailable, DesktopLost):
            return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if focus is None:
            raise NotDelivered("no window had the focus")
        delivery = Delivery(text, focus, self.settings.paste_timeout_ms / 1000)
        limit_s = delivery.timeout_s + WRITE_LIMIT_S
        try:
            await self._desktop.start()
            return await self._desktop.call(lambda desk: desk.write(delivery), limit_s)
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        except DesktopLost as error:
            return delivery.after(error)

    async def undo(self, text: str, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered("nobody knows which window it went to")
        back = Delivery(text, focus, ANSWER_S)
        try:
            await self._desktop.call(lambda desk: desk.undo(back), UNDO_LIMIT_S)
        except DesktopLost as error:
            back.after(error, "taken back")

    async def preview(self, text: str) -> None:
        with contextlib.suppress(DesktopLost):
            await self._desktop.call(lambda desk: desk.preview(text), FOCUS_LIMIT_S)

    async def close(self) -> None:
        await self._desktop.stop(lambda desk: desk.close(), 0.7)
