"""Owning the clipboard of a Wayland session, and reading what another program has in it.

A compositor with data-control lets us do both without a window and without the focus. Who asks for
the content is not told: any program may, and gets it through a pipe.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from sys import byteorder
from termios import FIONREAD
from typing import TypeAlias

from dictate.errors import Unavailable
from dictate.outputs.wayland.protocols import DATA_CONTROLS
from dictate.outputs.wayland.thread import Pipe, Want, WaylandConnection, lacks
from dictate.outputs.wayland.wire import Object

_log = logging.getLogger(__name__)

ANSWER_S = 1.0
"""An owner that gives no sign for so long counts as hung."""
ALL_S = 3.0
"""Big pictures in many formats take an owner long; what is not there by then stays behind."""
ALL_BYTES = 64 * 1024 * 1024
READ_S = 2.0
"""Whoever has asked and does not read within this time is no longer looked after."""
_PIECE_BYTES = 256 * 1024

Content: TypeAlias = dict[str, bytes]
"""What a selection holds, by the kind that an application asks for (mostly a MIME type)."""

CLIPBOARD, PRIMARY = "selection", "primary_selection"

HINT = "x-kde-passwordManagerHint"
_TEXT = ("text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "TEXT", "STRING")

# What Xwayland passes on of X11's own: questions, orders, and resources of the owner's.
_NO_CONTENT = frozenset(
    ("TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS", "DELETE", "PIXMAP", "BITMAP", "DRAWABLE")
)


def text_content(text: str) -> Content:
    """`text` in the kinds that applications ask for, and that clipboard managers shall not keep."""
    return dict.fromkeys(_TEXT, text.encode()) | {HINT: b"secret"}


class _Reading(Pipe):
    def __init__(self, descriptor: int, kind: str) -> None:
        super().__init__(descriptor)
        self.kind = kind
        self.data = bytearray()
        self.whole = False

    def move(self) -> bool:
        piece = os.read(self.descriptor, _PIECE_BYTES)
        self.data += piece
        self.whole = not piece
        return self.whole


class _Writing(Pipe):
    """`taken` is called once the other side has read all of it."""

    wants = Want.WRITE

    def __init__(self, descriptor: int, data: bytes, taken: Callable[[], None]) -> None:
        super().__init__(descriptor)
        self._rest = memoryview(data)
        self._taken = taken
        self._until = float("inf")

    def move(self) -> bool:
        if self._rest:
            self._rest = self._rest[os.write(self.descriptor, self._rest[:_PIECE_BYTES]) :]
        if self._rest:
            return False
        if self.wants is Want.WRITE:
            self._close()
        if self.over or not self._unread():
            self._taken()
            return True
        return time.monotonic() > self._until

    def _close(self) -> None:
        """Let the other side see the end, and look on from there: an application that has read all
        but not seen the end yet begins anew if the selection changes in that moment."""
        try:
            reading = os.open(f"/proc/self/fd/{self.descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it is no pipe
            self.end()
            return
        os.close(self.descriptor)
        self.descriptor = reading
        # Nothing wakes us when somebody else has read a pipe empty.
        self.wants = Want.TICKS
        self._until = time.monotonic() + READ_S

    def _unread(self) -> int:
        answer = fcntl.ioctl(self.descriptor, FIONREAD, bytes(4))
        return int.from_bytes(answer, byteorder)


@dataclass(slots=True, eq=False)
class _Owned:
    """A selection of ours."""

    source: Object
    content: Content
    lost: bool = False


@dataclass(slots=True, eq=False)
class _Offer:
    """A selection of another program's."""

    handle: Object
    kinds: list[str] = field(default_factory=list)


class Selections:
    """Clipboard and primary selection. Raises Unavailable where the compositor lets nobody.

    `asked(selection, kind)` is called when somebody asks for what we own, `given(selection, kind)`
    when he has it whole.
    """

    def __init__(
        self,
        connection: WaylandConnection,
        *,
        asked: Callable[[str, str], None] = lambda _selection, _kind: None,
        given: Callable[[str, str], None] = lambda _selection, _kind: None,
    ) -> None:
        self._x = connection
        self._asked = asked
        self._given = given
        self._owned: dict[str, _Owned] = {}
        self._offers: dict[Object, _Offer] = {}
        self._theirs: dict[str, _Offer | None] = {}
        known = next((each for each in DATA_CONTROLS if connection.offers(each)), None)
        if known is None:
            raise Unavailable(lacks(DATA_CONTROLS[-1]))
        self._source_kind = known.makes["source"]
        self._manager = connection.bind(known)
        self._device = self._manager.send("get_data_device", known.makes["device"], connection.seat)
        self._device.on["data_offer"] = self._offer
        for selection in (CLIPBOARD, PRIMARY):
            self._device.on[selection] = lambda handle, which=selection: self._taken(which, handle)

    def own(self, selection: str, content: Content) -> None:
        """Claim `selection`."""
        source = self._manager.send("create_data_source", self._source_kind)
        owned = _Owned(source, content)

        def send(kind: str, descriptor: int) -> None:
            self._asked(selection, kind)
            data = content.get(kind, b"")
            self._x.carry(_Writing(descriptor, data, lambda: self._given(selection, kind)))

        def cancelled() -> None:
            if not owned.lost:  # KWin says it twice, and hangs up on who destroys it twice
                owned.lost = True
                source.send("destroy")

        source.on.update(send=send, cancelled=cancelled)
        for kind in content:
            source.send("offer", kind)
        self._device.send(f"set_{selection}", source)
        self._owned[selection] = owned

    def owns(self, selection: str) -> bool:
        """Whether it is still ours, as of the last round trip."""
        owned = self._owned.get(selection)
        return owned is not None and not owned.lost

    def disown(self, selection: str) -> None:
        """Leave it empty, if it is still ours."""
        if self.owns(selection):
            self._device.send(f"set_{selection}", None)
            del self._owned[selection]

    def content(self, selection: str) -> Content:
        """All that it holds, ours or another's; empty if nothing is in it."""
        if self.owns(selection):
            return self._owned[selection].content
        offer = self._theirs.get(selection)
        return self._fetch(offer) if offer else {}

    def _fetch(self, offer: _Offer) -> Content:
        readings = []
        for kind in dict.fromkeys(offer.kinds):
            if kind not in _NO_CONTENT:
                ours, theirs = os.pipe2(os.O_CLOEXEC)
                offer.handle.send("receive", kind, theirs)
                readings.append(_Reading(ours, kind))
                self._x.carry(readings[-1])
        end = time.monotonic() + ALL_S
        before = -1
        while any(not each.over for each in readings) and time.monotonic() < end:
            read = sum(len(each.data) for each in readings)
            if read == before or read > ALL_BYTES:
                break
            before = read
            self._x.wait(lambda: all(each.over for each in readings), ANSWER_S)
        for each in readings:
            each.end()
        if missing := sum(not each.whole for each in readings):
            _log.warning("%d forms of the clipboard's content could not be kept", missing)
        return {each.kind: bytes(each.data) for each in readings if each.whole}

    def _offer(self, handle: Object) -> None:
        offer = self._offers[handle] = _Offer(handle)
        handle.on["offer"] = offer.kinds.append

    def _taken(self, selection: str, handle: Object | None) -> None:
        """Somebody, we among them, has filled or emptied it."""
        if former := self._theirs.get(selection):
            former.handle.send("destroy")
            del self._offers[former.handle]
        self._theirs[selection] = self._offers[handle] if handle else None
