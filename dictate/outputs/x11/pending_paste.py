"""A text that is offered to one application."""

import time
from dataclasses import dataclass, field
from typing import Any

from dictate.outputs.paste.pace import Pace
from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.x11.selection import Content
from dictate.outputs.x11.thread import XConnection
from dictate.outputs.x11.window import PING_S, answers_pings, ping

BEAT_S = 0.05
"""Seconds between two looks at an application that has taken a text."""


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
    fetched_by_helper: bool = False
    late_until: float = 0.0
    closed: bool = False
    lost: bool = False
    """Another program claimed a selection after the chord: the application may have pasted that."""


async def is_done(connection: XConnection, pending: PendingPaste, quiet_s: float) -> bool:
    """Whether the application is done with a text that it has taken: it has been silent for at
    least `quiet_s` and as long as its pace demands, and answers a ping without delay.

    To be asked every `BEAT_S`: time in which the application was held up is no silence, and it may
    answer a ping before it goes on with the text.
    """
    if pending.closed:
        return True
    silent = not pending.pace.rest_s(quiet_s)
    if not answers_pings(connection, pending.window):
        return silent
    asked_at = time.monotonic()
    answered = await ping(connection, pending.window, PING_S)
    pending.pace.held_up(time.monotonic() - asked_at)
    return silent and answered and not pending.pace.rest_s(quiet_s)


async def done_with(
    connection: XConnection, pending: PendingPaste, quiet_s: float, limit_s: float
) -> bool:
    """Wait until it is done; whether it is within `limit_s`."""
    end = time.monotonic() + limit_s
    while not await is_done(connection, pending, quiet_s):
        if time.monotonic() > end:
            return False
        rest_s = pending.pace.rest_s(quiet_s) or BEAT_S
        await connection.wait(lambda: pending.closed, min(rest_s, BEAT_S))
    return True
