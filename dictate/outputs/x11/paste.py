"""The clipboard transaction: the text goes into one window, the clipboard is as it was before.

Own CLIPBOARD and PRIMARY (a terminal pastes the one, a text field the other), press Shift+Insert,
and answer the application's request for the text: that request is the receipt. Nobody sleeps for a
guessed time, and three rules make sure that nothing is lost, doubled or pasted in the wrong place:

- **Who asks decides what is given.** The application that the chord went to gets the text. Every
  other one with a window gets what the clipboard held before, as if nothing happened. A program
  without a window may be a clipboard manager, or it may fetch on an application's behalf (Wine
  does), so it gets the text, with the hint not to keep it; that alone is no receipt.
- **The focus cannot move between the last look and the chord:** the server is grabbed for the
  millisecond in which both happen. What the user holds is released and pressed again in the same
  breath. In the same millisecond it is seen whether another program has taken the keyboard, as a
  locked screen has: the chord would go there.
- **A text that was not fetched stays promised.** If the application says in time that it is awake
  (_NET_WM_PING) and yet did not ask, it has ignored the chord for good: NotDelivered. If it is
  hung, the chord still waits in its queue. Giving the old clipboard back now would paste foreign
  text when it wakes, so the text stays there for this application alone, however late it asks,
  until it has answered a ping; one that knows no pings gets `LATE_S`. That is DeliveryUnsure, and
  until it is settled the same application is sent no other text.

After a receipt the application may ask again for `LINGER_S` (some do), then the former content is
claimed anew, so that everybody who watches the clipboard looks at it again.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any

from Xlib import X, Xatom
from Xlib.error import XError

from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.x11.fetch import NoAnswer, fetch
from dictate.outputs.x11.keys import Releases, chord_keys, modifiers_down, press_chord
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.selection import Content, Selections, save_to_manager, text_content
from dictate.outputs.x11.thread import XConnection
from dictate.outputs.x11.undo import InputActivity, backspace_key, press_backspace, why_not_exact
from dictate.outputs.x11.window import answers_pings, focused, has_window, ping
from dictate.platform.x11 import keyboard_taken

_log = logging.getLogger(__name__)

LINGER_S = 0.25
"""How long after its last request an application may ask again for the same text."""
QUIET_S = 0.03
"""An application that has not asked for so long is done with one text and may get the next."""
PING_S = 0.3
RECHECK_S = 2.0
LATE_S = 10.0
TAKEN_S = 1.0
TAKEN_LOOK_S = 0.02
TAKEN = (
    "another program has taken the keyboard, as a locked screen does, a question for a password "
    "or an open menu"
)


@dataclass(slots=True, eq=False)
class _Promise:
    """A text that one application, and no other, gets when it asks."""

    delivery: PasteRequest
    client: int
    window: Any
    content: Content
    asked_at: float = 0.0
    fetched_by_helper: bool = False
    late_until: float = 0.0
    closed: bool = False
    lost: bool = False
    """Somebody else claimed a selection after the chord: the application may have pasted that."""


class Paster:
    """Pastes, in the X thread."""

    def __init__(self, connection: XConnection) -> None:
        self._x = connection
        self._selections = Selections(connection, choose=self._choose, answered=self._answered)
        self._both = (connection.atom("CLIPBOARD"), Xatom.PRIMARY)
        raw = RawEvents(connection)
        self._releases = Releases(connection, raw)
        self._since = InputActivity(connection, raw)
        self._promises: dict[int, _Promise] = {}
        self._current: _Promise | None = None
        connection.handlers.append(self._watch)

    def focus(self) -> Focus | None:
        found = focused(self._x)
        return found[1] if found else None

    def write(self, delivery: PasteRequest) -> Receipt:
        """Returns once the application has the text. Raises NotDelivered, FocusMoved,
        DeliveryUnsure."""
        delivery.refuse()
        window = self._check_focus(delivery.focus)
        client = self._x.client(window.id)
        self._settle(client, delivery.focus)
        self._await_keyboard()
        chord = chord_keys(self._x.display)
        promise = _Promise(
            delivery, client, window, text_content(self._x, delivery.text, secret=True)
        )
        try:
            window.change_attributes(event_mask=X.StructureNotifyMask)
            self._claim(promise)
            self._press(promise, chord)
        except NotDelivered:
            self._forget(promise)
            raise
        except XError as error:
            self._forget(promise)
            raise NotDelivered(f"the window closed: {error}") from error
        self._await_receipt(promise)
        return Receipt.DELIVERED

    def undo(self, back: PasteRequest) -> None:
        """Take back what the last `write` put there. Raises NotDelivered."""
        display = self._x.display
        code = backspace_key(display)
        held: list[int] = []
        pressed = [code] * len(back.text)
        self._releases.begin()
        display.grab_server()
        try:
            self._check_focus(back.focus)
            self._check_free(back)
            if reason := self._since.unavailable_reason() or why_not_exact(back.text):
                raise NotDelivered(reason)
            held = modifiers_down(display)
            back.sent = True
            press_backspace(display, code, len(back.text), held)
        finally:
            display.ungrab_server()
            display.sync()
            self._releases.end(pressed, held)
        self._since.end()

    def close(self) -> None:
        """Leave the clipboard's content to a clipboard manager, if there is one."""
        self._promises.clear()
        self._give_back()
        save_to_manager(self._x, self._selections)

    # Before the point of no return: NotDelivered, and everything is as it was.

    def _check_focus(self, wanted: Focus) -> Any:
        found = focused(self._x)
        if found is None:
            raise FocusMoved("no window has the focus any more")
        window, now = found
        if now != wanted:
            where = f"{wanted.application or 'the window'} to {now.application or 'another window'}"
            raise FocusMoved(f"the focus moved from {where}")
        return window

    def _await_keyboard(self) -> None:
        """Whoever holds a key of the window manager's lets go of it soon."""
        end = time.monotonic() + TAKEN_S
        while keyboard_taken(self._x.window) and time.monotonic() < end:
            self._x.wait(lambda: False, TAKEN_LOOK_S)

    def _check_free(self, delivery: PasteRequest) -> None:
        """Raises NotDelivered."""
        delivery.refuse()
        if keyboard_taken(self._x.window):
            raise NotDelivered(TAKEN)

    def _settle(self, client: int, focus: Focus) -> None:
        """Wait until the application is done with the text before this one."""
        earlier = self._promises.get(client)
        if earlier is None:
            return
        if not earlier.delivery.taken:
            if not self._awake(earlier):
                raise NotDelivered(
                    f"{focus.application or 'the application'} does not answer, and has not taken "
                    "the text before this one yet"
                )
            self._forget(earlier)
        while (rest := earlier.asked_at + QUIET_S - time.monotonic()) > 0:
            self._x.wait(lambda: False, rest)

    def _claim(self, promise: _Promise) -> None:
        """Own both selections; everybody else still gets what they held before."""
        former = {selection: self._former(selection, promise) for selection in self._both}
        self._current = promise
        self._promises[promise.client] = promise
        for selection, content in former.items():
            if not self._selections.own(selection, content):
                raise NotDelivered("another program does not let go of the clipboard")

    def _former(self, selection: int, promise: _Promise) -> Content:
        if self._selections.owns(selection) and selection in self._selections.contents:
            return self._selections.contents[selection]
        try:
            return fetch(self._x, selection)
        except NoAnswer:
            owner = self._x.display.get_selection_owner(selection)
            if owner != X.NONE and self._x.client(owner.id) == promise.client:
                raise NotDelivered(
                    f"{promise.delivery.focus.application or 'the application'} does not answer"
                ) from None
            _log.warning("the program that owns the clipboard does not answer; its content is lost")
            return {}

    def _press(self, promise: _Promise, chord: tuple[int, int]) -> None:
        display = self._x.display
        held: list[int] = []
        self._releases.begin()
        display.grab_server()
        try:
            self._check_focus(promise.delivery.focus)
            self._check_free(promise.delivery)
            if not all(self._selections.owns(selection) for selection in self._both):
                raise NotDelivered("another program does not let go of the clipboard")
            held = modifiers_down(display)
            promise.delivery.sent = True
            press_chord(display, chord, held)
        finally:
            display.ungrab_server()
            display.sync()
            self._releases.end(chord, held)

    # After it.

    def _await_receipt(self, promise: _Promise) -> None:
        delivery = promise.delivery
        name = delivery.focus.application or "the window"
        self._x.wait(lambda: delivery.taken or promise.closed, delivery.timeout_s)
        awake = not delivery.taken and not promise.closed and self._awake(promise)
        self._current = None
        if delivery.taken:
            self._x.call_later(LINGER_S, self._tidy)
            self._since.begin()
            return
        if promise.lost or promise.fetched_by_helper:
            self._forget(promise)
            raise DeliveryUnsure(f"another program took the clipboard before {name} did")
        if promise.closed:
            self._forget(promise)
            raise NotDelivered(f"{name} closed before it took the text")
        if awake:
            self._forget(promise)
            raise NotDelivered(f"{name} did not take the text; is a text field active there?")
        promise.late_until = time.monotonic() + LATE_S
        self._x.call_later(RECHECK_S, lambda: self._recheck(promise))
        raise DeliveryUnsure(f"{name} does not answer; the text appears there if it wakes up")

    def _awake(self, promise: _Promise) -> bool:
        """Whether the application has looked at the chord, whatever it did about it."""
        if promise.closed:
            return True
        if not answers_pings(self._x, promise.window):
            return False
        if not ping(self._x, promise.window, PING_S):
            return False
        # It may be between asking which targets there are and asking for one.
        self._x.wait(lambda: promise.delivery.taken, LINGER_S)
        return not promise.delivery.taken

    # What the others see.

    def _choose(self, _selection: int, client: int) -> Content | None:
        promise = self._promises.get(client)
        if promise is None and self._current is not None and not has_window(self._x, client):
            promise = self._current
        return promise.content if promise else None

    def _answered(self, client: int, target: int) -> None:
        promise = self._promises.get(client)
        if promise is None:
            if self._current is not None and not has_window(self._x, client):
                hint = self._x.atom("x-kde-passwordManagerHint")
                self._current.fetched_by_helper |= target != hint
            return
        promise.asked_at = time.monotonic()
        if promise.delivery.sent and not promise.delivery.taken:
            promise.delivery.taken = True
            self._x.call_later(LINGER_S, self._tidy)

    def _watch(self, event: Any) -> None:
        if event.type == X.DestroyNotify:
            for promise in list(self._promises.values()):
                if promise.window.id == event.window.id:
                    promise.closed = True
                    if promise is not self._current:
                        self._forget(promise)
        elif event.type == X.SelectionClear:
            for promise in self._promises.values():
                promise.lost |= promise.delivery.sent and not promise.delivery.taken
        elif event.type == X.MappingNotify:
            self._x.display.refresh_keyboard_mapping(event)

    # Giving back.

    def _forget(self, promise: _Promise) -> None:
        if self._current is promise:
            self._current = None
        if self._promises.get(promise.client) is promise:
            del self._promises[promise.client]
        try:
            promise.window.change_attributes(event_mask=X.NoEventMask)
        except XError:
            _log.debug("the window is gone")
        self._give_back()

    def _recheck(self, promise: _Promise) -> None:
        """Whether a text that was not fetched can still be asked for."""
        if promise.delivery.taken or self._promises.get(promise.client) is not promise:
            return
        knows_pings = answers_pings(self._x, promise.window)
        if self._awake(promise) or (not knows_pings and time.monotonic() >= promise.late_until):
            self._forget(promise)
        else:
            self._x.call_later(RECHECK_S, lambda: self._recheck(promise))

    def _tidy(self) -> None:
        """Forget the texts that have been taken and that nobody asks for any more."""
        now = time.monotonic()
        for promise in list(self._promises.values()):
            if promise.delivery.taken and promise is not self._current:
                if now - promise.asked_at >= LINGER_S:
                    self._forget(promise)
                else:
                    self._x.call_later(LINGER_S, self._tidy)

    def _give_back(self) -> None:
        """Claim the former content anew, or nothing if there was none; later if a text is still
        promised to somebody."""
        if self._promises:
            return
        for selection in self._both:
            content = self._selections.contents.get(selection)
            if content:
                self._selections.own(selection, content)
            elif content is not None:
                self._selections.disown(selection)
