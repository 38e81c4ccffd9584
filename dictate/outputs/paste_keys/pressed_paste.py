"""The clipboard transaction of a Wayland desktop, with Shift+Insert from a separate keyboard.

`wayland/paste.py` describes how the text goes through the clipboard. The keys do not go through the
connection to the compositor, so the focus cannot be read there. On KDE `kwin_focus.py` reports
which window has the focus. On other desktops it is unknown, and the text goes where the focus is at
the time of the paste, but not to a locked screen, nor into a field that its application reports as
a password field.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable
from dictate.outputs import FieldText, Focus, Receipt
from dictate.outputs.desktop_clipboard import DesktopClipboard
from dictate.outputs.guard import NOT_READABLE, Guard
from dictate.outputs.kwin_focus import KwinFocus
from dictate.outputs.paste.paste_request import WRITE_LIMIT_S, PasteRequest
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland.paste import Paster
from dictate.outputs.wayland.sway import focused_process
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.outputs.x11.thread import XConnection
from dictate.outputs.x11.xwayland_paster import XwaylandPaster
from dictate.translation import _

LOOK_S: Final = 5.0
"""Seconds. KWin answers in a millisecond, but after a restart it first has to load the script."""
NO_WAYLAND: Final = _("this is no Wayland session: use output x11, which needs no permission")
_UNKNOWN: Final = Focus("", "")
"""Stands for the focus on a desktop that does not report it."""

Press = Callable[[Callable[[], bool]], Awaitable[None]]
"""Presses and releases the chord, Shift once its argument holds. Raises Unavailable. No key stays
down."""


class PressedPaste:
    """Pastes one text after the other."""

    def __init__(self, name: str) -> None:
        self._press: Callable[[], None] = lambda: None
        self._look: Callable[[], Awaitable[Focus | None]] = self.focus
        self._windows = KwinFocus()
        self._clipboard = DesktopClipboard(name, self._make_paster, self._make_xwayland_paster)
        self._guard = Guard()

    def _make_paster(self, connection: WaylandConnection) -> Paster:
        return Paster(connection, lambda: self._press(), lambda: self._look(), self._process)

    def _make_xwayland_paster(self, connection: XConnection) -> XwaylandPaster:
        return XwaylandPaster(connection, lambda: self._press())

    def unavailable_reason(self) -> str | None:
        """Why it does not work here, or None. Blocks for up to two seconds."""
        if not os.environ.get("WAYLAND_DISPLAY"):
            return NO_WAYLAND
        return self._clipboard.unavailable_reason()

    async def start(self) -> None:
        """Connect to the clipboard. Raises Unavailable."""
        if not os.environ.get("WAYLAND_DISPLAY"):
            raise Unavailable(NO_WAYLAND)
        await self._clipboard.start()
        await self._guard.open()
        await self.focus()  # the first call takes longest

    async def focus(self) -> Focus | None:
        """As `Output.focus`."""
        try:
            return await self._windows.focused()
        except Unavailable:
            return None

    async def paste(
        self, text: str, focus: Focus | None, timeout_s: float, press: Press
    ) -> Receipt:
        """As `Output.write`; `timeout_s` is the application's own time."""
        await self._guard.refresh()
        self._guard.refuse()
        loop = asyncio.get_running_loop()
        where = focus or await self._unknown()
        request = PasteRequest(text, where, timeout_s, self._guard.refuse)
        pressing: list[asyncio.Future[None]] = []

        def begin() -> None:
            pressing.append(asyncio.ensure_future(press(lambda: request.acknowledged)))

        self._press = lambda: _in_loop(loop, begin)
        self._look = lambda: _of_loop(loop, self._now(where))
        try:
            desktop = await self._clipboard.start()
            await desktop.call(
                lambda paster: paster.paste(request), request.timeout_s + WRITE_LIMIT_S
            )
        except Unavailable as error:
            raise NotDelivered(str(error)) from error
        except DesktopLost as error:
            return request.outcome_of(error)
        except NotDelivered as error:
            if trouble := await _outcome(pressing):
                raise NotDelivered(
                    _("the keys were not pressed: {reason}").format(reason=trouble)
                ) from error
            raise
        finally:
            await _outcome(pressing)
        self._guard.wrote()
        # The keys took a moment to arrive.
        if await self._now(where) != where:
            raise DeliveryUnsure(
                _("the focus left {application} in the moment of the paste").format(
                    application=where.application
                )
            )
        return Receipt.DELIVERED

    async def select(self, text: str, focus: Focus | None) -> None:
        """As `Output.select`; also on a desktop that does not report the focus."""
        if await self.focus() != focus:
            raise FocusMoved(_("another window has the focus"))
        if not await self._guard.select(text.lstrip(" ")):
            raise NotDelivered(NOT_READABLE)

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        """As `Output.surrounding`; also on a desktop that does not report the focus."""
        if (text := await self._guard.surrounding()) is None:
            return None
        return text if await self.focus() == focus else None

    async def follow_field(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        """As `Output.follow_field`."""
        if await self.focus() == focus:
            await self._guard.follow_field(on_text)

    async def _unknown(self) -> Focus:
        """The focus on a desktop that does not report it. Raises NotDelivered on one that does,
        because nothing had the focus there."""
        with contextlib.suppress(Unavailable):
            await self._windows.focused()
            raise NotDelivered(_("no window had the focus"))
        return _UNKNOWN

    async def _process(self) -> int | None:
        """The process of the window that has the focus, for a different thread."""
        return self._windows.process or await focused_process()

    async def _now(self, where: Focus) -> Focus | None:
        """What has the focus now; `where` itself on a desktop that does not report it."""
        if where is _UNKNOWN:
            return where
        with contextlib.suppress(Unavailable):
            return await self._windows.focused()
        return None

    async def stop(self) -> None:
        """Restore the clipboard and disconnect. Idempotent."""
        leaving = self._clipboard.stop(lambda paster: paster.close(), 0.4)
        await asyncio.gather(leaving, self._guard.close(), self._windows.close())


def _in_loop(loop: asyncio.AbstractEventLoop, begin: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nothing waits for this text
        loop.call_soon_threadsafe(begin)


async def _of_loop(
    loop: asyncio.AbstractEventLoop, looking: Coroutine[Any, Any, Focus | None]
) -> Focus | None:
    """The result of a coroutine on `loop`, for a different thread; None if it takes too long."""
    try:
        asked = asyncio.run_coroutine_threadsafe(looking, loop)
    except RuntimeError:  # the loop is closed
        looking.close()
        return None
    try:
        async with asyncio.timeout(LOOK_S):
            return await asyncio.wrap_future(asked)
    except TimeoutError:
        return None
    except asyncio.CancelledError:
        if not asked.cancelled():
            raise
        return None


async def _outcome(pressing: list[asyncio.Future[None]]) -> Unavailable | None:
    """Why the keys could not be pressed; None if they were, or if it was never tried."""
    for task in pressing:
        await asyncio.wait({task})
        error = task.exception()
        if isinstance(error, Unavailable):
            return error
    return None
