"""Commits the text into the focused text field of a Wayland desktop of the wlroots kind.

No key is pressed and no clipboard touched: the application gets the text as from any input method,
on any layout, whatever keys are held. What is better pasted is pasted, as `virtual_keyboard` does
it:

- into a window that has never shown a text field to an input method;
- into a terminal, which tells the program in it what is pasted, so that a shell does not run a line
  end, and an editor does not take words for commands;
- a text that would go in pieces, into a field that never tells what stands in it.
"""

import contextlib
import time
from collections.abc import Iterator

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered, Unavailable
from dictate.outputs import Focus, Receipt
from dictate.outputs.delete_surrounding import DeleteSurrounding
from dictate.outputs.guard import SECRET
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.paste.window_output import FOCUS_LIMIT_S, WindowOutput
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland.field import TAKEN, Field, InputMethod
from dictate.outputs.wayland.focus import Toplevels
from dictate.outputs.wayland.keys import KeyChord
from dictate.outputs.wayland.paste import PASTED, Paster
from dictate.outputs.wayland.protocols import INPUT_METHOD_MANAGER, TOPLEVEL_MANAGER
from dictate.outputs.wayland.thread import WaylandConnection, WaylandThread, lacks, why_no_wayland

CHUNK_BYTES = 3900
"""A message has 4096 at most."""
PREVIEW_BYTES = 1000
"""Of a longer preview the end is shown."""
QUIET_S = 0.03
OTHER_NEWS_S = 0.2
SETTLE_S = 0.5
"""An application that has news without end is waited for no longer than this."""


