"""The clipboard transaction on Wayland: paste the text into one window, put back what was there.

Own clipboard and primary selection (a terminal pastes the one, a text field the other), press
Shift+Insert, and answer who asks for the text: that request is the receipt.

- **Who asks is not told here**, other than on X11. A clipboard manager asks as soon as the
  clipboard changes, so the chord waits until nobody has asked for `QUIET_S`, and longer where there
  was one the last time; the first one who asks after the chord counts as the application.
- **The focus may move between the last look and the chord** for as long as the compositor takes to
  read one message. Afterwards it is looked at again: if it has moved by then, nobody knows.
- **A text that was not fetched in time is withdrawn for good**, so it can be said not to have been
  delivered. An application that was hung would paste the former content when it wakes, which its
  user finds no worse than a dictation of a minute ago.
"""

import time
from collections.abc import Callable

from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs import Focus
from dictate.outputs.paste.clipboard_transaction import ClipboardTransaction
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.wayland.selection import CLIPBOARD, HINT, PRIMARY, Selections, text_content
from dictate.outputs.wayland.thread import WaylandConnection

QUIET_S = 0.03
MANAGER_S = 0.3
"""A clipboard manager is waited for no longer than this, if there is one."""
PASTED = (
    "it was pasted, and Wayland tells nobody what has happened in that window since: undo it there"
)
"""Why it cannot be taken back."""


class Paster:
    """Pastes, in the thread of the connection. Raises Unavailable."""

    def __init__(
        self,
        connection: WaylandConnection,
        press: Callable[[], None],
        focus: Callable[[], Focus | None],
    ) -> None:
        """`press` sends the chord on its way; `focus` makes a round trip, and says where the focus
        is."""
        self._x = connection
        self._press = press
        self._focus = focus
        self._selections = Selections(connection, asked=self._asked, given=self._given)
        self._borrowed = ClipboardTransaction(connection, self._selections, (CLIPBOARD, PRIMARY))
        self._asked_at = 0.0
        self._asked_after = False
        self._managed = False
        """Whether somebody seems to look at whatever is new in the clipboard."""

    def paste(self, delivery: PasteRequest) -> None:
        """Returns once the application has the text.

        Raises NotDelivered, FocusMoved, DeliveryUnsure.
        """
        self._borrowed.wait_turn()
        name = delivery.focus.application or "the window"
        delivery.check(self._focus())
        self._claim(delivery)
        try:
            self._quiet()
            delivery.check(self._focus())
            if not self._borrowed.own_all():
                raise NotDelivered("another program does not let go of the clipboard")
            self._asked_after = False
            delivery.sent = True
            self._press()
            there = self._focus() == delivery.focus
            self._x.wait(lambda: delivery.taken, delivery.timeout_s)
            if delivery.taken and there:
                return
            if delivery.taken:
                raise DeliveryUnsure(f"the focus left {name} in the very moment of the paste")
            if self._asked_after:
                raise DeliveryUnsure(f"{name} began to take the text, and did not end")
            if not self._borrowed.own_all():
                raise DeliveryUnsure(f"another program took the clipboard before {name} did")
            raise NotDelivered(f"{name} did not take the text; is a text field active there?")
        finally:
            self._borrowed.end()

    def close(self) -> None:
        self._borrowed.give_back()
        self._x.round_trip()

    def _claim(self, delivery: PasteRequest) -> None:
        content = text_content(delivery.text)
        self._borrowed.lend(delivery, self._selections.content)
        for selection in self._borrowed.both:
            self._selections.own(selection, content)
        self._x.round_trip()

    def _quiet(self) -> None:
        """Let a clipboard manager have its look."""
        begun = time.monotonic()
        if self._managed:
            self._x.wait(lambda: self._asked_at > begun, MANAGER_S)
        end = begun + MANAGER_S
        while (rest := min(end, max(begun, self._asked_at) + QUIET_S) - time.monotonic()) > 0:
            self._x.wait(lambda: False, rest)
        self._managed = self._asked_at > begun

    def _asked(self, _selection: str, kind: str) -> None:
        self._asked_at = time.monotonic()
        self._asked_after |= kind != HINT
        # Who looks at what we give back is no application that pastes.
        self._managed |= self._borrowed.delivery is None

    def _given(self, _selection: str, kind: str) -> None:
        if kind != HINT:
            self._borrowed.taken()
