"""Clipboard and primary selection: a text is put there for a paste, then the former content.

This is the same on Wayland and through Xwayland. How a selection is owned and read is not.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from dictate.outputs.paste.pace import MOST_S, Pace
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.thread import DesktopConnection

LINGER_S = 0.5
"""Minimum number of seconds after its receipt in which an application may request the text
again."""
BETWEEN_S = 0.2
"""Minimum number of seconds between two texts. If the clipboard changes while an application still
works on the first text, it starts over, with the second one, or inserts nothing."""

S = TypeVar("S", contravariant=True)
C = TypeVar("C", contravariant=True)
K = TypeVar("K")
V = TypeVar("V")


class SelectionOwner(Protocol[S, C]):
    """Owns the selections of a desktop."""

    async def own(self, selection: S, content: C, /) -> object:
        """Claim the selection, with this content."""

    def owns(self, selection: S, /) -> bool:
        """Whether the selection is ours."""

    def disown(self, selection: S, /) -> None:
        """Leave the selection empty if it is still ours."""


class ClipboardTransaction(Generic[K, V]):
    """Lives in the thread of the connection. `request` is the text that is there now, if any, and
    `selections` are those that are claimed for it."""

    def __init__(self, connection: DesktopConnection, owner: SelectionOwner[K, V]) -> None:
        self.request: PasteRequest | None = None
        self.selections: tuple[K, ...] = ()
        self._connection = connection
        self._owner = owner
        self._saved: dict[K, V] = {}
        self._pace = Pace()

    async def wait_turn(self) -> bool:
        """Wait until the application is done with the text before; False if that takes too long."""
        end = time.monotonic() + MOST_S
        while rest := self._pace.rest_s(BETWEEN_S):
            if time.monotonic() > end:
                return False
            await self._connection.wait(lambda: False, rest)
        return True

    async def begin(
        self,
        request: PasteRequest,
        read: Callable[[K], Awaitable[V]],
        selections: tuple[K, ...],
    ) -> None:
        """Save what these selections hold, as `read` finds it, because this text replaces it."""
        self.selections = selections
        for selection in selections:
            if selection not in self._saved or not self._owner.owns(selection):
                self._saved[selection] = await read(selection)
        self.request = request

    def owns_all(self) -> bool:
        """Whether all that were claimed are still ours."""
        return all(map(self._owner.owns, self.selections))

    def commit(self, process: int | None = None) -> None:
        """The keys are pressed now, or may be. `process` is the application's, if that is known."""
        if self.request is not None:
            self.request.committed = True
            self._pace.begin(process)

    def acknowledge(self) -> None:
        """The application has read the text: its receipt, if the keys have been pressed."""
        if self.request is not None and self.request.committed:
            self.request.acknowledged = True
            self._pace.step()

    async def end(self) -> None:
        """Restore the former content: a moment later if the text was read, otherwise at once."""
        request, self.request = self.request, None
        if request is not None and request.acknowledged:
            self._restore_in(self._pace.rest_s(LINGER_S))
        else:
            await self.restore()

    async def restore(self) -> None:
        """Claim the selections with the former content; leave them empty if there was none."""
        for selection, content in self._saved.items():
            if not self._owner.owns(selection):
                continue
            if content:
                await self._owner.own(selection, content)
            else:
                self._owner.disown(selection)
        self._saved.clear()

    def _restore_in(self, seconds: float) -> None:
        connection = self._connection
        connection.call_later(seconds, lambda: connection.start(self._restore_when_quiet()))

    async def _restore_when_quiet(self) -> None:
        if self.request is not None:
            return
        if rest := self._pace.rest_s(LINGER_S):
            self._restore_in(rest)
        else:
            await self.restore()
