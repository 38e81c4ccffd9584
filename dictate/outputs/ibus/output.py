"""Writes into the focused text field through IBus, which has the input methods of GNOME.

Strategy: Dictate's engine is on while a text is written, or previewed while the user speaks. Then
the user's own comes back (`engine_switch.py`).
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable
from dictate.outputs import FieldText, Focus, Output, Receipt
from dictate.outputs.delete_surrounding import DeleteSurrounding
from dictate.outputs.guard import NOT_READABLE, SECRET, Guard
from dictate.outputs.ibus.bus import IBusLost, IBusRefused, SurroundingText
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import IBusEngine
from dictate.outputs.ibus.engine_switch import EngineSwitch
from dictate.outputs.ibus.pieces import LONGEST_BYTES, LONGEST_XIM_BYTES, pieces
from dictate.outputs.ibus.surrounding import CursorUnit, content_in_utf16, report_now
from dictate.outputs.ibus.undo import ask, take_back
from dictate.platform.background import BackgroundTasks, ignore_exception
from dictate.translation import _

_log = logging.getLogger(__name__)
T = TypeVar("T")

_PAUSE_S: Final = 0.1
"""Seconds between two pieces, or texts. GNOME passes on what it has when it is idle, and the
application then takes only the last piece."""
_RECEIPT_S: Final = 0.25
_RECEIPT_S_PER_CHARACTER: Final = 0.0005
"""Seconds that an application has to report a piece: some read the whole line again."""
_PREVIEW_CHARACTERS: Final = 160
"""Maximum length of a preview. Of a longer one the end is shown."""
_UNDO_S: Final = 120.0
"""Seconds after a text in which its field is watched, and the text can be taken back."""
_TEXT_S: Final = 1.0
"""Seconds that our engine stays on after a question what stands in the field: a text may follow."""
_CLOSE_S: Final = 0.4
"""Seconds that `close` has to bring the user's engine back."""


