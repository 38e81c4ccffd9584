"""The clipboard transaction through Xwayland, where a Wayland compositor lets nobody at its own.

Such a compositor (GNOME) passes X's selections on to its windows: it looks at each new one for
what kinds there are, and fetches one when a window pastes. So there is nobody to tell apart, and
the keys come from elsewhere; the rest is as in `wayland/paste.py`.
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

_log = logging.getLogger(__name__)

NOTICED_S = 0.5
"""The compositor looks at a new selection within this time, or not at all."""
QUIET_S = 0.05


class XwaylandPaster:
    """Pastes, in the X thread."""

    def __init__(self, connection: XConnection, press: Callable[[], None]) -> None:
        """`press` sends the chord on its way."""
        self._x = connection
        self._press = press
        self._selections = Selections(connection, answered=self._answered)
        both = (connection.atom("CLIPBOARD"), Xatom.PRIMARY)
        self._borrowed = ClipboardTransaction(connection, self._selections, both)
        self._noticed: set[int] = set()
        self._asked_at = 0.0
        connection.handlers.append(self._watch)

    def paste(self, delivery: PasteRequest) -> None:
        """Returns once an application has the text. Raises NotDelivered, DeliveryUnsure."""
        self._borrowed.wait_turn()
        try:
            self._claim(delivery)
            if not self._borrowed.own_all():
                raise NotDelivered("another program does not let go of the clipboard")
            delivery.refuse()
            delivery.sent = True
            self._press()
            self._x.wait(lambda: delivery.taken, delivery.timeout_s)
            if delivery.taken:
                return
            if not self._borrowed.own_all():
                raise DeliveryUnsure("another program took the clipboard before the window did")
            raise NotDelivered("the window did not take the text; is a text field active there?")
        finally:
            self._borrowed.end()

    def close(self) -> None:
        self._borrowed.give_back()

    def _claim(self, delivery: PasteRequest) -> None:
        """Own both selections, and let the compositor see it."""
        content = text_content(self._x, delivery.text, secret=True)
        self._borrowed.lend(delivery, self._fetch)
        self._noticed.clear()
        for selection in self._borrowed.both:
            self._selections.own(selection, content)
        self._x.wait(lambda: self._noticed.issuperset(self._borrowed.both), NOTICED_S)
        while (rest := self._asked_at + QUIET_S - time.monotonic()) > 0:
            self._x.wait(lambda: False, rest)

    def _fetch(self, selection: int) -> Content:
        try:
            return fetch(self._x, selection)
        except NoAnswer:
            _log.warning("the program that owns the clipboard does not answer; its content is lost")
            return {}

    def _watch(self, event: Any) -> None:
        if event.type == X.SelectionRequest:
            self._asked_at = time.monotonic()
            self._noticed.add(event.selection)

    def _answered(self, _client: int, target: int) -> None:
        hint = self._x.atom("x-kde-passwordManagerHint")
        if target != hint:
            self._borrowed.taken()
