"""What outputs that write into windows themselves have in common: a desk, in the thread of a
connection to the desktop."""

import asyncio
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.delete_surrounding import ANSWER_S
from dictate.outputs.guard import Guard
from dictate.outputs.paste.paste_request import WRITE_LIMIT_S, PasteRequest
from dictate.outputs.thread import DesktopLost, DesktopThread

FOCUS_LIMIT_S = 1.0


class WindowBackend(Protocol):
    """What works in the thread."""

    def focus(self) -> Focus | None:
        """As `Output.focus`."""

    def write(self, delivery: PasteRequest) -> Receipt:
        """As `Output.write`."""

    def undo(self, delivery: PasteRequest) -> None:
        """As `Output.undo`."""

    def close(self) -> None:
        """Leave nothing behind."""


D = TypeVar("D", bound=WindowBackend)


class WindowOutput(Output, Generic[D]):
    """A new X server or compositor after a crash of the old one is found by itself, at the next
    call."""

    undo_limit_s: ClassVar[float] = 8.0

    def __init__(self, settings: OutputSettings, desktop: DesktopThread[Any, D]) -> None:
        super().__init__(settings)
        self._desktop = desktop
        self._guard = Guard()

    async def open(self) -> None:
        await self._desktop.start()
        await self._guard.open()

    async def focus(self) -> Focus | None:
        try:
            await self._desktop.start()
            return await self._desktop.call(lambda desk: desk.focus(), FOCUS_LIMIT_S)
        except (Unavailable, DesktopLost):
            return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if focus is None:
            raise NotDelivered("no window had the focus")
        await self._guard.look()
        timeout_s = self.settings.paste_timeout_ms / 1000
        delivery = PasteRequest(text, focus, timeout_s, self._guard.refuse)
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
        await self._guard.look()
        back = PasteRequest(text, focus, ANSWER_S, self._guard.refuse)
        try:
            await self._desktop.call(lambda desk: desk.undo(back), self.undo_limit_s)
        except DesktopLost as error:
            back.after(error, "taken back")

    async def close(self) -> None:
        stopping = self._desktop.stop(lambda desk: desk.close(), 0.7)
        await asyncio.gather(self._guard.close(), stopping)
