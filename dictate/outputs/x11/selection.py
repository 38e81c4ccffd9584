"""Owns X selections and answers requests for them, as ICCCM section 2 demands."""

import contextlib
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from Xlib import X, Xatom
from Xlib.protocol import request
from Xlib.protocol.event import SelectionNotify

from dictate.outputs.x11.thread import XConnection

DIRECT_BYTES = 128 * 1024
"""Maximum size of a value that is sent at once; a bigger one goes in pieces (INCR). Every server
accepts requests of 256 KiB."""

PIECE_BYTES = 64 * 1024
SAVE_TO_MANAGER_S = 0.5
"""Seconds that a clipboard manager has to save the content."""
STALE_S = 10.0
"""Seconds without a request for the next piece after which a transfer is dropped."""


@dataclass(frozen=True, slots=True)
class Value:
    """A selection's content in one target."""

    type: int
    format: int
    data: bytes


Content: TypeAlias = dict[int, Value]
"""A selection's content in all its targets, by the target's atom."""


def text_content(connection: XConnection, text: str, *, secret: bool) -> Content:
    """`text` as the targets that applications ask for.

    `secret` asks clipboard managers not to keep it.
    """
    atom, data = connection.atom, text.encode()
    utf8 = Value(atom("UTF8_STRING"), 8, data)
    content = {
        atom("UTF8_STRING"): utf8,
        atom("TEXT"): utf8,
        atom("text/plain;charset=utf-8"): Value(atom("text/plain;charset=utf-8"), 8, data),
        atom("text/plain"): Value(atom("text/plain"), 8, data),
    }
    # STRING is Latin-1 by definition; a client that wants only this gets nothing rather than "?".
    with contextlib.suppress(UnicodeEncodeError):
        content[Xatom.STRING] = Value(Xatom.STRING, 8, text.encode("latin-1"))
    if secret:
        hint = atom("x-kde-passwordManagerHint")
        content[hint] = Value(hint, 8, b"secret")
    return content


@dataclass(slots=True)
class _Transfer:
    """A value that is sent in pieces."""

    window: Any
    value: Value
    client: int
    target: int
    sent: int = 0
    finished: bool = False
    at: float = 0.0


