"""The clipboard transaction through Xwayland, for compositors without access to their clipboard.

Such a compositor (GNOME) passes the selections of X11 on to its windows: it reads the list of
formats of each new one, and fetches the content when a window pastes. So all requests come from the
compositor, and the keys from a separate keyboard. The rest is as in `wayland/paste.py`.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from Xlib import X, Xatom

from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs.paste.clipboard_transaction import ClipboardTransaction
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.x11.fetch import NoAnswer, fetch
from dictate.outputs.x11.selection import Content, Selections, text_content
from dictate.outputs.x11.thread import XConnection
from dictate.translation import _

_log = logging.getLogger(__name__)

NOTICED_S = 0.5
"""Seconds within which the compositor reads a new selection, if it does so at all."""
QUIET_S = 0.05
"""Seconds without a request after which the compositor has read it."""


class XwaylandPaster:
    """Pastes, in the thread of the connection to the X server."""

    def __init__(self, connection: XConnection, press: Callable[[], None]) -> None:
        """`press` starts the chord."""
        self._x = connection
        self._press = press
        self._selections = Selections(connection, answered=self._answered)
        self._both = (connection.atom("CLIPBOARD"), Xatom.PRIMARY)
        self._transaction = ClipboardTransaction[int, Content](connection, self._selections)
        self._noticed: set[int] = set()
        self._asked_at = 0.0
        connection.handlers.append(self._watch)

    async def paste(self, request: PasteRequest) -> None:
        """Returns once an application has the text. Raises NotDelivered, DeliveryUnsure."""
        await self._transaction.wait_turn()
        try:
            await self._claim(request)
            if not self._transaction.owns_all():
                raise NotDelivered(_("another program does not let go of the clipboard"))
            request.refuse()
            self._transaction.commit()
            self._press()
            await self._x.wait(lambda: request.acknowledged, request.timeout_s)
            if request.acknowledged:
                return
            if not self._transaction.owns_all():
                raise DeliveryUnsure(_("another program took the clipboard before the window did"))
            raise NotDelivered(
                _(
                    "the window did not take the text; is a text field active there, and no "
                    "key held?"
                )
            )
        finally:
            await self._transaction.end()

    async def close(self) -> None:
        await self._transaction.restore()

    async def _claim(self, request: PasteRequest) -> None:
        """Own both selections, and let the compositor notice."""
        content = text_content(self._x, request.text, secret=True)
        await self._transaction.begin(request, self._fetch, self._both)
        self._noticed.clear()
        for selection in self._transaction.selections:
            await self._selections.own(selection, content)
        await self._x.wait(
            lambda: self._noticed.issuperset(self._transaction.selections), NOTICED_S
        )
        while (rest := self._asked_at + QUIET_S - time.monotonic()) > 0:
            await self._x.wait(lambda: False, rest)

    async def _fetch(self, selection: int) -> Content:
        try:
            return await fetch(self._x, selection)
        except NoAnswer:
            _log.warning("clipboard: the program that owns it does not answer; its content is lost")
            return {}

    def _watch(self, event: Any) -> None:
        if event.type == X.SelectionRequest:
            self._asked_at = time.monotonic()
            self._noticed.add(event.selection)

    def _answered(self, _client: int, target: int) -> None:
        hint = self._x.atom("x-kde-passwordManagerHint")
        if target != hint:
            self._transaction.acknowledge()
