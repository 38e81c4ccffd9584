"""Owns the clipboard of a Wayland session, and reads it from another owner.

A compositor with data-control permits both without a window and without the focus. Any program may
request the content and gets it through a pipe; the compositor does not say which program it is.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from dictate.errors import Unavailable
from dictate.outputs.wayland.pipes import read_all, write_all
from dictate.outputs.wayland.protocols import DATA_CONTROLS
from dictate.outputs.wayland.thread import WaylandConnection, lacks
from dictate.outputs.wayland.wire import Object
from dictate.platform.background import BackgroundTasks

_log = logging.getLogger(__name__)

ANSWER_S = 1.0
"""Seconds of silence after which an owner counts as hung."""
AT_ONCE_S = 0.03
"""The same where nothing is lost by giving up."""
ALL_S = 3.0
"""Seconds for all formats together. Big pictures in many formats take an owner long; what is
missing then is left out."""
ALL_BYTES = 64 * 1024 * 1024
"""Maximum size of all formats together."""

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

    `asked(kind, pipe)` is called when a program requests content that we own, and says whether
    `given()` is to be called when it has read all of it.
    """

    def __init__(
        self,
        connection: WaylandConnection,
        *,
        asked: Callable[[str, int], bool] = lambda _kind, _pipe: False,
        given: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._tasks = BackgroundTasks(_log)
        self._asked = asked
        self._given = given
        self._owned: dict[str, _Owned] = {}
        self._offers: dict[Object, _Offer] = {}
        self._theirs: dict[str, _Offer | None] = {}
        self.changed_at: dict[str, float] = {}
        """When each selection was last filled or emptied, monotonic seconds."""
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

    async def own(self, selection: str, content: Content) -> None:
        """Claim `selection`."""
        source = self._manager.send("create_data_source", self._source_kind)
        owned = _Owned(source, content)

        def send(kind: str, descriptor: int) -> None:
            tell = self._asked(kind, descriptor)
            self._tasks.start(self._give(content.get(kind, b""), descriptor, tell=tell))

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

    async def content(self, selection: str) -> Content:
        """All that the selection holds, whoever owns it; empty if it holds nothing."""
        if self.owns(selection):
            return self._owned[selection].content
        offer = self._theirs.get(selection)
        return await self._fetch(offer) if offer else {}

    def offers(self, selection: str, kind: str) -> bool:
        """Whether another program offers the selection in this format."""
        offer = self._theirs.get(selection)
        return offer is not None and kind in offer.kinds

    async def text(self, selection: str, limit_s: float = AT_ONCE_S) -> str | None:
        """The text that another program has in the selection; empty if none has any, None if the
        owner does not answer within `limit_s`."""
        offer = None if self.owns(selection) else self._theirs.get(selection)
        kind = next((kind for kind in _TEXT if offer is not None and kind in offer.kinds), None)
        if offer is None or kind is None:
            return ""
        found = bytearray()
        reading = asyncio.create_task(read_all(self._receive(offer, kind), found))
        self._connection.poll()  # sends the request
        await asyncio.wait({reading}, timeout=limit_s)
        if not reading.done() or reading.exception():
            reading.cancel()
            return None
        return found.decode(errors="replace")

    def _receive(self, offer: _Offer, kind: str) -> int:
        """The end of a pipe through which the content comes."""
        ours, theirs = os.pipe2(os.O_CLOEXEC)
        offer.handle.send("receive", kind, theirs)
        return ours

    async def _fetch(self, offer: _Offer) -> Content:
        found: dict[str, bytearray] = {}
        tasks: dict[str, asyncio.Task[None]] = {}
        for kind in dict.fromkeys(offer.kinds):
            if kind not in _NO_CONTENT:
                found[kind] = bytearray()
                pipe = self._receive(offer, kind)
                tasks[kind] = asyncio.create_task(read_all(pipe, found[kind]))
        self._connection.poll()  # sends the requests
        end, before, pending = time.monotonic() + ALL_S, -1, set(tasks.values())
        while pending and time.monotonic() < end:
            read = sum(map(len, found.values()))
            if read == before or read > ALL_BYTES:
                break
            before = read
            _, pending = await asyncio.wait(pending, timeout=ANSWER_S)
        for task in pending:
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        whole = [kind for kind, task in tasks.items() if not (task.cancelled() or task.exception())]
        if missing := len(tasks) - len(whole):
            _log.warning("clipboard: %d formats of its content could not be saved", missing)
        return {kind: bytes(found[kind]) for kind in whole}

    async def _give(self, data: bytes, descriptor: int, *, tell: bool) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            await write_all(descriptor, data)
            if tell:
                self._given()
                self._connection.wake()

    def _offer(self, handle: Object) -> None:
        offer = self._offers[handle] = _Offer(handle)
        handle.on["offer"] = offer.kinds.append

    def _changed(self, selection: str, handle: Object | None) -> None:
        """A program, maybe this one, has filled or emptied the selection."""
        self.changed_at[selection] = time.monotonic()
        if former := self._theirs.get(selection):
            former.handle.send("destroy")
            del self._offers[former.handle]
        self._theirs[selection] = self._offers[handle] if handle else None
