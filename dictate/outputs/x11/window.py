"""Windows: which one has the focus, which client owns it, whether its application is awake."""

import time
from typing import Any

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.ext import res
from Xlib.protocol.event import ClientMessage

from dictate.outputs import Focus
from dictate.outputs.x11.thread import XConnection

PING_S = 0.3
"""Seconds that an application has to answer a ping."""


def focused(connection: XConnection) -> tuple[Any, Focus] | None:
    """The application's window that has the focus, and the Focus for it; None if none has."""
    display = connection.display
    window = display.get_input_focus().focus
    if isinstance(window, int):  # None or PointerRoot
        return None
    try:
        top = _toplevel(connection, window)
        if top is None:
            return None
        names = top.get_wm_class()
        title = _title(connection, top)
    except XError:  # it vanished meanwhile
        return None
    return top, Focus(f"{top.id:#x}", names[1] if names else "", title)


def _title(connection: XConnection, window: Any) -> str:
    """The title of a window; empty if it has none that is UTF-8."""
    found = window.get_full_property(connection.atom("_NET_WM_NAME"), X.AnyPropertyType)
    if found is None or not isinstance(found.value, bytes):
        return ""
    return found.value.decode(errors="replace")


def _toplevel(connection: XConnection, window: Any) -> Any | None:
    """The window that the window manager knows, with WM_STATE; otherwise the outermost one, such as
    a launcher's. None for the root, and for the invisible window that has the focus on a desktop
    without others."""
    state = connection.atom("WM_STATE")
    root = connection.display.screen().root
    while window.id != root.id:
        if window.get_property(state, X.AnyPropertyType, 0, 0) is not None:
            return window
        parent = window.query_tree().parent
        if isinstance(parent, int) or parent.id == root.id:
            return window if _visible(connection, window) else None
        window = parent
    return None


def _visible(connection: XConnection, window: Any) -> bool:
    """Whether a part of it is on the screen."""
    screen = connection.display.screen()
    place = window.get_geometry()
    return bool(
        window.get_attributes().map_state == X.IsViewable
        and -place.width < place.x < screen.width_in_pixels
        and -place.height < place.y < screen.height_in_pixels
    )


def has_window(connection: XConnection, client: int) -> bool:
    """Whether this X client has a window for the user, according to the window manager."""
    listed = connection.display.screen().root.get_full_property(
        connection.atom("_NET_CLIENT_LIST"), Xatom.WINDOW
    )
    return listed is not None and any(connection.client(xid) == client for xid in listed.value)


def process_of(connection: XConnection, client: int) -> int | None:
    """The process of this X client, according to the server; None if it is on another machine, or
    if the server does not say."""
    if not connection.display.has_extension(res.extname):
        return None
    spec = {"client": client, "mask": res.LocalClientPIDMask}
    try:
        answer = connection.display.res_query_client_ids([spec])
    except XError:  # it is gone, or the server's extension is too old
        return None
    return next((int(each.value[0]) for each in answer.ids if each.value), None)


def answers_pings(connection: XConnection, window: Any) -> bool:
    """Whether the window's application supports _NET_WM_PING."""
    try:
        protocols = window.get_full_property(connection.atom("WM_PROTOCOLS"), Xatom.ATOM)
    except XError:
        return False
    return protocols is not None and connection.atom("_NET_WM_PING") in protocols.value


async def ping(connection: XConnection, window: Any, seconds: float) -> bool:
    """Whether the application has handled everything that was sent to `window` before.

    An application handles its events in order, so its answer means that it has seen the key presses
    before the ping.
    """
    root = connection.display.screen().root
    question = connection.atom("_NET_WM_PING")
    when = await connection.now()
    # Qt sends its answer to those who listen to the second one only.
    root.change_attributes(event_mask=X.SubstructureNotifyMask | X.StructureNotifyMask)
    try:
        window.send_event(
            ClientMessage(
                window=window,
                client_type=connection.atom("WM_PROTOCOLS"),
                data=(32, [question, when, window.id, 0, 0]),
            )
        )
        end = time.monotonic() + seconds
        answer = await connection.expect(
            lambda e: (
                e.type == X.ClientMessage
                and e.window.id == root.id
                and list(e.data[1][:3]) == [question, when, window.id]
            ),
            max(0.0, end - time.monotonic()),
        )
    finally:
        root.change_attributes(event_mask=X.NoEventMask)
    return answer is not None
