"""Puts the text into the X11 clipboard, for the user to paste."""

from dictate.config import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.x11_selection import Selections, save_to_manager, text_content
from dictate.outputs.x11_thread import XConnection, XServerLost, XThread
from dictate.x11 import why_no_x

COPY_LIMIT_S = 2.0


class _Copier:
    """Owns the clipboard, in the X thread."""

    def __init__(self, connection: XConnection) -> None:
        self._x = connection
        self._clipboard = connection.atom("CLIPBOARD")
        self._selections = Selections(connection)

    def copy(self, text: str) -> None:
        content = text_content(self._x, text, secret=False)
        if not self._selections.own(self._clipboard, content):
            raise NotDelivered("another program does not let go of the clipboard")

    def close(self) -> None:
        save_to_manager(self._x, self._selections)


class ClipboardOutput(Output):
    """The text stays in the clipboard while the daemon lives, and after it if a clipboard manager
    runs."""

    name = "clipboard"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._x = XThread("dictate-clipboard", _Copier)

    def why_not(self) -> str | None:
        return why_no_x()

    async def open(self) -> None:
        await self._x.start()

    async def focus(self) -> Focus | None:
        return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:  # noqa: ARG002
        try:
            await self._x.start()
            await self._x.call(lambda copier: copier.copy(text), COPY_LIMIT_S)
        except (Unavailable, XServerLost) as error:
            raise NotDelivered(str(error)) from error
        return Receipt.COPIED

    async def close(self) -> None:
        await self._x.stop(_Copier.close, 0.7)
