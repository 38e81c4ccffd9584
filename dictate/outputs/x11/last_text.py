"""The text that was pasted last, behind which the cursor may still stand: it can be taken back or
selected then, by keys.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from dictate.errors import NotDelivered
from dictate.outputs import Focus
from dictate.outputs.paste.countable import why_not_exact, why_not_selectable
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.x11.activity import InputActivity
from dictate.outputs.x11.keys import Releases, key_of, modifiers_down, press_keys
from dictate.outputs.x11.thread import XConnection
from dictate.outputs.x11.window import focused, process_of
from dictate.translation import _

QUIET_S: Final = 0.5
"""Seconds after the user's last key in which an application may not say yet what it has done."""
MOST_TEXTS: Final = 10
"""Texts that can be taken back, one after the other."""


class LastText:
    """Lives in the thread of the connection to the X server."""

    def __init__(
        self,
        connection: XConnection,
        activity: InputActivity,
        releases: Releases,
        check_focus: Callable[[Focus], Any],
        check_free: Callable[[PasteRequest], None],
    ) -> None:
        """`check_focus` returns the window that has the focus, if it is the wanted one, and
        `check_free` sees whether keys may be pressed there now; both raise NotDelivered."""
        self._x = connection
        self._activity = activity
        self._releases = releases
        self._check_focus = check_focus
        self._check_free = check_free
        self._texts: deque[str] = deque(maxlen=MOST_TEXTS)
        """Those that stand one behind the other before the cursor; the last one is at it."""
        self._followed = False
        """Whether the next text continues them."""
        self._written_by: int | None = None
        """The process behind the window that took the text. The server gives the number of a closed
        window to the next one."""

    def written(self, text: str, client: int) -> None:
        """This text has just been delivered to this X client."""
        self._activity.begin(undoable=True)
        if not self._followed:
            self._texts.clear()
        self._texts.append(text)
        self._followed = False
        self._written_by = process_of(self._x, client)

    def follows(self, asked_at: Sequence[float]) -> bool:
        """As `Output.follows`, for the last text."""
        self._x.poll()
        found = focused(self._x)
        self._followed = (
            found is not None
            and self._activity.untouched(asked_at)
            and process_of(self._x, self._x.client(found[0].id)) == self._written_by
        )
        return self._followed

    @property
    def presses(self) -> int | None:
        """What the user has pressed so far, if there is a text and that is watched."""
        return (
            self._activity.presses if self._texts and not self._activity.why_not_watched() else None
        )

    async def quiet(self) -> bool:
        """Whether nothing was pressed since the last text. If something was, wait until an
        application has had time for it."""
        if self._activity.unavailable_reason() is None:
            return True
        await self._activity.quiet(QUIET_S)
        return False

    def undo(self, request: PasteRequest) -> None:
        """Take back the text that the last write put there; the one behind it is the last then.
        Raises NotDelivered."""
        codes = [key_of(self._x.display, "BackSpace")] * len(request.text)
        self._press(request, codes, partial(self._why_no_undo, request))
        while self._texts and not self._is_last(request.text):
            self._texts.pop()  # the user has deleted it
        if self._texts:
            self._texts.pop()
        self._activity.begin(undoable=bool(self._texts))

    def select(self, request: PasteRequest) -> None:
        """Select it. Raises NotDelivered."""
        shift = [key_of(self._x.display, "Shift_L")]
        codes = [key_of(self._x.display, "Left")] * len(request.text)
        why_not = partial(self._why_not, request.text, why_not_selectable)
        self._press(request, codes, why_not, shift)
        self._forget()

    def press_enter(self, request: PasteRequest) -> None:
        """Press Enter behind it. Raises NotDelivered."""
        self._press(request, [key_of(self._x.display, "Return")])
        self._forget()

    def _forget(self) -> None:
        self._texts.clear()
        self._followed = False
        self._activity.begin(undoable=False)

    def _why_no_undo(self, request: PasteRequest) -> str | None:
        if request.presses is None:
            return self._why_not(request.text, why_not_exact)
        if reason := self._activity.why_not_watched():
            return reason
        if self._activity.presses != request.presses:
            return _("something was typed or clicked in this moment")
        return why_not_exact(request.text, stands=True)

    def _why_not(self, text: str, why_not: Callable[[str], str | None]) -> str | None:
        """Why this may not be what stands right before the cursor, or not exactly so."""
        if reason := self._activity.unavailable_reason() or why_not(text):
            return reason
        # There is one: otherwise nothing is available.
        return None if self._is_last(text) else _("another text was written since")

    def _is_last(self, text: str) -> bool:
        return text in (self._texts[-1], self._texts[-1].lstrip(" "))

    def _press(
        self,
        request: PasteRequest,
        codes: list[int],
        why_not: Callable[[], str | None] = lambda: None,
        shift: Sequence[int] = (),
    ) -> None:
        """Press these keys in the window of the text, while those of `shift` are down. Raises
        NotDelivered."""
        display, held = self._x.display, list[int]()
        self._releases.begin()
        display.grab_server()
        try:
            # First: if it is so, going back to the window would be of no use.
            if reason := why_not():
                raise NotDelivered(reason)
            window = self._check_focus(request.focus)
            if process_of(self._x, self._x.client(window.id)) != self._written_by:
                raise NotDelivered(_("the window in which it stood was closed"))
            self._check_free(request)
            held = modifiers_down(display)
            request.committed = True
            self._activity.press(codes)
            press_keys(display, codes, held, [*shift])
        finally:
            display.ungrab_server()
            display.sync()
            self._releases.end([*codes, *shift], held)
