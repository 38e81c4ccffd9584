"""The focused text field, as an input method sees it (input-method-v2).

The compositor has one input method for each seat, and tells it which field is active, what it is
for, and what stands around its cursor where the application says so. A commit is no question: it
goes into the field that is active when the compositor reads it, whatever its serial says.
"""

import itertools
import time
from dataclasses import dataclass, field
from typing import ClassVar
from weakref import WeakSet

from dictate.errors import Unavailable
from dictate.outputs.wayland.protocols import INPUT_METHOD, INPUT_METHOD_MANAGER
from dictate.outputs.wayland.thread import WaylandConnection

_PASSWORD, _PIN, _TERMINAL = 8, 9, 13
_HIDDEN_TEXT = 0x40
_BY_INPUT_METHOD = 0

TAKEN = (
    "another input method (fcitx5, ibus, an on-screen keyboard) has the text fields of this "
    "session; end it, or paste: --output virtual_keyboard"
)


@dataclass(slots=True, eq=False)
class Field:
    """One time that one field is active. `number` is never used again, on no connection."""

    number: int = field(default_factory=itertools.count(1).__next__)
    purpose: int = 0
    hints: int = 0
    around: tuple[bytes, int] | None = None
    """The text around the cursor, perhaps cut off within a character, and the cursor's place in it,
    if the application tells."""
    selected: bool = False
    """Whether some of it is selected."""
    ours: int = 0
    """How often the application has told that the text is another by what we did."""
    told_at: float = 0.0
    """When anything was last told of it, monotonic seconds."""

    @property
    def secret(self) -> bool:
        """A password, or the like."""
        return self.purpose in (_PASSWORD, _PIN) or bool(self.hints & _HIDDEN_TEXT)

    @property
    def terminal(self) -> bool:
        return self.purpose == _TERMINAL

    @property
    def told(self) -> object:
        """Another value whenever the application has told of a change that may be ours."""
        return self.ours, self.around

    @property
    def before(self) -> str:
        """What stands before the cursor, as far as it is told."""
        text, cursor = self.around or (b"", 0)
        return text[:cursor].decode(errors="ignore")

    def ends_with(self, chunk: str) -> bool:
        """Whether the cursor stands behind `chunk`, as far as it is told: a part of the text, at
        times its last line only."""
        text, cursor = self.around or (b"", 0)
        before, wanted = text[:cursor], chunk.encode()
        if not before:
            return chunk.endswith("\n")
        return before.endswith(wanted) or wanted.endswith(before)


class InputMethod:
    """The input method of the seat. Raises Unavailable where there is another."""

    held: ClassVar[WeakSet["InputMethod"]] = WeakSet()
    """Those of this very process: they do not make the seat unavailable to themselves."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._x = connection
        self.field: Field | None = None
        self.unavailable = False
        self._coming: Field | None = None
        self._serial = 0
        manager = connection.bind(INPUT_METHOD_MANAGER)
        self._method = manager.send("get_input_method", connection.seat, INPUT_METHOD)
        self._method.on.update(
            activate=self._activate,
            deactivate=self._deactivate,
            surrounding_text=self._surrounding,
            text_change_cause=self._cause,
            content_type=self._content_type,
            done=self._done,
            unavailable=self._unavailable,
        )
        connection.round_trip()
        if self.unavailable:
            raise Unavailable(TAKEN)
        self.held.add(self)

    @property
    def alive(self) -> bool:
        """Whether the seat is ours."""
        return not self.unavailable and not self._x.lost

    def commit(self, text: str) -> None:
        """Queue `text` for the active field; a preedit there goes."""
        self._method.send("commit_string", text)
        self._method.send("commit", self._serial)

    def delete(self, count: int) -> None:
        """Queue that so many bytes before the cursor go."""
        self._method.send("delete_surrounding_text", count, 0)
        self._method.send("commit", self._serial)

    def preedit(self, text: str) -> None:
        """Queue `text` as one that is not there yet, with the cursor behind it."""
        end = len(text.encode())
        self._method.send("set_preedit_string", text, end, end)
        self._method.send("commit", self._serial)

    def close(self) -> None:
        """Give the seat back."""
        self.held.discard(self)
        self._method.send("destroy")

    def _activate(self) -> None:
        self._coming = Field()

    def _deactivate(self) -> None:
        self._coming = None

    def _surrounding(self, text: bytes, cursor: int, anchor: int) -> None:
        if self._coming is not None:
            self._coming.around = (text, cursor)
            self._coming.selected = cursor != anchor

    def _cause(self, cause: int) -> None:
        if self._coming is not None:
            self._coming.ours += cause == _BY_INPUT_METHOD

    def _content_type(self, hints: int, purpose: int) -> None:
        if self._coming is not None:
            self._coming.hints = hints
            self._coming.purpose = purpose

    def _done(self) -> None:
        self._serial += 1
        self.field = self._coming
        if self.field is not None:
            self.field.told_at = time.monotonic()

    def _unavailable(self) -> None:
        self.unavailable = True
        self.field = self._coming = None
