"""Writes through IBus, the input methods of GNOME, into the text field that has the focus.

Strategy: an engine of ours is the desktop's for the moment in which a text is written, or shown
while it is spoken; then the user's own comes back. Its name lies on disk meanwhile: if this process
is killed in that moment, its next start brings it back.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable, UnsafeFolder
from dictate.outputs import Focus, Output, Receipt
from dictate.outputs.delete_surrounding import DeleteSurrounding
from dictate.outputs.guard import SECRET, Guard
from dictate.outputs.ibus.bus import IBusLost, IBusRefused, Told
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import NAME, IBusEngine
from dictate.outputs.ibus.undo import ask, take_back
from dictate.platform import paths

_log = logging.getLogger(__name__)
T = TypeVar("T")

_LONGEST_BYTES: Final = 3000
"""A Wayland message carries 4,096 bytes; GNOME passes each piece on as one."""
_LONGEST_XIM_BYTES: Final = 400
"""Older programs reach IBus through XIM, which breaks when more comes at once."""
_PAUSE_S: Final = 0.1
"""Between two pieces, or texts. GNOME passes on what it has when it is idle, and the application
then takes the last piece only."""
_RECEIPT_S: Final = 0.25
_RECEIPT_S_PER_CHARACTER: Final = 0.0005
"""So long an application has to say what it made of a piece: some read the whole line again."""
_SHOWN: Final = 160
"""Characters of a text still being spoken that are shown: its end."""
_UNDO_S: Final = 120.0
"""How long after a text we listen to what stands in its field, and it may be taken back."""
_CLOSE_S: Final = 0.4
_DEFAULT: Final = "xkb:us::eng"
"""What IBus takes at the first key when it has no engine."""


class IBusOutput(Output):
    """A new IBus after a crash of the old one is found by itself, at the next call."""

    name = "ibus"

    def __init__(self, settings: OutputSettings) -> None:
        super().__init__(settings)
        self._guard = Guard()
        self._desktop: IBusDesktop | None = None
        self._connecting = asyncio.Lock()
        self._engine: IBusEngine | None = None
        """Ours, while it is on."""
        self._theirs: str | None = None
        """The user's, while ours is on."""
        self._switching = asyncio.Lock()
        """Whoever holds it may write, or switch engines."""
        self._showing = False
        """What is being said is shown: our engine stays on."""
        self._wanted = 0
        """Counts what was to be shown, or written: who waits shows the newest only."""
        self._unfit: str | None = None
        """A text field in which nothing is shown."""
        self._untold_at: float | None = None
        """When the last piece was sent, if nobody told that it has arrived."""
        self._told_by: str | None = None
        """One that has said what stands in it."""
        self._silent: str | None = None
        """One that does not, although IBus thinks that it does: nobody waits for it again."""
        self._last: Told | None = None
        """What was told when the last text stood there, while it may be taken back."""
        self._deaf: asyncio.TimerHandle | None = None

    def unavailable_reason(self) -> str | None:
        desktops = os.environ.get("XDG_CURRENT_DESKTOP", "").split(":")
        wayland = os.environ.get("WAYLAND_DISPLAY")
        if self.settings.use == "auto" and not (wayland and "GNOME" in desktops):
            return "auto takes it on GNOME with Wayland only; if you want it, say so: --output ibus"
        try:
            asyncio.run(_probe())
        except Unavailable as error:
            return str(error)
        return None

    async def open(self) -> None:
        await self._connected()
        await self._guard.open()

    async def focus(self) -> Focus | None:
        try:
            window = await (await self._connected()).focus()
        except (Unavailable, IBusLost):
            return None
        return Focus(window, "") if window else None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if focus is None:
            raise NotDelivered("no text field had the focus")
        self._wanted += 1
        await self._guard.look()
        return await _to_its_end(self._write(text, focus.window))

    async def undo(self, text: str, focus: Focus | None) -> None:
        if focus is None:
            raise NotDelivered("nobody knows which text field it went to")
        await _to_its_end(self._undo(text, focus.window))

    async def preview(self, text: str, settled: int = 0) -> bool:
        self._wanted += 1
        return await _to_its_end(self._preview(text, settled, self._wanted))

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S), self._switching:
                self._showing = False
                await self._give_back()
        if self._deaf is not None:
            self._deaf.cancel()
        for connection in (self._engine, self._desktop):
            if connection is not None:
                await connection.close()
        self._engine = self._desktop = None
        await self._guard.close()

    async def _write(self, text: str, window: str) -> Receipt:
        async with self._switching:
            try:
                desktop, engine = await self._ready(window)
                if engine.terminal and "\n" in text:
                    raise NotDelivered("a terminal would take the line ends for Enter")
                await self._listen(desktop)
                receipt = await self._commit(desktop, engine, text, window)
                if receipt is Receipt.DELIVERED:
                    self._last = desktop.told
                return receipt
            finally:
                self._showing = False
                await self._give_back()

    async def _ready(self, window: str) -> tuple[IBusDesktop, IBusEngine]:
        """Our engine is on, in this very field. Raises NotDelivered."""
        try:
            desktop = await self._connected()
            _check(await desktop.focus(), window)
            engine = await self._take(desktop)
            if engine.secret:
                raise NotDelivered(SECRET)
            if not engine.on:
                raise NotDelivered("IBus did not switch to dictate")
            if self._showing:
                await engine.preedit("")
            await self._until_passed_on(desktop)
            _check(await desktop.focus(), window)
            self._guard.refuse()
        except (Unavailable, IBusLost, IBusRefused) as error:
            raise NotDelivered(str(error)) from error
        return desktop, engine

    async def _commit(
        self, desktop: IBusDesktop, engine: IBusEngine, text: str, window: str
    ) -> Receipt:
        """From here on nothing is sent twice. Raises DeliveryUnsure."""
        told: list[bool] = []
        try:
            # Who says what stands in it does not come through XIM.
            for piece in _pieces(text, _LONGEST_BYTES if engine.tells_text else _LONGEST_XIM_BYTES):
                if told:
                    await self._until_passed_on(desktop)
                    if await desktop.focus() != window:
                        raise DeliveryUnsure("the focus moved while the text was written")
                before = engine.before
                await engine.commit(piece)
                told.append(await self._is_told(engine, piece, before, window))
                self._untold_at = None if told[-1] else time.monotonic()
            moved = await desktop.focus() != window
        except IBusLost as error:
            raise DeliveryUnsure(f"{error}, just as the text was sent") from error
        if all(told):
            return Receipt.DELIVERED
        if moved:
            raise DeliveryUnsure("the focus moved just as the text was sent")
        return Receipt.UNCONFIRMED

    async def _until_passed_on(self, desktop: IBusDesktop) -> None:
        """Wait until the application has what was sent last, if nobody told that it has."""
        if self._untold_at is not None:
            await asyncio.sleep(self._untold_at + _PAUSE_S - time.monotonic())
            await desktop.until_passed_on()

    async def _is_told(
        self, engine: IBusEngine, piece: str, before: str | None, window: str
    ) -> bool:
        """Whether the application says that this piece stands before the cursor now."""
        if not engine.tells_text or window == self._silent:
            return False
        patience_s = _RECEIPT_S + len(piece) * _RECEIPT_S_PER_CHARACTER
        told = await engine.tells(patience_s, lambda now: now != before and _follows(now, piece))
        if told:
            self._told_by = window
        elif engine.before is None and window != self._told_by:
            self._silent = window
        return told

    async def _listen(self, desktop: IBusDesktop) -> None:
        """Hear what stands in the field from now on, for a while."""
        self._last = None
        if self._deaf is not None:
            self._deaf.cancel()
        if not desktop.listening:
            with contextlib.suppress(IBusLost, IBusRefused):
                await desktop.listen(on=True)
        loop = asyncio.get_running_loop()
        self._deaf = loop.call_later(_UNDO_S, lambda: loop.create_task(self._listen_no_more()))

    async def _listen_no_more(self) -> None:
        self._last = self._deaf = None
        if self._desktop is not None:
            with contextlib.suppress(IBusLost, IBusRefused):
                await self._desktop.listen(on=False)

    async def _undo(self, text: str, window: str) -> None:
        async with self._switching:
            try:
                desktop = await self._connected()
                _check(await desktop.focus(), window)
                if self._last is None:
                    raise NotDelivered(
                        "the application does not say what stands there, or it was written more "
                        f"than {_UNDO_S:.0f} s ago: undo it there"
                    )
                if desktop.told != self._last:
                    raise NotDelivered("something has changed there since: undo it there")
                befores = [each for each in self._last.befores if each.endswith(text)]
                before = befores[0] if len(befores) == 1 else ""
                taking = DeleteSurrounding(text, before, passed_on=True)
                desktop, engine = await self._ready(window)
                now = await ask(engine)
                _check(await desktop.focus(), window)
                if now != self._last or desktop.told != self._last:
                    raise NotDelivered("the application does not say what stands there now")
            except (Unavailable, IBusLost, IBusRefused) as error:
                raise NotDelivered(str(error)) from error
            else:
                self._last = None
                await take_back(desktop, engine, taking, window)
            finally:
                await self._give_back()

    async def _preview(self, text: str, settled: int, wanted: int) -> bool:
        async with self._switching:
            if wanted != self._wanted:
                return self._showing
            try:
                if text:
                    return await self._show(text, settled)
                self._showing, self._unfit = False, None
            except (Unavailable, IBusLost, IBusRefused) as error:
                _log.debug("nothing is shown: %s", error)
                self._showing = False
            finally:
                if not self._showing:
                    await self._give_back()
            return False

    async def _show(self, text: str, settled: int) -> bool:
        desktop = await self._connected()
        if desktop.seen is None or desktop.seen == self._unfit:
            return False
        if self._engine is not None and not self._engine.on:
            return False  # the user has switched to another one, and keeps it while he speaks
        self._showing = True
        engine = await self._take(desktop)
        if engine.secret:
            self._showing, self._unfit = False, desktop.seen
            return False
        if (left_out := len(text) - _SHOWN) > 0:
            text, settled = f"…{text[-_SHOWN:]}", max(0, settled - left_out) + 1
        await engine.preedit(text, settled)
        return engine.on and engine.shows_preedit

    # The engine, ours and the user's.

    async def _take(self, desktop: IBusDesktop) -> IBusEngine:
        """Our engine is on, unless IBus does not do it. Raises Unavailable, IBusLost,
        IBusRefused."""
        if self._engine is not None and self._engine.on and not self._engine.lost:
            return self._engine
        await self._give_back()
        self._theirs = await desktop.engine()
        await asyncio.to_thread(_remember, self._theirs)
        self._engine = await IBusEngine.connect()
        await self._engine.switch_on()
        return self._engine

    async def _give_back(self) -> None:
        engine, self._engine = self._engine, None
        desktop = self._desktop
        if engine is None or desktop is None:
            return
        try:
            now = await desktop.engine()
            if now not in (NAME, None):
                self._theirs = now  # the user has switched
            await engine.close()
            await desktop.until_gone(engine.name)
            if self._theirs is not None:
                await desktop.use_engine(self._theirs)
        except (IBusLost, IBusRefused) as error:
            _log.warning("the input method %s is not back yet: %s", self._theirs, error)
            await engine.close()
            await desktop.close()
            with contextlib.suppress(Unavailable):
                await self._connected()
        else:
            await asyncio.to_thread(_forget)

    async def _connected(self) -> IBusDesktop:
        """The connection, a new one if need be, which first brings back the engine that is
        remembered. Raises Unavailable."""
        async with self._connecting:
            if self._desktop is None or self._desktop.lost:
                desktop = await IBusDesktop.connect()
                theirs = await asyncio.to_thread(_remembered)
                try:
                    if theirs and await desktop.engine() in (None, NAME, _DEFAULT):
                        await desktop.use_engine(theirs)
                except (IBusLost, IBusRefused) as error:
                    _log.warning("the input method %s is not back: %s", theirs, error)
                if theirs and self._engine is None:
                    await asyncio.to_thread(_forget)
                self._desktop = desktop
            return self._desktop


