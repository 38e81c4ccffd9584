"""Keeps every output from writing into a password field or on a locked screen.

If the session bus, the screen lock's service or an application does not answer, the text is
written, at most `CONFIRM_S` and the lock's own limit later.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from dictate.errors import FocusMoved, NotDelivered, Unavailable
from dictate.outputs import FieldText
from dictate.outputs.accessibility import DBUS, LAUNCHER, FocusedField, Place, call
from dictate.outputs.accessible_selection import select
from dictate.outputs.accessible_text import follow, read
from dictate.outputs.lock import locked
from dictate.outputs.shown_preview import ShownPreview
from dictate.platform import bus
from dictate.translation import _

_log = logging.getLogger(__name__)

CONFIRM_S = 0.05
"""Seconds that a text waits for applications to answer."""
RETRY_S = 0.5
"""Seconds before a lost connection is renewed."""
NO_BUS_RETRY_S = 60.0
"""Seconds before the accessibility bus is looked for again, unless its start is reported."""
LOCKED = _("the screen is locked")
NOT_READABLE = _(
    "the application does not tell assistive technologies (AT-SPI) what stands there: select it "
    "there"
)
"""Why a text is not selected."""
SECRET = _("a field for passwords has the focus: nothing is written there")


class Guard:
    """Watches the lock and the focus, from `open` to `close`."""

    def __init__(self) -> None:
        self._session: MessageBus | None = None
        self._field: FocusedField | None = None
        self._locked = False
        self._wrote_in: Place | None = None
        self._preview: ShownPreview | None = None
        self._watching: asyncio.Task[None] | None = None
        self._bus_started = asyncio.Event()
        """Set when the accessibility bus is started."""

    async def open(self) -> None:
        """Start to watch. Idempotent; also without a session bus, which may come later."""
        if self._watching is None:
            with contextlib.suppress(Unavailable):
                await self._connect()
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def refresh(self) -> None:
        """Bring up to date what `refuse` knows. To be awaited before each text."""
        session, field = self._session, self._field
        if session is not None:
            self._locked = await locked(session)
        if field is not None:
            await field.confirm(CONFIRM_S)

    def refuse(self) -> None:
        """Raise NotDelivered where nothing may be written now. From any thread."""
        if self._locked:
            raise NotDelivered(LOCKED)
        if self.secret:
            raise NotDelivered(SECRET)

    @property
    def secret(self) -> bool:
        """Whether a field for passwords has the focus. From any thread."""
        field = self._field
        return field is not None and field.secret

    @property
    def reads(self) -> bool:
        """Whether accessibility says what has the focus, and may be asked for its text."""
        field = self._field
        return field is not None and field.place is not None

    async def in_front(self) -> tuple[str, str]:
        """The application that has the focus, and the title of its window, where accessibility is
        on. Both are empty if that is not known within CONFIRM_S."""
        field = self._field
        if field is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONFIRM_S):
                    return await field.in_front()
        return "", ""

    async def surrounding(self, patience_s: float = 0.0) -> FieldText | None:
        """As `Output.surrounding`, for what has the focus now, where accessibility is on. A busy
        application has `patience_s` seconds."""
        field = self._field
        text = await read(field, patience_s=patience_s) if field is not None else None
        return self._beside_preview(text) if text is not None else None

    async def preview(self, text: str) -> None:
        """To be awaited before `text` is shown at the cursor as a preview; "" when none is."""
        field = self._field
        if not text or field is None or field.place is None:
            self._preview = None
            return
        if self._preview is None or self._preview.place != field.place:
            self._preview = ShownPreview(field, field.place)
        await self._preview.comes(text)

    def wrote(self) -> None:
        """A text has just gone into what has the focus now, in place of any preview."""
        self._preview = None
        self._wrote_in = self._field.place if self._field is not None else None

    async def select(self, text: str) -> bool:
        """Select `text`, where accessibility is on and says that it stands right before the cursor
        of the field into which the last text went. False, and nothing has happened, if it does not
        say what stands there. Raises as `Output.select`."""
        await self.refresh()
        self.refuse()
        field, place = self._field, self._wrote_in
        if field is None or place is None:
            return False
        if field.place != place:
            raise FocusMoved(_("another text field, or none, has the focus now"))
        return await select(field, place, text)

    async def follow_field(self, on_text: Callable[[FieldText], None]) -> bool:
        """As `Output.follow_field`, for what has the focus now, where accessibility is on. Whether
        it could be read."""
        field = self._field
        if field is None:
            return False

        def written(text: FieldText) -> None:
            if (beside := self._beside_preview(text)) is not None:
                on_text(beside)

        await field.confirm(CONFIRM_S)
        return await follow(field, written)

    def _beside_preview(self, text: FieldText) -> FieldText | None:
        preview, field = self._preview, self._field
        here = preview is not None and field is not None and field.place == preview.place
        return preview.without(text) if preview is not None and here else text

    async def close(self) -> None:
        """Idempotent."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
            self._watching = None
        if self._session is not None:
            await bus.leave(self._session)
            self._session = None

    async def _connect(self) -> MessageBus:
        """Raises Unavailable."""
        session = await bus.connect()
        session.add_message_handler(self._on_signal)
        rule = f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{LAUNCHER}'"
        await call(session, (DBUS, "/org/freedesktop/DBus"), DBUS, "AddMatch", "s", rule)
        self._session = session
        return session

    def _on_signal(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[0] == LAUNCHER:
            self._bus_started.set()

    async def _watch(self) -> None:
        """Keep both connections open, as far as possible."""
        while True:
            field = None
            try:
                session = self._session or await self._connect()
                self._bus_started.clear()
                field = self._field = await FocusedField.connect(session)
                await _first(bus.lost(session), field.lost())
            except Unavailable as error:
                _log.debug("password fields are not recognized: %s", error)
                if self._session is not None:
                    lost = bus.lost(self._session)
                    await _first(lost, self._bus_started.wait(), asyncio.sleep(NO_BUS_RETRY_S))
            finally:
                self._field = None
                if field is not None:
                    await field.close()
            if self._session is not None and not self._session.connected:
                self._session = None
            await asyncio.sleep(RETRY_S)


async def _first(*ends: Coroutine[Any, Any, object]) -> None:
    """Wait until one of them ends, and cancel the others."""
    waiting = [asyncio.ensure_future(each) for each in ends]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
