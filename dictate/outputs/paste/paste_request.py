"""One text on its way through a desktop's thread, and what is known of it if that thread fails."""

from collections.abc import Callable
from dataclasses import dataclass

from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.thread import DesktopLost
from dictate.translation import _

MOVED = _("the focus moved from {before} to {now}")
SENT = _("{error}, just as the text was sent")
SELECTED = _("{error}, just as the text was selected")
TAKEN_BACK = _("{error}, just as the text was taken back")
WRITE_LIMIT_S = 8.0
"""Seconds beyond the application's own time, because the owner of the former content of the
clipboard may be slow."""


@dataclass(slots=True, eq=False)
class PasteRequest:
    """A text to write or to undo.

    The thread sets `committed` and `acknowledged`; the event loop reads them if the desktop fails.
    """

    text: str
    focus: Focus
    timeout_s: float
    refuse: Callable[[], None]
    """Raises NotDelivered where nothing may be written now."""
    presses: int | None = None
    """What the user had pressed when the application said that the text stands right before the
    cursor; None if it does not say so."""
    committed: bool = False
    """The point of no return has been passed, or may have been."""
    acknowledged: bool = False
    """The application has the text."""

    def check(self, now: Focus | None) -> None:
        """Raise FocusMoved unless `now` is where the text belongs. Raise NotDelivered if nothing
        may be written now."""
        self.refuse()
        if now is None:
            raise FocusMoved(_("no window has the focus any more"))
        if now != self.focus:
            before = self.focus.application or _("the window")
            new = now.application or _("another window")
            if before == new:
                new = _("another text field")
            raise FocusMoved(MOVED.format(before=before, now=new))

    def outcome_of(self, error: DesktopLost, unsure: str = SENT) -> Receipt:
        """The receipt if the desktop was lost meanwhile; `unsure` says that what was done there
        with the text is not known, because of {error}. Raises NotDelivered, DeliveryUnsure."""
        if self.acknowledged:
            return Receipt.DELIVERED
        if self.committed:
            raise DeliveryUnsure(unsure.format(error=error)) from error
        raise NotDelivered(str(error)) from error
