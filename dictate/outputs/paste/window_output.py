"""The common part of outputs that write into windows: a backend in the thread of a connection to
the desktop, and the guard."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from dictate.config.schema import OutputSettings
from dictate.errors import FocusMoved, NotDelivered, Unavailable
from dictate.outputs import FieldText, Focus, Output, Receipt
from dictate.outputs.delete_surrounding import ANSWER_S
from dictate.outputs.guard import NOT_READABLE, Guard
from dictate.outputs.paste.paste_request import TAKEN_BACK, WRITE_LIMIT_S, PasteRequest
from dictate.outputs.thread import DesktopLost, DesktopThread, Job
from dictate.translation import _

FOCUS_LIMIT_S = 1.0
"""Seconds after which a desktop that does not report the focus counts as hung."""
ANSWER_LIMIT_S = 2.0
"""Seconds for a single key."""


class WindowBackend(Protocol):
    """Does the work, in the thread."""

    async def focus(self) -> Focus | None:
        """As `Output.focus`."""

    async def write(self, request: PasteRequest) -> Receipt:
        """As `Output.write`."""

    async def undo(self, request: PasteRequest) -> None:
        """As `Output.undo`."""

    async def press_enter(self, request: PasteRequest) -> None:
        """As `Output.press_enter`."""

    async def follows(self, text: str, asked_at: Sequence[float], /) -> bool:
        """As `Output.follows`; its field or window has the focus."""

    async def close(self) -> None:
        """Leave nothing behind."""


D = TypeVar("D", bound=WindowBackend)


class WindowOutput(Output, Generic[D]):
    """After a crash of the X server or compositor, the next call connects to the new one."""

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
            return await self._desktop.call(lambda backend: backend.focus(), FOCUS_LIMIT_S)
        except (Unavailable, DesktopLost):
            return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if focus is None:
            raise NotDelivered(_("no window had the focus"))
        await self._guard.refresh()
        timeout_s = self.settings.paste_timeout_ms / 1000
        request = PasteRequest(text, focus, timeout_s, self._guard.refuse)
        limit_s = request.timeout_s + WRITE_LIMIT_S
        try:
            await self._desktop.start()
            receipt = await self._desktop.call(lambda backend: backend.write(request), limit_s)
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        except DesktopLost as error:
            receipt = request.outcome_of(error)
        self._guard.wrote()
        return receipt

    async def undo(self, text: str, focus: Focus | None) -> None:
        await self._on_last(text, focus, lambda backend: backend.undo, TAKEN_BACK)

    async def _on_last(
        self,
        text: str,
        focus: Focus | None,
        action: Callable[[D], Callable[[PasteRequest], Job[None]]],
        unsure: str,
        presses: int | None = None,
    ) -> None:
        """Do something to the text that was written last; `unsure` and `presses` are as in
        `PasteRequest`. Raises as `Output.undo`."""
        if focus is None:
            raise NotDelivered(_("it is not known which window it went to"))
        await self._guard.refresh()
        request = PasteRequest(text, focus, ANSWER_S, self._guard.refuse, presses)
        try:
            await self._desktop.call(lambda backend: action(backend)(request), self.undo_limit_s)
        except DesktopLost as error:
            request.outcome_of(error, unsure)

    async def select(self, text: str, focus: Focus | None) -> None:
        if not await self._selects(text.lstrip(" "), focus):
            raise NotDelivered(NOT_READABLE)

    async def _selects(self, text: str, focus: Focus | None) -> bool:
        """Whether accessibility has selected `text`; False if the application does not say what
        stands there. Raises as `Output.select`."""
        if focus is None:
            raise NotDelivered(_("it is not known which window it went to"))
        if await self.focus() != focus:
            raise FocusMoved(_("another window has the focus"))
        return await self._guard.select(text)

    async def press_enter(self, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered(_("it is not known which window the text went to"))
        await self._guard.refresh()
        request = PasteRequest("", focus, ANSWER_S, self._guard.refuse)
        try:
            await self._desktop.call(lambda backend: backend.press_enter(request), ANSWER_LIMIT_S)
        except DesktopLost as error:
            request.outcome_of(error, _("{error}, just as the text was followed by Enter"))

    async def follows(self, text: str, asked_at: Sequence[float]) -> bool:
        try:
            return await self._desktop.call(
                lambda backend: backend.follows(text, asked_at), FOCUS_LIMIT_S
            )
        except DesktopLost:
            return False

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        if focus is None or (text := await self._guard.surrounding()) is None:
            return None
        return text if await self.focus() == focus else None

    async def follow_field(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        if focus is not None and await self.focus() == focus:
            await self._guard.follow_field(on_text)

    async def close(self) -> None:
        stopping = self._desktop.stop(lambda backend: backend.close(), 0.7)
        await asyncio.gather(self._guard.close(), stopping)
