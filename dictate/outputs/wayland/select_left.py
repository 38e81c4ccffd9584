"""Selects a text by Shift+Left on the virtual keyboard, and sees whether it is selected.

The keys may cross one of the user's. So what the application reports is looked at afterwards, or,
because GTK does not report what is selected, the primary selection; what is anything but the text
is let go again by Right, which puts the cursor back. No character changes.
"""

import time
from typing import Final

from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs.paste.countable import why_not_selectable
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.wayland.field import Field, InputMethod
from dictate.outputs.wayland.keys import KeyChord
from dictate.outputs.wayland.paste import Paster
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.translation import _

LOOK_S: Final = 0.05
"""Seconds between two looks."""


class SelectLeft:
    """Lives in the thread of the connection."""

    def __init__(
        self, connection: WaylandConnection, method: InputMethod, keys: KeyChord, paster: Paster
    ) -> None:
        self._connection = connection
        self._method = method
        self._keys = keys
        self._paster = paster

    async def select(self, request: PasteRequest, field: Field) -> None:
        """Select the text of the request, which stands right before the cursor in this field.
        Raises NotDelivered, DeliveryUnsure."""
        if reason := why_not_selectable(request.text, stands=True):
            raise NotDelivered(reason)
        before, pressed_at = field.before, time.monotonic()
        request.committed = True
        self._keys.select_left(len(request.text))
        end = pressed_at + request.timeout_s
        while time.monotonic() < end and self._method.field is field:
            await self._connection.wait(lambda: False, LOOK_S)
            if await self._selected(field, pressed_at) == request.text:
                return
        if self._method.field is field and (field.selected or field.before != before):
            self._keys.press_right()
            await self._connection.round_trip()
        raise DeliveryUnsure(_("the application does not say that it has selected it: look there"))

    async def _selected(self, field: Field, since: float) -> str | None:
        """What is selected, as far as that is known."""
        if field.selected and field.content is not None:
            return field.content.selected
        return await self._paster.primary() if self._paster.primary_at > since else None