class _FieldDesk:
    """Raises Unavailable."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._x = connection
        self._windows = Toplevels(connection)
        self._method = InputMethod(connection)
        self._paster: Paster | None = None
        with contextlib.suppress(Unavailable):
            self._paster = Paster(connection, KeyChord(connection).press, self.focus)
        self._speaking: set[int] = set()
        """The windows that have shown a text field."""
        self._previewed: Field | None = None

    def focus(self) -> Focus | None:
        self._x.round_trip()
        window, field = self._windows.focused, self._method.field
        if window is None and field is None:
            return None
        if window is not None and field is not None:
            self._speaking.add(window.number)
        place = (window.number if window else 0, field.number if field else 0)
        return Focus("/".join(map(str, place)), window.application if window else "")

    def write(self, delivery: PasteRequest) -> Receipt:
        if not self._method.alive:
            raise NotDelivered(TAKEN)
        delivery.check(self.focus())
        field, window = self._method.field, self._windows.focused
        name = delivery.focus.application or "the window"
        if field is None and window is not None and window.number in self._speaking:
            raise NotDelivered(f"no text field is active in {name}")
        if field is not None and field.secret:
            raise NotDelivered(SECRET)
        if field is not None and (self._paster is None or self._takes(field, delivery.text)):
            return self._commit(delivery, field, name)
        if self._paster is None:
            raise NotDelivered(f"{name} has no text field, and this compositor lets nobody paste")
        self.preview("")
        self._paster.paste(delivery)
        return Receipt.DELIVERED

    def _takes(self, field: Field, text: str) -> bool:
        """Whether a commit is better than a paste. One that goes in pieces is not, where nobody
        tells that he has taken one."""
        in_pieces = len(text.encode()) > CHUNK_BYTES
        return not field.terminal and not (in_pieces and field.around is None)

    def undo(self, back: PasteRequest) -> None:
        back.check(self.focus())
        field = self._method.field
        name = back.focus.application or "the window"
        if field is None or field.terminal:
            raise NotDelivered(PASTED)
        self._settle(field)
        back.check(self.focus())
        if field.selected:
            raise NotDelivered(f"something is selected in {name}: undo it there")
        if field.around is None:
            raise NotDelivered(f"{name} does not say what stands there: undo it there")
        self._take_back(back, DeleteSurrounding(back.text, field.before), field, name)

    def preview(self, text: str) -> bool:
        """Whether the field has it now."""
        self._x.serve()
        field = self._method.field
        if not text:
            if field is not None and field is self._previewed:
                self._method.preedit("")
            self._previewed = None
            return False
        if field is None or field.secret or self._previewed not in (None, field):
            return False
        self._previewed = field
        self._method.preedit(text.encode()[-PREVIEW_BYTES:].decode(errors="ignore"))
        return True

    def close(self) -> None:
        self.preview("")
        self._method.close()
        if self._paster is not None:
            self._paster.close()

    def _commit(self, delivery: PasteRequest, field: Field, name: str) -> Receipt:
        if field.terminal and "\n" in delivery.text:
            raise NotDelivered(
                f"{name} is a terminal, where a line end would run what is before it"
            )
        if field.around is None:
            if len(delivery.text.encode()) > CHUNK_BYTES:
                raise NotDelivered(f"{name} does not tell what it took, and the text is too long")
            self._settle(field)
            delivery.check(self.focus())
        end = time.monotonic() + delivery.timeout_s
        written = 0
        for chunk in _chunks(delivery.text):
            before = field.told
            delivery.sent = True
            self._previewed = None
            self._method.commit(chunk)
            written += len(chunk)
            self._x.round_trip()
            if field.around is not None:
                self._await_news(field, before, chunk, end)
            delivery.taken = field.told != before and field.ends_with(chunk)
            if self._method.field is not field and not (
                delivery.taken and written == len(delivery.text)
            ):
                raise DeliveryUnsure(
                    f"the focus left {name} while the text was being written, at character "
                    f"{written} of {len(delivery.text)}"
                )
        return Receipt.DELIVERED if delivery.taken else Receipt.UNCONFIRMED

    def _take_back(
        self, back: PasteRequest, taking: DeleteSurrounding, field: Field, name: str
    ) -> None:
        end = time.monotonic() + back.timeout_s
        while True:
            back.sent = True
            self._previewed = None
            self._method.delete(taking.request())
            rest = max(0.0, end - time.monotonic())
            if not self._x.wait(lambda: taking.answered(field.before), rest):
                raise DeliveryUnsure(
                    f"{name} does not say that it has taken the text back: look there"
                )
            if not taking.left:
                return
            before = field.before
            self._settle(field)
            self._x.round_trip()
            if self._method.field is not field or field.before != before or field.selected:
                raise DeliveryUnsure(
                    f"something happened in {name} while the text was taken back: a part is left"
                )

    def _await_news(self, field: Field, before: object, chunk: str, end: float) -> None:
        """Until the application tells that it has taken `chunk`, or something else that came of
        it, or the focus leaves."""

        def left() -> bool:
            return self._method.field is not field

        self._x.wait(lambda: field.told != before or left(), max(0.0, end - time.monotonic()))
        # What it tells first may come of a preview.
        rest = min(end - time.monotonic(), OTHER_NEWS_S)
        self._x.wait(lambda: field.ends_with(chunk) or left(), max(0.0, rest))

    def _settle(self, field: Field) -> None:
        """Some applications (foot) drop a commit that crosses news of theirs on the way: wait until
        there have been none for `QUIET_S`."""
        end = time.monotonic() + SETTLE_S
        while (rest := min(end, field.told_at + QUIET_S) - time.monotonic()) > 0:
            self._x.wait(lambda: False, rest)


def _chunks(text: str) -> Iterator[str]:
    """`text` in pieces of `CHUNK_BYTES` at most."""
    data = text.encode()
    at = 0
    while at < len(data):
        piece = data[at : at + CHUNK_BYTES].decode(errors="ignore")
        yield piece
        at += len(piece.encode())


class InputMethodOutput(WindowOutput[_FieldDesk]):
    """For every application with text-input-v3, and by the clipboard for the others."""

    name = "input_method"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings, WaylandThread(f"dictate-{self.name}", _FieldDesk))

    def unavailable_reason(self) -> str | None:
        return why_no_wayland(_probe)

    async def preview(self, text: str, settled: int = 0) -> bool:  # noqa: ARG002 - it has no styles
        shown = "" if self._guard.secret else text
        try:
            return await self._desktop.call(lambda desk: desk.preview(shown), FOCUS_LIMIT_S)
        except DesktopLost:
            return False


def _probe(connection: WaylandConnection) -> None:
    """Raises Unavailable."""
    for needed in (INPUT_METHOD_MANAGER, TOPLEVEL_MANAGER):
        if not connection.offers(needed):
            raise Unavailable(lacks(needed))
    if not any(method.alive for method in InputMethod.held):
        InputMethod(connection).close()
