"""A text that is offered to one application."""

import time
from dataclasses import dataclass, field
from typing import Any

from dictate.outputs.paste.pace import Pace
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.x11.selection import Content
from dictate.outputs.x11.thread import XConnection
from dictate.outputs.x11.window import PING_S, answers_pings, ping


@dataclass(slots=True, eq=False)
class PendingPaste:
    """A text that one application, and no other client with a window, gets when it asks."""

    request: PasteRequest
    client: int
    window: Any
    content: Content
    selections: tuple[int, ...] = ()
    """Those that are ours for it."""
    pace: Pace = field(default_factory=Pace)
    answers: bool = True
    """It has answered the last ping, if there was one."""
    awake_at: float = 0.0
    """When it last answered one without delay, in monotonic seconds."""
    fetched_by_helper: bool = False
    late_until: float = 0.0
    closed: bool = False
    lost: bool = False
    """Another program claimed a selection after the chord: the application may have pasted that."""


async def rest_s(connection: XConnection, pending: PendingPaste, quiet_s: float) -> float:
    """Seconds after which to look again whether the application is done with a text that it has
    taken; 0 if it is.

    It is done if it was silent for at least `quiet_s` and as long as its pace demands, then
    answered a ping without delay, if it supports pings, and was silent for `quiet_s` again. The
    first silence may be that of one that was stopped, which may answer before it goes on with the
    text.
    """
    pace = pending.pace
    if rest := pace.rest_s(quiet_s):
        return rest
    if pending.closed or not answers_pings(connection, pending.window):
        return 0
    if pending.awake_at < pace.stepped_at:
        asked_at = time.monotonic()
        pending.answers = await ping(connection, pending.window, PING_S)
        if time.monotonic() - asked_at > quiet_s:
            pace.held_up()
            return pace.rest_s(quiet_s)
        pending.awake_at = time.monotonic()
    return max(0.0, pending.awake_at + quiet_s - time.monotonic())


async def done_with(
    connection: XConnection, pending: PendingPaste, quiet_s: float, limit_s: float
) -> bool:
    """Wait until the application is done with a text that it has taken, but not longer than
    `limit_s`. Whether it answers."""
    end = time.monotonic() + limit_s
    while rest := await rest_s(connection, pending, quiet_s):
        if (left := end - time.monotonic()) <= 0:
            break
        await connection.wait(lambda: pending.closed, min(rest, left))
    return pending.answers
