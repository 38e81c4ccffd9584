"""A text that is offered to one application."""

from dataclasses import dataclass
from typing import Any

from dictate.outputs.paste.paste_request import PasteRequest
from dictate.outputs.x11.selection import Content


@dataclass(slots=True, eq=False)
class PendingPaste:
    """A text that one application, and no other client with a window, gets when it asks."""

    request: PasteRequest
    client: int
    window: Any
    content: Content
    selections: tuple[int, ...] = ()
    """Those that are ours for it."""
    asked_at: float = 0.0
    fetched_by_helper: bool = False
    late_until: float = 0.0
    closed: bool = False
    lost: bool = False
    """Another program claimed a selection after the chord: the application may have pasted that."""
