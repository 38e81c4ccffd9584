"""The clipboard transaction on Wayland: paste the text into one window, restore the clipboard.

Own clipboard and primary selection (a text field pastes the one, a terminal the other), press
Shift+Insert, and answer the request for the text: this request is the receipt. An application of
GTK keeps the primary selection (`paste/application.py`), if the desktop reports its process.

- **The client that asks is unknown**, unlike on X11. A clipboard manager asks as soon as the
  clipboard changes. So the chord waits until there was no request for `QUIET_S`, or longer if there
  was a manager the last time. The first request after the chord counts as the application's.
- **A window that is known to answer by itself gets the chord at once.** The last time nobody asked
  before the chord, and then the process of the window did: it held the other end of the pipe. So
  there is no manager to wait for, the window does not read a new clipboard by itself (as a remote
  desktop does), and only a request of that process counts. If another one asks there is a manager
  now, and the next text waits for it.
- **The focus may move between the last check and the chord**, in the time that the compositor needs
  to read one message. It is checked again afterwards: if it has moved, the delivery is unsure.
- **An application that has read the text may be stopped, or busy, before it inserts it.** If the
  clipboard changes then, GTK starts over with the new content, and the text is lost although it
  counts as delivered. So the clipboard changes only after the process has come to rest, if the
  desktop reports it (`paste/pace.py`).
- **A text that was not requested in time is withdrawn for good**, so it certainly is not delivered.
  An application that was hung pastes the former content when it wakes up. For the user this is no
  worse than a dictation from a minute ago.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable

from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs import Focus
from dictate.outputs.paste.application import pastes_clipboard
from dictate.outputs.paste.clipboard_transaction import ClipboardTransaction
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.wayland.pipes import is_read_by
from dictate.outputs.wayland.selection import (
    CLIPBOARD,
    HINT,
    PRIMARY,
    Content,
    Selections,
    text_content,
)
from dictate.outputs.wayland.sway import focused_process
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.translation import _

QUIET_S = 0.03
MANAGER_S = 0.3
"""Maximum number of seconds to wait for a clipboard manager."""
REMEMBERED = 16
"""Number of windows that are known to answer by themselves."""
PASTED = _(
    "it was pasted, and Wayland does not say what has happened in that window since: undo it there"
)
"""Why a pasted text cannot be taken back."""


class Paster:
    """Pastes, in the thread of the connection. Raises Unavailable."""

    def __init__(
        self,
        connection: WaylandConnection,
        press: Callable[[], None],
        focus: Callable[[], Awaitable[Focus | None]],
        process: Callable[[], Awaitable[int | None]] = focused_process,
    ) -> None:
        """`press` starts the chord. `focus` makes a round trip and returns what has the focus,
        `process` the process that it belongs to, if that is known."""
        self._connection = connection
        self._press = press
        self._focus = focus
        self._process = process
        self._selections = Selections(connection, asked=self._asked, given=self._given)
        self._transaction = ClipboardTransaction[str, Content](connection, self._selections)
        self._asked_at = 0.0
        self._asked_after = False
        self._managed = False
        """Whether there seems to be a clipboard manager."""
        self._pid: int | None = None
        """The process of the window that gets the text."""
        self._answering: deque[tuple[Focus, int]] = deque(maxlen=REMEMBERED)
        """The windows that are known to answer by themselves, and their processes."""
        self._at_once = False
        """Whether this text goes to one of them."""
        self._by_others = False
        """Whether another process has requested this text."""

    async def paste(self, request: PasteRequest) -> None:
        """Returns once the application has the text.

        Raises NotDelivered, FocusMoved, DeliveryUnsure.
        """
        done = await self._transaction.wait_turn()
        name = request.focus.application or _("the window")
        request.check(await self._focus())
        former, self._pid = self._pid, await self._process()
        if not done and self._pid == former:
            raise NotDelivered(
                _("{name} does not answer: it has not yet shown the text before").format(name=name)
            )
        await self._claim(request)
        try:
            if not self._at_once:
                await self._quiet()
            request.check(await self._focus())
            if not self._transaction.owns_all():
                raise NotDelivered(_("another program does not let go of the clipboard"))
            self._transaction.commit(self._pid)
            self._press()
            there = await self._focus() == request.focus
            await self._connection.wait(lambda: request.acknowledged, request.timeout_s)
            if request.acknowledged and there:
                self._learn(request.focus)
                return
            self._answering.clear()
            if request.acknowledged or (self._at_once and self._by_others and not there):
                raise DeliveryUnsure(
                    _("the focus left {name} in the very moment of the paste").format(name=name)
                )
            if self._asked_after:
                raise DeliveryUnsure(
                    _("{name} began to take the text, and did not end").format(name=name)
                )
            if not self._transaction.owns_all():
                raise DeliveryUnsure(
                    _("another program took the clipboard before {name} did").format(name=name)
                )
            raise NotDelivered(
                _(
                    "{name} did not take the text; is a text field active there, and no key held?"
                ).format(name=name)
            )
        finally:
            await self._transaction.end()

    @property
    def primary_at(self) -> float:
        """When something was last selected, or nothing any more, monotonic seconds."""
        return self._selections.changed_at.get(PRIMARY, 0.0)

    async def primary(self) -> str | None:
        """The text of the primary selection, if another program owns it; None if that does not
        answer."""
        return await self._selections.text(PRIMARY)

    async def close(self) -> None:
        await self._transaction.restore()
        await self._connection.round_trip()

    async def _claim(self, request: PasteRequest) -> None:
        content = text_content(request.text)
        self._at_once = not self._managed and (request.focus, self._pid) in self._answering
        self._asked_after = self._by_others = False
        keeps = pastes_clipboard(self._pid, request.focus.application)
        selections = (CLIPBOARD,) if keeps else (CLIPBOARD, PRIMARY)
        await self._transaction.begin(request, self._selections.content, selections)
        self._asked_at = 0.0
        for selection in self._transaction.selections:
            await self._selections.own(selection, content)
        await self._connection.round_trip()

    async def _quiet(self) -> None:
        """Wait until a clipboard manager has read the new content."""
        begun = time.monotonic()
        if self._managed:
            await self._connection.wait(lambda: self._asked_at > 0, MANAGER_S)
        end = begun + MANAGER_S
        while (rest := min(end, max(begun, self._asked_at) + QUIET_S) - time.monotonic()) > 0:
            await self._connection.wait(lambda: False, rest)
        self._managed = self._asked_at > 0

    def _learn(self, focus: Focus) -> None:
        """The text of the transaction has been delivered there."""
        if self._managed or self._by_others:
            self._answering.clear()
        elif self._pid is not None and focus.window and not self._at_once:
            self._answering.append((focus, self._pid))

    def _asked(self, kind: str, pipe: int) -> bool:
        self._asked_at = time.monotonic()
        request = self._transaction.request
        # A program that reads the restored content is no application that pastes.
        self._managed |= request is None
        if self._pid is None or not is_read_by(pipe, self._pid):
            self._by_others = True
            if self._at_once:
                self._managed = True
                return False
        receipt = kind != HINT and request is not None and request.committed
        self._asked_after |= receipt
        return receipt

    def _given(self) -> None:
        self._transaction.acknowledge()
