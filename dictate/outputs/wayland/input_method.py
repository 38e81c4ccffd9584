"""Commits the text into the focused text field of a Wayland desktop of the wlroots kind.

No key is pressed and the clipboard is not touched: the application gets the text as from any input
method, on any layout, whatever keys are held. In three cases the text is pasted, as by
`virtual_keyboard`:

- into a window that has never shown a text field to an input method;
- into a terminal, because it marks pasted text for the program in it, so that a shell does not run
  a line end, and an editor does not take words for commands;
- if the text would go in pieces into a field that does not report its text.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered, Unavailable
from dictate.outputs import FieldText, Focus, Receipt
from dictate.outputs.delete_surrounding import DeleteSurrounding
from dictate.outputs.guard import NOT_READABLE, SECRET
from dictate.outputs.paste.paste_request import SELECTED, PasteRequest
from dictate.outputs.paste.window_output import FOCUS_LIMIT_S, WindowOutput
from dictate.outputs.thread import DesktopLost
from dictate.outputs.wayland.field import TAKEN, Field, InputMethod
from dictate.outputs.wayland.focus import Toplevels
from dictate.outputs.wayland.keys import KeyChord
from dictate.outputs.wayland.paste import PASTED, Paster
from dictate.outputs.wayland.protocols import INPUT_METHOD_MANAGER, TOPLEVEL_MANAGER
from dictate.outputs.wayland.select_left import SelectLeft
from dictate.outputs.wayland.surrounding import AGAIN_S, REPORT_S, content_now
from dictate.outputs.wayland.thread import WaylandConnection, WaylandThread, lacks, why_no_wayland
from dictate.translation import _

CHUNK_BYTES = 3900
"""Maximum size of one commit: a message has at most 4096 bytes."""
PREVIEW_BYTES = 1000
"""Maximum size of a preview. Of a longer one the end is shown."""
QUIET_S = 0.03
"""Seconds without a report from the application before a commit."""
LATE_REPORT_S = 0.2
"""Seconds to wait for a second report, because the first may be about a preview."""
SETTLE_S = 0.5
"""Maximum number of seconds to wait for an application that keeps reporting."""


class _FieldBackend:
    """Raises Unavailable."""

    def __init__(self, connection: WaylandConnection, method: InputMethod) -> None:
        self._connection = connection
        self._windows = Toplevels(connection)
        self._method = method
        self._keys: KeyChord | None = None
        self._paster: Paster | None = None
        with contextlib.suppress(Unavailable):
            self._keys = KeyChord(connection)
            self._paster = Paster(connection, self._keys.press, self.focus)
        self._with_fields: set[int] = set()
        """The numbers of the windows that have shown a text field."""
        self._previewed: Field | None = None
        self._shown = ""
        """The preview in it."""

    @classmethod
    async def open(cls, connection: WaylandConnection) -> Self:
        """Raises Unavailable."""
        return cls(connection, await InputMethod.acquire(connection))

    async def focus(self) -> Focus | None:
        await self._connection.round_trip()
        window, field = self._windows.focused, self._method.field
        if window is None and field is None:
            return None
        if window is not None and field is not None:
            self._with_fields.add(window.number)
        place = (window.number if window else 0, field.number if field else 0)
        names = (window.application, window.title) if window else ("", "")
        return Focus("/".join(map(str, place)), *names)

    async def write(self, request: PasteRequest) -> Receipt:
        if not self._method.alive:
            raise NotDelivered(TAKEN)
        request.check(await self.focus())
        field, window = self._method.field, self._windows.focused
        name = request.focus.application or _("the window")
        if field is None and window is not None and window.number in self._with_fields:
            raise NotDelivered(_("no text field is active in {name}").format(name=name))
        if field is not None and field.secret:
            raise NotDelivered(SECRET)
        if field is not None and (self._paster is None or self._commits(field, request.text)):
            return await self._commit(request, field, name)
        if self._paster is None:
            raise NotDelivered(
                _("{name} has no text field, and this compositor does not allow pasting").format(
                    name=name
                )
            )
        await self.preview("")
        await self._paster.paste(request)
        return Receipt.DELIVERED

    def _commits(self, field: Field, text: str) -> bool:
        """Whether a commit is better than a paste. It is not if it goes in pieces and the
        application does not confirm them."""
        in_pieces = len(text.encode()) > CHUNK_BYTES
        return not field.terminal and not (in_pieces and field.around is None)

    async def press_enter(self, request: PasteRequest) -> None:
        if self._keys is None:
            raise NotDelivered(_("this compositor does not allow pressing keys"))
        request.check(await self.focus())
        request.committed = True
        self._keys.press_enter()
        await self._connection.round_trip()

    async def undo(self, request: PasteRequest) -> None:
        request.check(await self.focus())
        field = self._method.field
        name = request.focus.application or _("the window")
        if field is None or field.terminal:
            raise NotDelivered(PASTED)
        await self._settle(field)
        request.check(await self.focus())
        if field.selected:
            raise NotDelivered(
                _("something is selected in {name}: undo it there").format(name=name)
            )
        if await self.reported(request.focus, request.timeout_s) is None:
            raise NotDelivered(
                _("{name} does not say what stands there now: undo it there").format(name=name)
            )
        await self._answered(field)
        deletion = DeleteSurrounding(request.text, field.before)
        request.check(await self.focus())
        await self._take_back(request, deletion, field, name)

    async def select(self, request: PasteRequest) -> None:
        """Select the text that the last `write` put there. Raises as `Output.select`."""
        name = request.focus.application or _("the window")
        request.check(await self.focus())
        field = self._method.field
        if field is None or field.terminal:
            raise NotDelivered(NOT_READABLE)
        if self._keys is None or self._paster is None:
            raise NotDelivered(_("this compositor does not allow pressing keys: select it there"))
        await self._settle(field)
        before = await self.reported(request.focus, request.timeout_s)
        request.check(await self.focus())
        if before is None:
            raise NotDelivered(
                _("{name} does not say what stands there now: select it there").format(name=name)
            )
        if before.selected or not before.before.endswith(request.text):
            raise NotDelivered(_("it does not stand right before the cursor any more"))
        selecting = SelectLeft(self._connection, self._method, self._keys, self._paster)
        await selecting.select(request, field)

    async def follows(self, text: str, _asked_at: Sequence[float]) -> bool:
        """As `Output.follows`."""
        await self._connection.round_trip()
        field = self._method.field
        if field is None or field.around is None:
            return True  # pasted, or the application does not say what stands there
        return field.ends_with(text) and not field.selected

    async def reported(self, focus: Focus, limit_s: float = REPORT_S) -> FieldText | None:
        """What the application reports within `limit_s` to stand around the cursor."""
        if await self.focus() != focus:
            return None
        field = self._method.field
        if field is not None and await self._may_be_selected(field):
            return None
        return await content_now(
            self._connection,
            self._method,
            preview=self._shown if field is not None and field is self._previewed else "",
            primary=self._primary,
            limit_s=limit_s,
        )

    async def _may_be_selected(self, field: Field) -> bool:
        """Whether something was selected since the last report, maybe in this field. GTK 4 does not
        report each selection, and would replace it by the preedit of `content_now`. The preview has
        done so already."""
        if self._paster is None or field.selected or field is self._previewed:
            return False
        return self._paster.primary_at > field.updated_at and await self._primary() != ""

    async def selected(self, focus: Focus) -> FieldText | None:
        """What the application has reported as selected, if it is the primary selection, too. GTK 4
        does not report each change, and would replace what is selected by the preedit of
        `content_now`."""
        if await self.focus() != focus:
            return None
        field = self._method.field
        if field is None or not field.selected or field.secret or field.terminal:
            return None
        content, primary = field.content, await self._primary()
        same = self._method.field is field and field.content == content
        return content if content and same and primary == content.selected else None

    async def _primary(self) -> str | None:
        return await self._paster.primary() if self._paster is not None else ""

    async def report_to(
        self, tell: Callable[[FieldText | None], None], focus: Focus | None
    ) -> Callable[[], None] | None:
        """Pass on what the application reports of the field that has the focus, now and later, and
        None when there will be nothing more. The result is for `report_no_more`, or None if nothing
        is reported or `focus` is elsewhere."""
        if await self.focus() != focus:
            return None
        field = self._method.field
        if field is None or field.content is None:
            return None

        def report() -> None:
            here = self._method.field is field and not field.secret and not field.terminal
            tell(field.content if here else None)

        self._method.on_report = report
        report()
        return report

    async def report_no_more(self, report: Callable[[], None]) -> None:
        if self._method.on_report is report:
            self._method.on_report = None

    async def preview(self, text: str) -> bool:
        """As `Output.preview`."""
        self._connection.poll()
        field = self._method.field
        if not text:
            if field is not None and field is self._previewed:
                self._method.preedit("")
            self._previewed = None
            return False
        if field is None or field.secret or self._previewed not in (None, field):
            return False
        self._previewed, self._shown = field, text
        self._method.preedit(text)
        return True

    async def close(self) -> None:
        await self.preview("")
        self._method.close()
        if self._paster is not None:
            await self._paster.close()

    async def _commit(self, request: PasteRequest, field: Field, name: str) -> Receipt:
        if field.terminal and "\n" in request.text:
            raise NotDelivered(
                _("{name} is a terminal, where a line end would run what is before it").format(
                    name=name
                )
            )
        if field.around is None:
            if len(request.text.encode()) > CHUNK_BYTES:
                raise NotDelivered(
                    _("{name} does not confirm what it took, and the text is too long").format(
                        name=name
                    )
                )
            await self._settle(field)
        else:
            await self._answered(field)
        request.check(await self.focus())
        end = time.monotonic() + request.timeout_s
        written = 0
        confirmed = True
        for chunk in _chunks(request.text):
            changed = self._change(field)
            request.committed = True
            self._previewed = None
            self._method.commit(chunk)
            written += len(chunk)
            await self._connection.round_trip()
            if field.around is not None:
                await self._await_report(field, changed, chunk, end)
            confirmed = confirmed and changed() and field.ends_with(chunk)
            if confirmed:
                field.unanswered = 0
            request.acknowledged = confirmed
            if self._method.field is not field and not (
                request.acknowledged and written == len(request.text)
            ):
                raise DeliveryUnsure(
                    _(
                        "the focus left {name} while the text was being written, at "
                        "character {written} of {count}"
                    ).format(name=name, written=written, count=len(request.text))
                )
        return Receipt.DELIVERED if request.acknowledged else Receipt.UNCONFIRMED

    async def _take_back(
        self, request: PasteRequest, deletion: DeleteSurrounding, field: Field, name: str
    ) -> None:
        end = time.monotonic() + request.timeout_s
        while True:
            request.committed = True
            self._previewed = None
            self._method.delete(deletion.request())
            rest = max(0.0, end - time.monotonic())
            if not await self._connection.wait(lambda: deletion.answered(field.before), rest):
                raise DeliveryUnsure(
                    _("{name} does not say that it has taken the text back: look there").format(
                        name=name
                    )
                )
            if not deletion.left:
                return
            before = field.before
            await self._settle(field)
            await self._connection.round_trip()
            if self._method.field is not field or field.before != before or field.selected:
                raise DeliveryUnsure(
                    _(
                        "something happened in {name} while the text was taken back: a part is left"
                    ).format(name=name)
                )

    def _change(self, field: Field) -> Callable[[], bool]:
        """Says whether the application has reported a change since now that may be ours. Where it
        owes an answer to an older request, that is one of the text."""
        if field.unanswered:
            around = field.around
            return lambda: field.around != around
        state = field.state
        return lambda: field.state != state

    async def _await_report(
        self, field: Field, changed: Callable[[], bool], chunk: str, end: float
    ) -> None:
        """Wait until the application reports `chunk`, or any other result, or the focus leaves."""

        def left() -> bool:
            return self._method.field is not field

        rest = max(0.0, end - time.monotonic())
        await self._connection.wait(lambda: changed() or left(), rest)
        # The first report may be about a preview.
        rest = min(end - time.monotonic(), LATE_REPORT_S)
        await self._connection.wait(lambda: field.ends_with(chunk) or left(), max(0.0, rest))

    async def _answered(self, field: Field) -> None:
        """Wait until the application has answered what it was asked: GTK 3 drops a text that
        crosses a report of its own. GTK 4 may answer several requests at once."""

        def answered() -> bool:
            return not field.unanswered or self._method.field is not field

        end = time.monotonic() + SETTLE_S
        while not answered() and (now := time.monotonic()) < end:
            at_once = field.updated_at + REPORT_S if field.updated_at > field.asked_at else end
            if now >= at_once:
                return
            await self._connection.wait(answered, AGAIN_S)

    async def _settle(self, field: Field) -> None:
        """Wait until the application has not reported for `QUIET_S`: some (foot) drop a commit that
        crosses a report of theirs."""
        end = time.monotonic() + SETTLE_S
        while (rest := min(end, field.updated_at + QUIET_S) - time.monotonic()) > 0:
            await self._connection.wait(lambda: False, rest)


def _chunks(text: str) -> Iterator[str]:
    """Split `text` into pieces of at most `CHUNK_BYTES`."""
    data = text.encode()
    at = 0
    while at < len(data):
        piece = data[at : at + CHUNK_BYTES].decode(errors="ignore")
        yield piece
        at += len(piece.encode())


class InputMethodOutput(WindowOutput[_FieldBackend]):
    """For every application with text-input-v3, and through the clipboard for the others."""

    name = "input_method"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings, WaylandThread(f"dictate-{self.name}", _FieldBackend.open))
        self._wanted = 0
        """Counts previews and texts: a preview that waits is not shown behind a newer one."""

    def unavailable_reason(self) -> str | None:
        return why_no_wayland(_probe)

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        self._wanted += 1
        return await super().write(text, focus)

    async def select(self, text: str, focus: Focus | None) -> None:
        words = text.lstrip(" ")
        if not await self._selects(words, focus):
            await self._on_last(words, focus, lambda backend: backend.select, SELECTED)

    async def preview(self, text: str, stable_chars: int = 0) -> bool:  # noqa: ARG002 - it has no styles
        text = "" if self._guard.secret else text
        shown = text.encode()[-PREVIEW_BYTES:].decode(errors="ignore")
        self._wanted = wanted = self._wanted + 1
        await self._guard.preview(shown)
        if wanted != self._wanted:
            return False
        try:
            return await self._desktop.call(lambda backend: backend.preview(shown), FOCUS_LIMIT_S)
        except DesktopLost:
            return False

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        if focus is None or self._guard.secret:
            return None
        try:
            text = await self._desktop.call(lambda backend: backend.reported(focus), FOCUS_LIMIT_S)
        except DesktopLost:
            return None
        if text is None and (text := await self._guard.surrounding()) is not None:
            return text if await self.focus() == focus else None
        return text

    async def selection(self, focus: Focus | None) -> FieldText | None:
        if focus is None or self._guard.secret:
            return None
        if (text := await self._guard.surrounding()) is not None:
            return text if await self.focus() == focus else None
        try:
            return await self._desktop.call(lambda backend: backend.selected(focus), FOCUS_LIMIT_S)
        except DesktopLost:
            return None

    async def follow_field(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        loop = asyncio.get_running_loop()
        reports: asyncio.Queue[FieldText | None] = asyncio.Queue()

        def tell(text: FieldText | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(reports.put_nowait, text)

        with contextlib.suppress(DesktopLost):
            reporting = await self._desktop.call(
                lambda backend: backend.report_to(tell, focus), FOCUS_LIMIT_S
            )
            if reporting is None:
                return await super().follow_field(focus, on_text)
            try:
                while (text := await reports.get()) is not None and not self._guard.secret:
                    on_text(text)
            finally:
                await self._desktop.call(
                    lambda backend: backend.report_no_more(reporting), FOCUS_LIMIT_S
                )


async def _probe(connection: WaylandConnection) -> None:
    """Raises Unavailable."""
    for needed in (INPUT_METHOD_MANAGER, TOPLEVEL_MANAGER):
        if not connection.offers(needed):
            raise Unavailable(lacks(needed))
    if not any(method.alive for method in InputMethod.held):
        (await InputMethod.acquire(connection)).close()
