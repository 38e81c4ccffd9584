"""Pastes by Shift+Insert from the desktop's portal for remote control: for KDE with Wayland.

`pressed_paste.py` describes how the text goes through the clipboard, and where to.
`portal_keys.py` has the keyboard.

The desktop asks the user for permission when the output is opened, never during a dictation. Texts
are held until the user has answered. If the session ends, because the user or the portal ended it,
the user is asked once more. After a refusal, the user is not asked again until the next start.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered, Refused, Unavailable, UnsafeFolder
from dictate.outputs import FieldText, Focus, Output, Receipt
from dictate.outputs.paste_keys.portal_keys import Keyboard
from dictate.outputs.paste_keys.pressed_paste import PressedPaste
from dictate.platform import paths
from dictate.platform.own_files import read_own, write_own
from dictate.translation import _

_log = logging.getLogger(__name__)

MAX_QUESTIONS: Final = 2
"""How many times the user is asked between two starts."""
RETRY_S: Final = 2.0
"""Seconds between two attempts to reach the portal after it was lost."""
READY_S: Final = 1.0
"""Seconds within which a session that needs no question is ready."""
AGAIN: Final = _("to be asked again, restart dictate")


class PortalOutput(Output):
    """See the head of this file."""

    name = "portal"
    refused: ClassVar[str] = ""
    """That the user refused; this holds until the next start."""

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._paste = PressedPaste("dictate-portal")
        self._keyboard: Keyboard | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._trouble = _("the desktop was not asked yet whether dictate may press keys")

    def unavailable_reason(self) -> str | None:
        if self.refused:
            return self.refused
        if reason := self._paste.unavailable_reason():
            return reason
        try:
            asyncio.run(_probe())
        except Unavailable as error:
            return str(error)
        return None

    async def open(self) -> None:
        if self.refused:
            raise Refused(self.refused)
        await self._paste.start()
        if self._keeping is None:
            # A user who did not choose this output must not be asked anything.
            if self.chosen_by_user or await asyncio.to_thread(_token) != "":
                self._keeping = asyncio.get_running_loop().create_task(self._keep())
            else:
                self._trouble = _('allow it once: put use = "portal" into [output] of config.toml')

    async def focus(self) -> Focus | None:
        return await self._paste.focus()

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        keyboard = await self._have_keyboard()
        timeout_s = self.settings.paste_timeout_ms / 1000
        return await self._paste.paste(text, focus, timeout_s, keyboard.press)

    async def select(self, text: str, focus: Focus | None) -> None:
        await self._paste.select(text, focus)

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        return await self._paste.surrounding(focus)

    async def follow_field(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        await self._paste.follow_field(focus, on_text)

    async def close(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
            self._keeping = None
        await self._paste.stop()

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
        """Keep a keyboard, as long as the user permits it."""
        asked = 0
        while asked < MAX_QUESTIONS:
            keyboard = None
            try:
                keyboard = await Keyboard.connect()
                await keyboard.prepare(await asyncio.to_thread(_token))
                asked += 1
                self._trouble = _("the desktop asks you whether dictate may press keys: allow it")
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
            _log.info("output portal: no keys are pressed: %s", self._trouble)
            await asyncio.sleep(RETRY_S)
        self._trouble += f"; {AGAIN}"
        self.report(self._trouble)


async def _probe() -> None:
    await (await Keyboard.connect()).close()


def _note() -> Path:
    return paths.state_dir() / "portal-token"


def _token() -> str:
    try:
        return read_own(_note()).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _keep_token(token: str) -> None:
    """Each token is valid once. Without one, the desktop asks the user the next time."""
    try:
        paths.safe_dir(paths.state_dir())
        write_own(_note(), token)
    except (OSError, UnsafeFolder) as error:
        _log.warning("output portal: your permission cannot be saved: %s", error)
