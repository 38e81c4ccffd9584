"""One text on its way through a desktop's thread, and what is known of it if that breaks."""

from collections.abc import Callable
from dataclasses import dataclass

from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.thread import DesktopLost

WRITE_LIMIT_S = 8.0
"""Beyond the application's own time: the former clipboard of a slow owner has to be read."""


@dataclass(slots=True, eq=False)
class PasteRequest:
    """A text that is written, or taken back. The thread changes `sent` and `taken`, the loop reads
    them if the desktop dies under it."""

    text: str
    focus: Focus
    timeout_s: float
    refuse: Callable[[], None]
    """Raises NotDelivered where nothing may be written now."""
    sent: bool = False
    """The point of no return is behind us, or may be."""
    taken: bool = False
    """The application has the text."""

    def check(self, now: Focus | None) -> None:
        """Raise FocusMoved unless `now` is where the text belongs, NotDelivered where none may."""
        self.refuse()
        if now is None:
            raise FocusMoved("no window has the focus any more")
        if now != self.focus:
            where = self.focus.application or "the window"
            elsewhere = now.application or "another window"
            if where == elsewhere:
                elsewhere = "another text field"
            raise FocusMoved(f"the focus moved from {where} to {elsewhere}")

    def after(self, error: DesktopLost, what: str = "sent") -> Receipt:
        """What there is to say of it after this error; `what` was being done. Raises NotDelivered,
        DeliveryUnsure."""
        if self.taken:
            return Receipt.DELIVERED
        if self.sent:
            raise DeliveryUnsure(f"{error}, just as the text was {what}") from error
        raise NotDelivered(str(error)) from error