class Selections:
    """The selections that we own. `contents` holds what each of them gives to every client."""

    def __init__(
        self,
        connection: XConnection,
        *,
        choose: Callable[[int, int], Content | None] | None = None,
        answered: Callable[[int, int], None] | None = None,
    ) -> None:
        """`choose(selection, client)` may return a different content for one client, or None.

        `answered(client, target)` is called after a client has got a whole value, not just a list
        of targets.
        """
        self.contents: dict[int, Content] = {}
        self._x = connection
        self._times: dict[int, int] = {}
        self._choose = choose or (lambda _selection, _client: None)
        self._answered = answered or (lambda _client, _target: None)
        self._transfers: dict[tuple[int, int], _Transfer] = {}
        connection.handlers.append(self._handle)

    async def own(self, selection: int, content: Content) -> bool:
        """Claim `selection`; whether it is ours now."""
        when = await self._x.now()
        self._x.window.set_selection_owner(selection, when)
        if not self.owns(selection):
            self.contents.pop(selection, None)
            return False
        self.contents[selection] = content
        self._times[selection] = when
        return True

    def owns(self, selection: int) -> bool:
        """Whether the server says so, too."""
        owner = self._x.display.get_selection_owner(selection)
        return bool(owner != X.NONE and owner.id == self._x.window.id)

    def disown(self, selection: int) -> None:
        """Leave `selection` without an owner, if it is still ours."""
        if self.contents.pop(selection, None) is not None:
            request.SetSelectionOwner(
                display=self._x.display.display,
                window=X.NONE,
                selection=selection,
                time=self._times[selection],
            )

    def _handle(self, event: Any) -> None:
        if event.type == X.SelectionRequest and event.owner.id == self._x.window.id:
            self._request(event)
        elif event.type == X.SelectionClear and event.window.id == self._x.window.id:
            # An event from before our last claim ended an earlier ownership.
            ours = self._times.get(event.atom, 0)
            if (event.time - ours) & 0xFFFFFFFF < 0x80000000:
                self.contents.pop(event.atom, None)
        elif event.type == X.PropertyNotify and event.state == X.PropertyDelete:
            transfer = self._transfers.get((event.window.id, event.atom))
            if transfer is not None:
                self._next_piece(event.atom, transfer)

    def _request(self, event: Any) -> None:
        client = self._x.client(event.requestor.id)
        # Clients older than ICCCM leave the property to us.
        into = event.property or event.target
        content = self.contents.get(event.selection)
        if content is not None:
            content = self._choose(event.selection, client) or content
        if content is None:
            done = False
        elif event.target == self._x.atom("MULTIPLE"):
            done = self._convert_many(event, content, client)
        else:
            done = self._convert(event, event.target, into, content, client)
        event.requestor.send_event(
            SelectionNotify(
                time=event.time,
                requestor=event.requestor,
                selection=event.selection,
                target=event.target,
                property=into if done else X.NONE,
            )
        )
        self._x.display.flush()
        if done and content is not None and event.target in content:
            transfer = self._transfers.get((event.requestor.id, into))
            if transfer is None:
                self._answered(client, event.target)

    def _convert(self, event: Any, target: int, into: int, content: Content, client: int) -> bool:
        requestor, atom = event.requestor, self._x.atom
        if target == atom("TARGETS"):
            known = [target, atom("TIMESTAMP"), atom("MULTIPLE"), *content]
            requestor.change_property(into, Xatom.ATOM, 32, known)
        elif target == atom("TIMESTAMP"):
            when = self._times[event.selection]
            requestor.change_property(into, Xatom.INTEGER, 32, [when])
        elif target in content:
            value = content[target]
            if len(value.data) > DIRECT_BYTES:
                self._begin_pieces(requestor, into, value, client, target)
            else:
                requestor.change_property(into, value.type, value.format, value.data)
        else:
            return False
        return True

    def _convert_many(self, event: Any, content: Content, client: int) -> bool:
        """MULTIPLE: pairs of target and property in a property; failures become None there."""
        if event.property == X.NONE:
            return False
        asked = event.requestor.get_full_property(event.property, X.AnyPropertyType)
        if asked is None or asked.format != 32:
            return False
        pairs = list(asked.value)
        for at in range(0, len(pairs) - 1, 2):
            target, into = pairs[at], pairs[at + 1]
            if into == X.NONE or not self._convert(event, target, into, content, client):
                pairs[at + 1] = X.NONE
            elif target in content and (event.requestor.id, into) not in self._transfers:
                self._answered(client, target)
        pair_type = self._x.atom("ATOM_PAIR")
        event.requestor.change_property(event.property, pair_type, 32, pairs)
        return True

    def _begin_pieces(
        self, requestor: Any, into: int, value: Value, client: int, target: int
    ) -> None:
        requestor.change_attributes(event_mask=X.PropertyChangeMask)
        requestor.change_property(into, self._x.atom("INCR"), 32, [len(value.data)])
        key = (requestor.id, into)
        transfer = _Transfer(requestor, value, client, target, at=time.monotonic())
        self._transfers[key] = transfer
        self._x.call_later(STALE_S, lambda: self._drop_stale(key, transfer))

    def _next_piece(self, into: int, transfer: _Transfer) -> None:
        key = (transfer.window.id, into)
        if transfer.finished:
            del self._transfers[key]
            transfer.window.change_attributes(event_mask=X.NoEventMask)
            self._answered(transfer.client, transfer.target)
            return
        value = transfer.value
        piece = value.data[transfer.sent : transfer.sent + PIECE_BYTES]
        transfer.window.change_property(into, value.type, value.format, piece)
        transfer.sent += len(piece)
        transfer.finished = not piece
        transfer.at = time.monotonic()

    def _drop_stale(self, key: tuple[int, int], transfer: _Transfer) -> None:
        if self._transfers.get(key) is not transfer:
            return
        if time.monotonic() - transfer.at >= STALE_S:
            del self._transfers[key]
        else:
            self._x.call_later(STALE_S, lambda: self._drop_stale(key, transfer))


async def save_to_manager(connection: XConnection, selections: Selections) -> None:
    """Ask a clipboard manager, if there is one, to keep the content, which would end with us."""
    clipboard, manager = connection.atom("CLIPBOARD"), connection.atom("CLIPBOARD_MANAGER")
    content = selections.contents.get(clipboard)
    if not content or connection.display.get_selection_owner(manager) == X.NONE:
        return
    into = connection.atom("_DICTATE_SAVE")
    connection.window.change_property(into, Xatom.ATOM, 32, list(content))
    connection.window.convert_selection(
        manager, connection.atom("SAVE_TARGETS"), into, await connection.now()
    )
    await connection.expect(
        lambda e: e.type == X.SelectionNotify and e.selection == manager, SAVE_TO_MANAGER_S
    )


def atoms_in(value: Value) -> list[int]:
    """The atoms in a value of 32-bit format."""
    return list(array("I", value.data)) if value.format == 32 else []
