"""Puts the text into the clipboard, of Wayland or X11, for the user to paste."""

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.outputs import CLIPBOARD as NAME
from dictate.outputs import Destination, Focus, Output, Receipt
from dictate.outputs.desktop_clipboard import DesktopClipboard
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland.selection import CLIPBOARD
from dictate.outputs.wayland.selection import Selections as WaylandSelections
from dictate.outputs.wayland.selection import text_content as wayland_content
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.outputs.x11.selection import Selections, save_to_manager, text_content
from dictate.outputs.x11.thread import XConnection
from dictate.translation import _

COPY_LIMIT_S = 2.0
"""Seconds after which a copy is given up."""


class _XCopier:
    """Owns the clipboard, in the thread of the connection to the X server."""

    def __init__(self, connection: XConnection) -> None:
        self._x = connection
        self._clipboard = connection.atom("CLIPBOARD")
        self._selections = Selections(connection)

    async def copy(self, text: str) -> None:
        content = text_content(self._x, text, secret=False)
        if not await self._selections.own(self._clipboard, content):
            raise NotDelivered(_("another program does not let go of the clipboard"))

    async def close(self) -> None:
        await save_to_manager(self._x, self._selections)


class _WaylandCopier:
    """Owns the clipboard, in the thread of the connection to the compositor.

    Raises Unavailable.
    """

    def __init__(self, connection: WaylandConnection) -> None:
        self._connection = connection
        self._selections = WaylandSelections(connection)

    async def copy(self, text: str) -> None:
        await self._selections.own(CLIPBOARD, wayland_content(text))
        await self._connection.round_trip()
        if not self._selections.owns(CLIPBOARD):
            raise NotDelivered(_("another program does not let go of the clipboard"))

    async def close(self) -> None:
        """Wayland has no service that would keep the content."""


class ClipboardOutput(Output):
    """The text stays in the clipboard while the daemon runs. On X11 a clipboard manager may keep it
    longer; on Wayland, managers are asked not to."""

    name = NAME
    destination = Destination.CLIPBOARD

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._clipboard = DesktopClipboard("dictate-clipboard", _WaylandCopier, _XCopier)

    def unavailable_reason(self) -> str | None:
        return self._clipboard.unavailable_reason()

    async def open(self) -> None:
        await self._clipboard.start()

    async def write(self, text: str, focus: Focus | None) -> Receipt:  # noqa: ARG002
        try:
            desktop = await self._clipboard.start()
            await desktop.call(lambda copier: copier.copy(text), COPY_LIMIT_S)
        except (Unavailable, DesktopLost) as error:
            raise NotDelivered(str(error)) from error
        return Receipt.COPIED

    async def close(self) -> None:
        await self._clipboard.stop(lambda copier: copier.close(), 0.4)
