"""Owns the clipboard of a Wayland session, and reads it from another owner.

A compositor with data-control permits both without a window and without the focus. Any program may
request the content and gets it through a pipe; the compositor does not say which program it is.
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
"""Seconds of silence after which an owner counts as hung."""
ALL_S = 3.0
"""Seconds for all formats together. Big pictures in many formats take an owner long; what is
missing then is left out."""
ALL_BYTES = 64 * 1024 * 1024
"""Maximum size of all formats together."""
READ_S = 2.0
"""Seconds that a requestor has to read the content to its end."""
_PIECE_BYTES = 256 * 1024

Content: TypeAlias = dict[str, bytes]
"""What a selection holds, by the format that an application requests (mostly a MIME type)."""

CLIPBOARD, PRIMARY = "selection", "primary_selection"

HINT = "x-kde-passwordManagerHint"
_TEXT = ("text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "TEXT", "STRING")

# What Xwayland passes on from X11: questions, orders, and resources of the owner.
_NO_CONTENT = frozenset(
    ("TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS", "DELETE", "PIXMAP", "BITMAP", "DRAWABLE")
)


def text_content(text: str) -> Content:
    """`text` in the formats that applications request, with the hint for clipboard managers not to
    keep it."""
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
    """`done` is called once the other side has read everything."""

    wants = Want.WRITE

    def __init__(self, descriptor: int, data: bytes, done: Callable[[], None]) -> None:
        super().__init__(descriptor)
        self._rest = memoryview(data)
        self._done = done
        self._until = float("inf")

    def move(self) -> bool:
        if self._rest:
            self._rest = self._rest[os.write(self.descriptor, self._rest[:_PIECE_BYTES]) :]
        if self._rest:
            return False
        if self.wants is Want.WRITE:
            self._close()
        if self.over or not self._unread():
            self._done()
            return True
        return time.monotonic() > self._until

    def _close(self) -> None:
        """Let the other side see the end, and watch how much it has read. An application that has
        read everything but not yet seen the end starts over if the selection changes then."""
        try:
            reading = os.open(f"/proc/self/fd/{self.descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it is no pipe
            self.end()
            return
        os.close(self.descriptor)
        self.descriptor = reading
        # There is no event for a pipe that another process has emptied.
        self.wants = Want.TICKS
        self._until = time.monotonic() + READ_S

    def _unread(self) -> int:
        answer = fcntl.ioctl(self.descriptor, FIONREAD, bytes(4))
        return int.from_bytes(answer, byteorder)


@dataclass(slots=True, eq=False)
class _Owned:
    """A selection that is ours."""

    source: Object
    content: Content
    lost: bool = False


@dataclass(slots=True, eq=False)
class _Offer:
    """A selection of another program."""

    handle: Object
    kinds: list[str] = field(default_factory=list)


class Selections:
    """Clipboard and primary selection. Raises Unavailable if the compositor gives no access.

    `asked(selection, kind)` is called when a program requests content that we own,
    `given(selection, kind)` when it has read all of it.
    """

    def __init__(
        self,
        connection: WaylandConnection,
        *,
        asked: Callable[[str, str], None] = lambda _selection, _kind: None,
        given: Callable[[str, str], None] = lambda _selection, _kind: None,
    ) -> None:
        self._connection = connection
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
            self._device.on[selection] = lambda handle, which=selection: self._changed(
                which, handle
            )

    def own(self, selection: str, content: Content) -> None:
        """Claim `selection`."""
        source = self._manager.send("create_data_source", self._source_kind)
        owned = _Owned(source, content)

        def send(kind: str, descriptor: int) -> None:
            self._asked(selection, kind)
            data = content.get(kind, b"")
            self._connection.carry(_Writing(descriptor, data, lambda: self._given(selection, kind)))

        def cancelled() -> None:
            if (
                not owned.lost
            ):  # KWin sends it twice, and disconnects a client that destroys it twice
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
        """Leave the selection empty if it is still ours."""
        if self.owns(selection):
            self._device.send(f"set_{selection}", None)
            del self._owned[selection]

    def content(self, selection: str) -> Content:
        """All that the selection holds, whoever owns it; empty if it holds nothing."""
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
                self._connection.carry(readings[-1])
        end = time.monotonic() + ALL_S
        before = -1
        while any(not each.over for each in readings) and time.monotonic() < end:
            read = sum(len(each.data) for each in readings)
            if read == before or read > ALL_BYTES:
                break
            before = read
            self._connection.wait(lambda: all(each.over for each in readings), ANSWER_S)
        for each in readings:
            each.end()
        if missing := sum(not each.whole for each in readings):
            _log.warning("clipboard: %d formats of its content could not be saved", missing)
        return {each.kind: bytes(each.data) for each in readings if each.whole}

    def _offer(self, handle: Object) -> None:
        offer = self._offers[handle] = _Offer(handle)
        handle.on["offer"] = offer.kinds.append

    def _changed(self, selection: str, handle: Object | None) -> None:
        """A program, maybe this one, has filled or emptied the selection."""
        if former := self._theirs.get(selection):
            former.handle.send("destroy")
            del self._offers[former.handle]
        self._theirs[selection] = self._offers[handle] if handle else None
