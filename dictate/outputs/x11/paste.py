"""The clipboard transaction: the text goes into one window, then the clipboard is as before.

Own CLIPBOARD and PRIMARY (a text field pastes the one, a terminal the other), press Shift+Insert,
and answer the application's request for the text: this request is the receipt. PRIMARY stays with
an application of GTK that owns it, which would drop its selection instead of replacing it
(`paste/application.py`). No step sleeps for an estimated time. Three rules keep texts from being
lost, doubled or pasted in the wrong place:

- **The client that asks decides what it gets.** The application that got the chord gets the text.
  Every other client with a window gets the former content, as if nothing had happened. A client
  without a window may be a clipboard manager, or it may fetch for an application, as Wine does. It
  gets the text, with the hint not to keep it. Such a request alone is no receipt.
- **The focus cannot move between the last check and the chord:** the server is grabbed for the
  millisecond in which both happen. Modifiers that the user holds are released and pressed again
  within it. It also shows whether another program, such as a screen lock, has grabbed the keyboard
  and would get the chord.
- **A text that was not requested stays pending.** If the application answers in time that it is
  awake (_NET_WM_PING) but has not asked for the text, it has ignored the chord for good:
  NotDelivered. If it is hung, the chord still waits in its queue. If the former content came back
  now, the application would paste it when it wakes up. So the text stays there for this application
  alone, however late it asks, until it has answered a ping; one that does not support pings gets
  `LATE_S`. That is DeliveryUnsure, and until then the application gets no other text.

After the receipt the application may still be busy with the text. Chromium asks for the list of
targets several times more, in some fields for the text once more, and inserts nothing if a claim
comes meanwhile, even one of the same owner. So every claim waits until the application is done with
the text before: it was silent for as long as its pace so far demands (`paste/pace.py`), answered a
ping, and was silent again. The next text waits no longer than that. The former content is claimed
anew later, because nobody waits for it: every program that watches the clipboard then reads it
again.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

from Xlib import X, Xatom
from Xlib.error import XError

from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.paste.application import pastes_clipboard
from dictate.outputs.paste.paste_request import MOVED, PasteRequest
from dictate.outputs.x11.activity import InputActivity
from dictate.outputs.x11.fetch import NoAnswer, fetch
from dictate.outputs.x11.keys import Releases, chord_keys, modifiers_down, press_chord
from dictate.outputs.x11.last_text import LastText
from dictate.outputs.x11.pending_paste import PendingPaste, done_with, rest_s
from dictate.outputs.x11.raw import RawEvents
from dictate.outputs.x11.selection import Content, Selections, save_to_manager, text_content
from dictate.outputs.x11.thread import XConnection
from dictate.outputs.x11.window import (
    PING_S,
    answers_pings,
    focused,
    has_window,
    ping,
    process_of,
)
from dictate.platform.x11 import keyboard_taken
from dictate.translation import _

_log = logging.getLogger(__name__)

LINGER_S = 0.25
"""Minimum number of seconds of silence, before and after an answered ping, before the former
content is claimed anew."""
QUIET_S = 0.03
"""The same before the next text."""
DONE_S = 4.0
"""Maximum number of seconds that the next text waits for the application to be done."""
OTHERS_S = 2.0
"""The same where the text is for another application."""
CLOSE_S = 0.3
"""The same where the daemon ends, which is soon."""
RECHECK_S = 2.0
"""Seconds between two checks whether a hung application is awake again."""
LATE_S = 10.0
"""Seconds for which a text stays pending for an application that does not support pings, or that
has taken it and does not answer any more."""
GRABBED_S = 1.0
"""Seconds to wait for a grab of the keyboard to end."""
GRABBED_POLL_S = 0.02
GRABBED = _(
    "another program has taken the keyboard, as a locked screen does, a question for a password "
    "or an open menu"
)


class Paster:
    """Pastes, in the thread of the connection to the X server."""

    def __init__(self, connection: XConnection) -> None:
        self._x = connection
        self._selections = Selections(connection, choose=self._choose, answered=self._answered)
        self._clipboard = connection.atom("CLIPBOARD")
        self._names = (self._clipboard, Xatom.PRIMARY)
        raw = RawEvents(connection)
        self._releases = Releases(connection, raw)
        self._last = LastText(
            connection,
            InputActivity(connection, raw),
            self._releases,
            self._check_focus,
            self._check_free,
        )
        self._pending: dict[int, PendingPaste] = {}
        self._current: PendingPaste | None = None
        connection.handlers.append(self._watch)

    async def focus(self) -> Focus | None:
        found = focused(self._x)
        return found[1] if found else None

    async def write(self, request: PasteRequest) -> Receipt:
        """Returns once the application has the text. Raises NotDelivered, FocusMoved,
        DeliveryUnsure."""
        request.refuse()
        window = self._check_focus(request.focus)
        client = self._x.client(window.id)
        await self._await_earlier(client, request.focus)
        await self._await_keyboard()
        chord = chord_keys(self._x.display)
        pending = PendingPaste(
            request, client, window, text_content(self._x, request.text, secret=True)
        )
        try:
            window.change_attributes(event_mask=X.StructureNotifyMask)
            await self._claim(pending)
            self._press(pending, chord)
        except NotDelivered:
            await self._forget(pending)
            raise
        except XError as error:
            await self._forget(pending)
            raise NotDelivered(_("the window closed: {error}").format(error=error)) from error
        await self._await_receipt(pending)
        return Receipt.DELIVERED

    async def handled(self, focus: Focus) -> int | None:
        """How many keys and buttons the user has pressed so far, all of which this window's
        application has handled; None if that is not known. Raises FocusMoved."""
        window = self._check_focus(focus)
        quiet = await self._last.quiet()
        presses = self._last.presses
        if quiet or presses is None:
            return presses
        handled = answers_pings(self._x, window) and await ping(self._x, window, PING_S)
        return presses if handled else None

    async def undo(self, request: PasteRequest) -> None:
        """Take back the text that the last `write` put there. Raises NotDelivered."""
        self._last.undo(request)

    async def select(self, request: PasteRequest) -> None:
        """Select it. Raises NotDelivered."""
        self._last.select(request)

    async def press_enter(self, request: PasteRequest) -> None:
        """Press Enter behind it. Raises NotDelivered."""
        self._last.press_enter(request)

    async def follows(self, _text: str, asked_at: Sequence[float]) -> bool:
        """As `Output.follows`."""
        return self._last.follows(asked_at)

    async def close(self) -> None:
        """Pass the clipboard's content to a clipboard manager, if there is one."""
        await self._others_done(None, CLOSE_S)
        self._pending.clear()
        await self._restore()
        await save_to_manager(self._x, self._selections)

    # Before the point of no return: an error is NotDelivered, and everything is as before.

    def _check_focus(self, wanted: Focus) -> Any:
        found = focused(self._x)
        if found is None:
            raise FocusMoved(_("no window has the focus any more"))
        window, now = found
        if now != wanted:
            before, new = wanted.application or _("the window"), now.application
            raise FocusMoved(MOVED.format(before=before, now=new or _("another window")))
        return window

    async def _await_keyboard(self) -> None:
        """Wait for a short grab to end, as when the user holds a key of the window manager."""
        end = time.monotonic() + GRABBED_S
        while keyboard_taken(self._x.window) and time.monotonic() < end:
            await self._x.wait(lambda: False, GRABBED_POLL_S)

    def _check_free(self, request: PasteRequest) -> None:
        """Raises NotDelivered."""
        request.refuse()
        if keyboard_taken(self._x.window):
            raise NotDelivered(GRABBED)

    async def _await_earlier(self, client: int, focus: Focus) -> None:
        """Wait until the applications are done with the texts before this one. Raises
        NotDelivered."""
        earlier = self._pending.get(client)
        if earlier is not None:
            if earlier.request.acknowledged:
                done = await done_with(self._x, earlier, QUIET_S, DONE_S)
            elif done := await self._awake(earlier):
                await self._forget(earlier)
            if not done:
                raise NotDelivered(
                    _(
                        "{name} does not answer, and may not be done with the text before "
                        "this one yet"
                    ).format(name=focus.application or _("the application"))
                )
        await self._others_done(earlier, OTHERS_S)

    async def _others_done(self, but: PendingPaste | None, limit_s: float) -> None:
        """Give the other applications that have taken a text this time for it."""
        for pending in list(self._pending.values()):
            if pending is not but and pending.request.acknowledged:
                await done_with(self._x, pending, QUIET_S, limit_s)

    async def _claim(self, pending: PendingPaste) -> None:
        """Own the selections; other clients still get the former content."""
        pending.selections = self._selections_for(pending)
        former = {each: await self._content(each, pending) for each in pending.selections}
        self._current = pending
        self._pending[pending.client] = pending
        for selection, content in former.items():
            if not await self._selections.own(selection, content):
                raise NotDelivered(_("another program does not let go of the clipboard"))

    def _selections_for(self, pending: PendingPaste) -> tuple[int, ...]:
        """Those to own for this text: not PRIMARY, if that would cost the user's selection."""
        owner = self._x.display.get_selection_owner(Xatom.PRIMARY)
        if owner != X.NONE and self._x.client(owner.id) == pending.client:
            pid = process_of(self._x, pending.client)
            if pastes_clipboard(pid, pending.request.focus.application):
                return (self._clipboard,)
        return self._names

    async def _content(self, selection: int, pending: PendingPaste) -> Content:
        if self._selections.owns(selection) and selection in self._selections.contents:
            return self._selections.contents[selection]
        try:
            return await fetch(self._x, selection)
        except NoAnswer:
            owner = self._x.display.get_selection_owner(selection)
            if owner != X.NONE and self._x.client(owner.id) == pending.client:
                raise NotDelivered(
                    _("{name} does not answer").format(
                        name=pending.request.focus.application or _("the application")
                    )
                ) from None
            _log.warning("clipboard: the program that owns it does not answer; its content is lost")
            return {}

    def _press(self, pending: PendingPaste, chord: tuple[int, int]) -> None:
        display = self._x.display
        held: list[int] = []
        self._releases.begin()
        display.grab_server()
        try:
            self._check_focus(pending.request.focus)
            self._check_free(pending.request)
            if not all(map(self._selections.owns, pending.selections)):
                raise NotDelivered(_("another program does not let go of the clipboard"))
            held = modifiers_down(display)
            pending.request.committed = True
            pending.pace.begin()
            press_chord(display, chord, held)
        finally:
            display.ungrab_server()
            display.sync()
            self._releases.end(chord, held)

    # After it.

    async def _await_receipt(self, pending: PendingPaste) -> None:
        request = pending.request
        name = request.focus.application or _("the window")
        await self._x.wait(lambda: request.acknowledged or pending.closed, request.timeout_s)
        awake = not request.acknowledged and not pending.closed and await self._awake(pending)
        self._current = None
        if request.acknowledged:
            self._last.written(request.text, pending.client)
            return
        if pending.lost or pending.fetched_by_helper:
            await self._forget(pending)
            raise DeliveryUnsure(
                _("another program took the clipboard before {name} did").format(name=name)
            )
        if pending.closed:
            await self._forget(pending)
            raise NotDelivered(_("{name} closed before it took the text").format(name=name))
        if awake:
            await self._forget(pending)
            raise NotDelivered(
                _(
                    "{name} did not take the text; is a text field active there, and no key held?"
                ).format(name=name)
            )
        pending.late_until = time.monotonic() + LATE_S
        self._x.call_later(RECHECK_S, lambda: self._x.start(self._recheck(pending)))
        raise DeliveryUnsure(
            _("{name} does not answer; the text appears there if it wakes up").format(name=name)
        )

    async def _awake(self, pending: PendingPaste) -> bool:
        """Whether the application has handled the chord and did not ask for the text."""
        if pending.closed:
            return True
        if not answers_pings(self._x, pending.window):
            return False
        if not await ping(self._x, pending.window, PING_S):
            return False
        # It may have asked for the list of targets, and be about to ask for one.
        await self._x.wait(lambda: pending.request.acknowledged, LINGER_S)
        return not pending.request.acknowledged

    # What other clients get.

    def _choose(self, _selection: int, client: int) -> Content | None:
        pending = self._pending.get(client)
        if pending is None and self._current is not None and not has_window(self._x, client):
            return self._current.content
        if pending is None:
            return None
        pending.pace.step()
        return pending.content

    def _answered(self, client: int, target: int) -> None:
        pending = self._pending.get(client)
        if pending is None:
            if self._current is not None and not has_window(self._x, client):
                hint = self._x.atom("x-kde-passwordManagerHint")
                self._current.fetched_by_helper |= target != hint
            return
        pending.pace.step()
        if pending.request.committed and not pending.request.acknowledged:
            pending.request.acknowledged = True
            pending.late_until = time.monotonic() + LATE_S
            self._forget_when_done(pending, LINGER_S)

    def _watch(self, event: Any) -> None:
        if event.type == X.DestroyNotify:
            for pending in list(self._pending.values()):
                if pending.window.id == event.window.id:
                    pending.closed = True
                    if pending is not self._current:
                        self._forget_later(pending)
        elif event.type == X.SelectionClear:
            for pending in self._pending.values():
                pending.lost |= pending.request.committed and not pending.request.acknowledged
        elif event.type == X.MappingNotify:
            self._x.display.refresh_keyboard_mapping(event)

    # Restoring the clipboard.

    async def _forget(self, pending: PendingPaste) -> None:
        self._drop(pending)
        await self._restore()

    def _forget_later(self, pending: PendingPaste) -> None:
        """For callers that cannot wait."""
        self._drop(pending)
        self._x.start(self._restore())

    def _drop(self, pending: PendingPaste) -> None:
        if self._current is pending:
            self._current = None
        if self._pending.get(pending.client) is pending:
            del self._pending[pending.client]
        try:
            pending.window.change_attributes(event_mask=X.NoEventMask)
        except XError:
            _log.debug("the window is gone")

    async def _recheck(self, pending: PendingPaste) -> None:
        """Drop a pending text once the application cannot ask for it any more."""
        if pending.request.acknowledged or self._pending.get(pending.client) is not pending:
            return
        knows_pings = answers_pings(self._x, pending.window)
        if await self._awake(pending) or (
            not knows_pings and time.monotonic() >= pending.late_until
        ):
            await self._forget(pending)
        else:
            self._x.call_later(RECHECK_S, lambda: self._x.start(self._recheck(pending)))

    def _forget_when_done(self, pending: PendingPaste, look_in_s: float) -> None:
        """Forget a text that was taken, once its application is certainly done with it."""

        async def look() -> None:
            if self._pending.get(pending.client) is not pending:
                return
            rest = await rest_s(self._x, pending, LINGER_S)
            if rest and time.monotonic() < pending.late_until:
                self._forget_when_done(pending, rest)
            else:
                await self._forget(pending)

        self._x.call_later(look_in_s, lambda: self._x.start(look()))

    async def _restore(self) -> None:
        """Claim the former content anew, or leave the selections empty if there was none. While a
        text is pending, do nothing: this is called again at its end."""
        if self._pending:
            return
        for selection in self._names:
            content = self._selections.contents.get(selection)
            if content:
                await self._selections.own(selection, content)
            elif content is not None:
                self._selections.disown(selection)
