"""Pastes into the focused window of a Wayland desktop of the wlroots kind (sway, Hyprland, ...);
`wayland/paste.py` describes how."""

from collections.abc import Sequence

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.paste.window_output import WindowOutput
from dictate.outputs.thread import at_once
from dictate.outputs.wayland.focus import Toplevels
from dictate.outputs.wayland.keys import KeyChord
from dictate.outputs.wayland.paste import PASTED, Paster
from dictate.outputs.wayland.thread import WaylandConnection, WaylandThread, why_no_wayland


class _PasteBackend:
    """Raises Unavailable."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._connection = connection
        self._windows = Toplevels(connection)
        self._keys = KeyChord(connection)
        self._paster = Paster(connection, self._keys.press, self.focus)

    async def focus(self) -> Focus | None:
        await self._connection.round_trip()
        window = self._windows.focused
        return Focus(str(window.number), window.application, window.title) if window else None

    async def write(self, request: PasteRequest) -> Receipt:
        await self._paster.paste(request)
        return Receipt.DELIVERED

    async def undo(self, request: PasteRequest) -> None:  # noqa: ARG002
        raise NotDelivered(PASTED)

    async def press_enter(self, request: PasteRequest) -> None:
        request.check(await self.focus())
        request.committed = True
        self._keys.press_enter()
        await self._connection.round_trip()

    async def follows(self, _text: str, _asked_at: Sequence[float]) -> bool:
        return True  # Wayland does not say what was typed

    async def close(self) -> None:
        await self._paster.close()


class VirtualKeyboardOutput(WindowOutput[_PasteBackend]):
    """For every application that pastes at Shift+Insert."""

    name = "virtual_keyboard"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings, WaylandThread(f"dictate-{self.name}", at_once(_PasteBackend)))

    def unavailable_reason(self) -> str | None:
        return why_no_wayland(at_once(_PasteBackend))
