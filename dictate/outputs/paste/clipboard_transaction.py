"""Clipboard and primary selection, borrowed for one text after the other and given back.

What an application may do with a text that it has, or with the next one, is the same on Wayland and
through Xwayland; how a selection is owned and read is not.
"""

import time
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.thread import DesktopConnection

LINGER_S = 0.5
"""How long after it got the text an application may ask again for it."""
BETWEEN_S = 0.2
"""So long after one text an application gets the next: where it has read the first but not done
with it when the clipboard changes, it begins anew, with the second."""

S = TypeVar("S", contravariant=True)
C = TypeVar("C", contravariant=True)
K = TypeVar("K")
V = TypeVar("V")


class Owning(Protocol[S, C]):
    """The selections of a desktop."""

    def own(self, selection: S, content: C, /) -> object:
        """Claim it."""

    def owns(self, selection: S, /) -> bool:
        """Whether it is ours."""

    def disown(self, selection: S, /) -> None:
        """Leave it empty, if it is still ours."""


class ClipboardTransaction(Generic[K, V]):
    """In the thread of the connection. While a text is lent, `delivery` is it."""

    def __init__(
        self, connection: DesktopConnection, selections: Owning[K, V], both: Iterable[K]
    ) -> None:
        self.delivery: PasteRequest | None = None
        self.both = tuple(both)
        self._x = connection
        self._selections = selections
        self._former: dict[K, V] = {}
        self._taken_at = 0.0

    def wait_turn(self) -> None:
        """Until the application is done with the text before the next."""
        while (rest := self._taken_at + BETWEEN_S - time.monotonic()) > 0:
            self._x.wait(lambda: False, rest)

    def lend(self, delivery: PasteRequest, read: Callable[[K], V]) -> None:
        """Keep what they hold, as `read` finds it: this text comes into its place."""
        for selection in self.both:
            if selection not in self._former or not self._selections.owns(selection):
                self._former[selection] = read(selection)
        self.delivery = delivery

    def own_all(self) -> bool:
        """Whether both still are ours."""
        return all(map(self._selections.owns, self.both))

    def taken(self) -> None:
        """The application has the text that is lent, if that was sent already."""
        if self.delivery is not None and self.delivery.sent:
            self.delivery.taken = True
            self._taken_at = time.monotonic()

    def end(self) -> None:
        """Give back what was there: at once where nobody took the text, else a while later."""
        delivery, self.delivery = self.delivery, None
        if delivery is not None and delivery.taken:
            self._x.call_later(LINGER_S, self._tidy)
        else:
            self.give_back()

    def give_back(self) -> None:
        """Claim the former content anew, or nothing if there was none."""
        for selection, content in self._former.items():
            if not self._selections.owns(selection):
                continue
            if content:
                self._selections.own(selection, content)
            else:
                self._selections.disown(selection)
        self._former.clear()

    def _tidy(self) -> None:
        if self.delivery is not None:
            return
        rest = self._taken_at + LINGER_S - time.monotonic()
        if rest > 0:
            self._x.call_later(rest, self._tidy)
        else:
            self.give_back()
