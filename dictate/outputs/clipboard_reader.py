"""Reads a text from the clipboard or from the primary selection, which has what is selected."""

import asyncio
from enum import Enum
from typing import Final

from Xlib import Xatom

from dictate.errors import Unavailable
from dictate.outputs.desktop_clipboard import DesktopClipboard
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland.selection import ANSWER_S, CLIPBOARD, HINT, PRIMARY
from dictate.outputs.wayland.selection import Selections as WaylandSelections
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.outputs.x11.fetch import NoAnswer, fetch_text
from dictate.outputs.x11.thread import XConnection
from dictate.translation import _

READ_LIMIT_S: Final = 2.0
"""Seconds after which the owner of a selection counts as hung."""
OURS_S: Final = 0.3
"""Seconds after which a text that is being pasted has left the clipboard again."""

HUNG: Final = _("the program that owns it does not answer")


class Chosen(Enum):
    """What is read."""

    CLIPBOARD = _("the clipboard")
    SELECTION = _("the selection")


class _XReader:
    def __init__(self, connection: XConnection) -> None:
        self._x = connection

    async def read(self, chosen: Chosen) -> str:
        clipboard = self._x.atom("CLIPBOARD")
        selection = clipboard if chosen is Chosen.CLIPBOARD else Xatom.PRIMARY
        try:
            # A text that Dictate pastes stands there for a moment, with this hint.
            if await fetch_text(self._x, selection, HINT) is not None:
                await self._x.wait(lambda: False, OURS_S)
            return await fetch_text(self._x, selection, "UTF8_STRING") or ""
        except NoAnswer:
            raise Unavailable(HUNG) from None

    async def close(self) -> None:
        """Nothing is owned."""


class _WaylandReader:
    """Raises Unavailable."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._connection = connection
        self._selections = WaylandSelections(connection)

    async def read(self, chosen: Chosen) -> str:
        selection = CLIPBOARD if chosen is Chosen.CLIPBOARD else PRIMARY
        await self._connection.round_trip()
        if self._selections.offers(selection, HINT):
            await self._connection.wait(lambda: False, OURS_S)
        text = await self._selections.text(selection, ANSWER_S)
        if text is None:
            raise Unavailable(HUNG)
        return text

    async def close(self) -> None:
        """Nothing is owned."""


async def read_text(chosen: Chosen) -> str:
    """The text that is there; empty if there is none. Raises Unavailable.

    It connects for this one text: it is seldom wanted.
    """
    clipboard = DesktopClipboard("dictate-clipboard-reader", _WaylandReader, _XReader)
    try:
        desktop = await clipboard.start()
        return str(await desktop.call(lambda reader: reader.read(chosen), READ_LIMIT_S))
    except DesktopLost as error:
        raise Unavailable(str(error)) from error
    finally:
        await asyncio.shield(clipboard.stop(lambda reader: reader.close(), READ_LIMIT_S))
