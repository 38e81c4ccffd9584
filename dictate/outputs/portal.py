"""Pastes where the desktop's portal for remote control presses Shift+Insert: KDE with Wayland.

`wayland_paste.py` says how the text goes through the clipboard; `portal_keys.py` has the keyboard.
The portal does not say which window has the focus. On KDE `kwin_focus.py` does; elsewhere the text
goes where the focus is when it is written. It does not go to a locked screen.

The user is asked when the output is opened, never within a dictation: what is said before she has
answered is held. A session that ends, by her or with the portal, is asked for once more; who has
said no is not asked again until the next start.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine
from concurrent import futures
from pathlib import Path
from typing import Any, ClassVar, Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from dictate import paths
from dictate.config import OutputSettings
from dictate.errors import DeliveryUnsure, JournalError, NotDelivered, Refused, Unavailable
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.delivery import WRITE_LIMIT_S, Delivery
from dictate.outputs.desktop_clipboard import DesktopClipboard
from dictate.outputs.kwin_focus import KwinFocus
from dictate.outputs.portal_keys import Keyboard
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland_paste import Paster
from dictate.outputs.wayland_thread import WaylandConnection
from dictate.outputs.x11_lend import Lender
from dictate.outputs.x11_thread import XConnection

_log = logging.getLogger(__name__)

ASKS: Final = 2
RETRY_S: Final = 2.0
"""After it was lost, a portal is looked for so often."""
READY_S: Final = 1.0
"""A session that needs no question is there within this time."""
LOCKED_S: Final = 0.5
LOOK_S: Final = 5.0
"""KWin answers in a millisecond; one that was restarted has to be told first what is wanted."""
NO_WAYLAND: Final = "this is no Wayland session: output x11 needs nobody's leave"
AGAIN: Final = "to be asked again, restart dictate"
_SOMEWHERE: Final = Focus("", "")


class PortalOutput(Output):
    """See the head of this file."""

    name = "portal"
    refused: ClassVar[str] = ""
    """Who said no, until the next start."""

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._press: Callable[[], None] = lambda: None
        self._look: Callable[[], Focus | None] = lambda: None
        self._windows = KwinFocus()
        self._clipboard = DesktopClipboard("dictate-portal", self._make_paster, self._make_lender)
        self._keyboard: Keyboard | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._trouble = "the desktop was not asked yet whether dictate may press keys"

    def _make_paster(self, connection: WaylandConnection) -> Paster:
        return Paster(connection, lambda: self._press(), lambda: self._look())

    def _make_lender(self, connection: XConnection) -> Lender:
        return Lender(connection, lambda: self._press())

    def why_not(self) -> str | None:
        if self.refused:
            return self.refused
        if not os.environ.get("WAYLAND_DISPLAY"):
            return NO_WAYLAND
        if reason := self._clipboard.why_not():
            return reason
        try:
            asyncio.run(_probe())
        except Unavailable as error:
            return str(error)
        return None

    async def open(self) -> None:
        if self.refused:
            raise Refused(self.refused)
        if not os.environ.get("WAYLAND_DISPLAY"):
            raise Unavailable(NO_WAYLAND)
        await self._clipboard.start()
        if self._keeping is None:
            # Only who chose this output by name has asked for a question.
            if self.settings.use == self.name or await asyncio.to_thread(_token) != "":
                self._keeping = asyncio.get_running_loop().create_task(self._keep())
            else:
                self._trouble = 'allow it once: put use = "portal" into [output] of config.toml'
        await self.focus()  # the first time takes longest

    async def focus(self) -> Focus | None:
        try:
            return await self._windows.focused()
        except Unavailable:
            return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        keyboard = await self._have_keyboard()
        if await _locked(keyboard.connection):
            raise NotDelivered("the screen is locked")
        loop = asyncio.get_running_loop()
        where = focus or await self._somewhere()
        delivery = Delivery(text, where, self.settings.paste_timeout_ms / 1000)
        pressing: list[asyncio.Task[None]] = []

        def press() -> None:
            pressing.append(loop.create_task(keyboard.press(lambda: delivery.taken)))

        self._press = lambda: _in_loop(loop, press)
        self._look = lambda: _of_loop(loop, self._now(where))
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
        # The keys took a while to get there.
        if await self._now(where) != where:
            raise DeliveryUnsure(f"the focus left {where.application} in the moment of the paste")
        return Receipt.DELIVERED

    async def _somewhere(self) -> Focus:
        """What there is to say where nothing was known to have the focus. Raises NotDelivered."""
        with contextlib.suppress(Unavailable):
            await self._windows.focused()
            raise NotDelivered("no window had the focus")
        return _SOMEWHERE

    async def _now(self, where: Focus) -> Focus | None:
        """What has the focus now; `where` it was if nobody tells."""
        if where is _SOMEWHERE:
            return where
        with contextlib.suppress(Unavailable):
            return await self._windows.focused()
        return None

    async def close(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
            self._keeping = None
        leaving = self._clipboard.stop(lambda paster: paster.close(), 0.4)
        await asyncio.gather(leaving, self._windows.close())

    async def _have_keyboard(self) -> Keyboard:
        """Raises NotDelivered."""
        if self._keeping is not None and not self._keeping.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_S):
                    await self._ready.wait()
        if self._keyboard is None:
            raise NotDelivered(self._trouble)
        return self._keyboard

    async def _keep(self) -> None:
        """Have a keyboard, as long as the user lets us."""
        asked = 0
        while asked < ASKS:
            keyboard = None
            try:
                keyboard = await Keyboard.connect()
                await keyboard.prepare(await asyncio.to_thread(_token))
                asked += 1
                self._trouble = "the desktop asks you whether dictate may press keys: allow it"
                await asyncio.to_thread(_keep_token, await keyboard.start())
                self._keyboard = keyboard
                self._ready.set()
                self._trouble = str(await keyboard.ended())
            except Refused as error:
                PortalOutput.refused = self._trouble = f"{error}; {AGAIN}"
                self.report(self._trouble)
                return
            except Unavailable as error:
                self._trouble = str(error)
            finally:
                self._keyboard = None
                self._ready.clear()
                if keyboard is not None:
                    await keyboard.close()
            _log.info("no keys are pressed: %s", self._trouble)
            await asyncio.sleep(RETRY_S)
        self._trouble += f"; {AGAIN}"
        self.report(self._trouble)


def _in_loop(loop: asyncio.AbstractEventLoop, press: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # it is closed: nobody waits for this text any more
        loop.call_soon_threadsafe(press)


def _of_loop(
    loop: asyncio.AbstractEventLoop, looking: Coroutine[Any, Any, Focus | None]
) -> Focus | None:
    """What it comes to there, for another thread; None if that takes too long."""
    try:
        asked = asyncio.run_coroutine_threadsafe(looking, loop)
    except RuntimeError:  # it is closed
        looking.close()
        return None
    try:
        return asked.result(LOOK_S)
    except (TimeoutError, futures.CancelledError):
        return None


async def _outcome(pressing: list[asyncio.Task[None]]) -> Unavailable | None:
    """Why the keys could not be pressed; None if they were, or never began to be."""
    for task in pressing:
        await asyncio.wait({task})
        error = task.exception()
        if isinstance(error, Unavailable):
            return error
    return None


async def _probe() -> None:
    await (await Keyboard.connect()).close()


async def _locked(connection: MessageBus) -> bool:
    """Whether the desktop says that its screen is locked."""
    for name, path in (
        ("org.freedesktop.ScreenSaver", "/ScreenSaver"),
        ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ):
        with contextlib.suppress(TimeoutError, OSError, EOFError):
            async with asyncio.timeout(LOCKED_S):
                said = await connection.call(Message(name, path, name, "GetActive"))
            if said and said.message_type is MessageType.METHOD_RETURN and said.body == [True]:
                return True
    return False


def _note() -> Path:
    return paths.state_dir() / "portal-token"


def _token() -> str:
    try:
        return _note().read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _keep_token(token: str) -> None:
    """Each is good for one time; none means that the user is asked the next time."""
    try:
        paths.safe_dir(paths.state_dir())
        _note().write_text(token)
    except (OSError, JournalError) as error:
        _log.warning("what you allowed cannot be kept: %s", error)