def _check(focus: str | None, window: str) -> None:
    if focus != window:
        raise FocusMoved("another text field, or none, has the focus now")


def _follows(before: str, text: str) -> bool:
    """Whether the cursor stands behind `text`, where `before` is what stands before it, or its end,
    or the end of its last line."""
    return bool(before) and (before.endswith(text) or text.endswith(before))


def _pieces(text: str, longest: int) -> Iterator[str]:
    """`text` in pieces of so many bytes at most."""
    piece: list[str] = []
    size = 0
    for character in text:
        length = len(character.encode())
        if size + length > longest:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(character)
        size += length
    yield "".join(piece)


def _note() -> Path:
    return paths.state_dir() / "ibus-engine"


def _remember(name: str | None) -> None:
    if name is not None:
        try:
            paths.safe_dir(paths.state_dir())
            _note().write_text(name)
        except (OSError, UnsafeFolder) as error:
            _log.warning("the input method's name cannot be kept: %s", error)


def _remembered() -> str:
    try:
        return _note().read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _forget() -> None:
    with contextlib.suppress(OSError):
        _note().unlink(missing_ok=True)


async def _probe() -> None:
    await (await IBusDesktop.connect()).close()


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. It goes on to its end even if the caller is cancelled: the user's engine
    has to come back."""
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(task)