class IBusOutput(Output):
    """After a crash of IBus, the next call connects to the new one."""

    name = "ibus"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._guard = Guard()
        self._switch = EngineSwitch()
        self._tasks = BackgroundTasks(_log)
        self._switching = asyncio.Lock()
        """Held to write, or to switch engines."""
        self._showing = False
        """Whether a preview is shown, so that our engine stays on."""
        self._wanted = 0
        """Counts previews and texts: of several previews that wait, only the newest is shown."""
        self._unfit: str | None = None
        """A text field in which no preview is shown."""
        self._unconfirmed_at: float | None = None
        """When the last piece was sent, if its arrival was not confirmed. Monotonic seconds."""
        self._reporting: str | None = None
        """A text field that has reported its text."""
        self._silent: str | None = None
        """One that does not, although IBus thinks so. It is not waited for again."""
        self._last: SurroundingText | None = None
        """The report that confirmed the last text, while the text can be taken back."""
        self._forgetting: asyncio.TimerHandle | None = None
        self._unit = CursorUnit()

    def unavailable_reason(self) -> str | None:
        desktops = os.environ.get("XDG_CURRENT_DESKTOP", "").split(":")
        wayland = os.environ.get("WAYLAND_DISPLAY")
        if self.settings.use == "auto" and not (wayland and "GNOME" in desktops):
            return _(
                "auto takes it on GNOME with Wayland only; if you want it, say so: --output ibus"
            )
        try:
            asyncio.run(_probe())
        except Unavailable as error:
            return str(error)
        return None

    async def open(self) -> None:
        await self._switch.connected()
        await self._guard.open()

    async def focus(self) -> Focus | None:
        try:
            desktop = await self._switch.connected()
            window, names = await asyncio.gather(desktop.focus(), self._guard.in_front())
            # The names may be those of the window before.
            if window is None or desktop.seen != window:
                names = "", ""
        except (Unavailable, IBusLost):
            return None
        return Focus(window, *names) if window else None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if focus is None:
            raise NotDelivered(_("no text field had the focus"))
        self._wanted += 1
        await self._guard.refresh()
        receipt = await _to_its_end(self._write(text, focus.window))
        self._guard.wrote()
        return receipt

    async def undo(self, text: str, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered(_("it is not known which text field it went to"))
        await _to_its_end(self._undo(text, focus.window))

    async def select(self, text: str, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered(_("it is not known which text field it went to"))
        try:
            _check(await (await self._switch.connected()).focus(), focus.window)
        except (Unavailable, IBusLost, IBusRefused) as error:
            raise NotDelivered(str(error)) from error
        if not await self._guard.select(text.lstrip(" ")):
            raise NotDelivered(NOT_READABLE)

    async def press_enter(self, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered(_("it is not known which text field the text went to"))
        await self._guard.refresh()
        await _to_its_end(self._press_enter(focus.window))

    async def follows(self, text: str, asked_at: Sequence[float]) -> bool:  # noqa: ARG002
        desktop = self._switch.desktop
        if desktop is None or desktop.surrounding is None:
            return True  # the application does not say what stands there
        return any(_follows(before, text) for before in desktop.surrounding.befores)

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        desktop = self._switch.desktop
        if desktop is None or focus is None or desktop.seen != focus.window or self._guard.secret:
            return None
        try:
            # Accessibility first: it knows of a selection in GTK 3, and no engine is switched.
            if (text := await self._guard.surrounding()) is not None:
                return text if await desktop.focus() == focus.window else None
            if desktop.reports_all:
                return await self._reported(desktop, focus.window)
            # Where accessibility reads, something may be selected that GTK 4 has not reported (by
            # Ctrl+A), and would replace by a question; a preview has done so already. Who else
            # talks to IBus itself answers none.
            asks = self._showing or not self._guard.reads
            if asks and await desktop.through_shell():
                return await _to_its_end(self._surrounding(desktop, focus.window))
        except (Unavailable, IBusLost, IBusRefused):
            pass
        return None

    async def selection(self, focus: Focus | None) -> FieldText | None:
        # Not by our engine, whose question may replace what is selected.
        desktop = self._switch.desktop
        if desktop is None or focus is None or desktop.seen != focus.window or self._guard.secret:
            return None
        try:
            text = await self._guard.surrounding()
            if text is None and desktop.reports_all:
                return await self._reported(desktop, focus.window)
            return text if text and await desktop.focus() == focus.window else None
        except (Unavailable, IBusLost, IBusRefused):
            return None

    async def follow_field(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        # Not by our engine: while it is on, the user's own is off. What applications report to that
        # one is forwarded to us: GNOME Shell reports each change, GTK 3 at the next key only, GTK 4
        # on X11 nothing. So accessibility comes first.
        desktop = self._switch.desktop
        if desktop is None or focus is None or desktop.seen != focus.window:
            return
        if await self._guard.follow_field(on_text):
            return
        reports: asyncio.Queue[SurroundingText | None] = asyncio.Queue()

        def report() -> None:
            reports.put_nowait(desktop.surrounding if desktop.seen == focus.window else None)

        desktop.on_report = report
        report()
        try:
            while (now := await reports.get()) is not None and not self._guard.secret:
                if (content := self._unit.content(now)) is not None:
                    on_text(content)
        finally:
            if desktop.on_report is report:
                desktop.on_report = None

    async def preview(self, text: str, stable_chars: int = 0) -> bool:
        self._wanted += 1
        return await _to_its_end(self._preview(text, stable_chars, self._wanted))

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S), self._switching:
                self._showing = False
                await self._switch.restore()
        self._forget()
        await self._switch.close()
        await self._guard.close()

    async def _write(self, text: str, window: str) -> Receipt:
        async with self._switching:
            try:
                desktop, engine = await self._ready(window, text)
                if engine.terminal and "\n" in text:
                    raise NotDelivered(_("a terminal would take the line ends for Enter"))
                self._forget_later()
                receipt = await self._commit(desktop, engine, text, window)
                if receipt is Receipt.DELIVERED:
                    self._last = engine.surrounding
                    if self._last is not None:
                        self._unit.learn(self._last, text)
                return receipt
            finally:
                self._showing = False
                await self._switch.restore()

    async def _ready(self, window: str, text: str = "") -> tuple[IBusDesktop, IBusEngine]:
        """Switch our engine on, in this very field, to write `text`. Raises NotDelivered."""
        try:
            desktop = await self._switch.connected()
            _check(await desktop.focus(), window)
            engine = await self._switch.use_ours(desktop)
            if engine.secret:
                raise NotDelivered(SECRET)
            if not engine.on:
                raise NotDelivered(_("IBus did not switch to dictate"))
            if self._showing:
                await engine.preedit("")
            if text and engine.reports_text and _alike(desktop.surrounding, text):
                await desktop.until_recalled(engine)
            await self._until_passed_on(desktop)
            _check(await desktop.focus(), window)
            self._guard.refuse()
        except (Unavailable, IBusLost, IBusRefused) as error:
            raise NotDelivered(str(error)) from error
        return desktop, engine

    async def _commit(
        self, desktop: IBusDesktop, engine: IBusEngine, text: str, window: str
    ) -> Receipt:
        """Send the text. From here on nothing is sent twice. Raises DeliveryUnsure."""
        confirmed: list[bool] = []
        try:
            # An application that reports its text does not use XIM.
            longest = LONGEST_BYTES if engine.reports_text else LONGEST_XIM_BYTES
            for piece in pieces(text, longest):
                if confirmed:
                    await self._until_passed_on(desktop)
                    if await desktop.focus() != window:
                        raise DeliveryUnsure(_("the focus moved while the text was written"))
                before = engine.before
                await engine.commit(piece)
                confirmed.append(await self._confirms(engine, piece, before, window))
                self._unconfirmed_at = None if confirmed[-1] else time.monotonic()
            moved = await desktop.focus() != window
        except IBusLost as error:
            raise DeliveryUnsure(
                _("{error}, just as the text was sent").format(error=error)
            ) from error
        if all(confirmed):
            return Receipt.DELIVERED
        if moved:
            raise DeliveryUnsure(_("the focus moved just as the text was sent"))
        return Receipt.UNCONFIRMED

    async def _press_enter(self, window: str) -> None:
        async with self._switching:
            try:
                _desktop, engine = await self._ready(window)
                self._last = None
                try:
                    await engine.press_enter()
                except IBusLost as error:
                    raise DeliveryUnsure(
                        _("{error}, just as Enter was pressed").format(error=error)
                    ) from error
            finally:
                await self._switch.restore()

    async def _until_passed_on(self, desktop: IBusDesktop) -> None:
        """Wait until the application has most likely got the last piece, unless it confirmed it."""
        if self._unconfirmed_at is not None:
            await asyncio.sleep(self._unconfirmed_at + _PAUSE_S - time.monotonic())
            await desktop.until_passed_on()

    async def _confirms(
        self, engine: IBusEngine, piece: str, before: str | None, window: str
    ) -> bool:
        """Whether the application reports that this piece is before the cursor now."""
        if not engine.reports_text or window == self._silent:
            return False
        patience_s = _RECEIPT_S + len(piece) * _RECEIPT_S_PER_CHARACTER
        confirmed = await engine.reports(
            patience_s, lambda now: now != before and _follows(now, piece)
        )
        if confirmed:
            self._reporting = window
        elif engine.before is None and window != self._reporting:
            self._silent = window
        return confirmed

    def _forget_later(self) -> None:
        """The text that comes now can be taken back for a while."""
        self._forget()
        self._forgetting = asyncio.get_running_loop().call_later(_UNDO_S, self._forget)

    def _forget(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._last = self._forgetting = None

    async def _reported(self, desktop: IBusDesktop, window: str) -> FieldText | None:
        """What the field has reported, if it reports all. Raises IBusLost."""
        report = desktop.surrounding if await desktop.focus() == window else None
        return content_in_utf16(report) if report is not None else None

    async def _surrounding(self, desktop: IBusDesktop, window: str) -> FieldText | None:
        """Raises Unavailable, IBusLost, IBusRefused."""
        async with self._switching:
            if self._switch.engine is not None and not self._switch.engine.on:
                return None  # the user has switched engines
            previewed, wanted = self._showing, self._wanted
            self._showing = True  # until the text comes, which is for the same engine
            try:
                engine = await self._switch.use_ours(desktop)
                report = await report_now(desktop, engine, previewed=previewed)
                if report is None or await desktop.focus() != window:
                    return None
                return self._unit.content(report)
            finally:
                if not previewed:
                    asyncio.get_running_loop().call_later(
                        _TEXT_S, lambda: self._tasks.start(self._end_asking(wanted))
                    )

    async def _end_asking(self, wanted: int) -> None:
        """Unless a text or a preview came."""
        async with self._switching:
            if wanted == self._wanted:
                self._showing = False
                await self._switch.restore()

    async def _undo(self, text: str, window: str) -> None:
        async with self._switching:
            try:
                desktop = await self._switch.connected()
                _check(await desktop.focus(), window)
                if self._last is None:
                    raise NotDelivered(
                        _(
                            "the application does not say what stands there, or it was "
                            "written more than {seconds:.0f} s ago: undo it there"
                        ).format(seconds=_UNDO_S)
                    )
                if desktop.surrounding != self._last:
                    raise NotDelivered(_("something has changed there since: undo it there"))
                befores = [each for each in self._last.befores if each.endswith(text)]
                before = befores[0] if len(befores) == 1 else ""
                deletion = DeleteSurrounding(text, before, passed_on=True)
                desktop, engine = await self._ready(window)
                now = await ask(desktop, engine)
                _check(await desktop.focus(), window)
                if now != self._last or desktop.surrounding != self._last:
                    raise NotDelivered(_("the application does not say what stands there now"))
            except (Unavailable, IBusLost, IBusRefused) as error:
                raise NotDelivered(str(error)) from error
            else:
                self._last = None
                await take_back(desktop, engine, deletion, window)
                self._forget_later()
                self._last = engine.surrounding  # the text before it can be taken back, too
            finally:
                await self._switch.restore()

    async def _preview(self, text: str, stable_chars: int, wanted: int) -> bool:
        async with self._switching:
            if wanted != self._wanted:
                return self._showing
            try:
                if text:
                    return await self._show(text, stable_chars)
                self._showing, self._unfit = False, None
                await self._guard.preview("")
            except (Unavailable, IBusLost, IBusRefused) as error:
                _log.debug("output ibus: no preview: %s", error)
                self._showing = False
            finally:
                if not self._showing:
                    await self._switch.restore()
            return False

    async def _show(self, text: str, stable_chars: int) -> bool:
        desktop = await self._switch.connected()
        if desktop.seen is None or desktop.seen == self._unfit:
            return False
        if self._switch.engine is not None and not self._switch.engine.on:
            return False  # the user has switched engines, and keeps the new one while speaking
        self._showing = True
        engine = await self._switch.use_ours(desktop)
        if engine.secret:
            self._showing, self._unfit = False, desktop.seen
            return False
        if (left_out := len(text) - _PREVIEW_CHARACTERS) > 0:
            text = f"…{text[-_PREVIEW_CHARACTERS:]}"
            stable_chars = max(0, stable_chars - left_out) + 1
        await self._guard.preview(text)
        await engine.preedit(text, stable_chars)
        return engine.on and engine.shows_preedit


def _check(focus: str | None, window: str) -> None:
    if focus != window:
        raise FocusMoved(_("another text field, or none, has the focus now"))


def _follows(before: str, text: str) -> bool:
    """Whether the cursor is behind `text`, if `before` is the text before the cursor, or the end of
    it or of its last line."""
    return bool(before) and (before.endswith(text) or text.endswith(before))


def _alike(before: SurroundingText | None, text: str) -> bool:
    """Whether a report of what stood there before could be taken for one of the text, or of its
    first piece."""
    if before is None or len(text.encode()) > LONGEST_XIM_BYTES:
        return True
    return _follows(before.before, text)


async def _probe() -> None:
    await (await IBusDesktop.connect()).close()


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, which goes on to its end even if the caller is cancelled, because the user's
    engine must come back."""
    task = asyncio.get_running_loop().create_task(work)
    ignore_exception(task)
    return await asyncio.shield(task)
