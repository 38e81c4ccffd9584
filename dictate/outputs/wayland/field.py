"""The focused text field, as an input method sees it (input-method-v2).

The compositor has one input method for each seat. It reports which field is active, its purpose,
and the text around its cursor if the application gives it. A commit goes into the field that is
active when the compositor reads it, whatever its serial is.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Self
from weakref import WeakSet

from dictate.errors import Unavailable
from dictate.outputs import FieldText
from dictate.outputs.wayland.protocols import INPUT_METHOD, INPUT_METHOD_MANAGER
from dictate.outputs.wayland.thread import WaylandConnection
from dictate.translation import _

_PASSWORD, _PIN, _TERMINAL = 8, 9, 13
_HIDDEN_TEXT = 0x40
_BY_INPUT_METHOD = 0

TAKEN = _(
    "another input method (fcitx5, ibus, an on-screen keyboard) has the text fields of this "
    "session; end it, or paste: --output virtual_keyboard"
)


@dataclass(slots=True, eq=False)
class Field:
    """One activation of a field. No other one has its `number`, on no connection."""

    number: int = field(default_factory=itertools.count(1).__next__)
    purpose: int = 0
    hints: int = 0
    around: tuple[bytes, int] | None = None
    """The text around the cursor, which may be cut within a character, and the cursor's position in
    it, if the application reports them."""
    anchor: int = 0
    """The position of the other end of the selection."""
    fresh: bool = False
    """Whether the last report is the answer to the last preedit. GTK 3 and 4 report a new cursor,
    but no Enter: a later report may be out of date."""
    unanswered: int = 0
    """How many of our requests it may still answer with a report. GTK 3 drops a text that crosses
    one of its reports; and the answer to an older request is no receipt for the text."""
    asked_at: float = 0.0
    """Monotonic seconds of the last of these requests."""
    shown: str = ""
    """The preedit in it."""
    our_changes: int = 0
    """How many changes of the text the application has attributed to us."""
    updated_at: float = 0.0
    """Monotonic seconds of the last report about it."""

    @property
    def secret(self) -> bool:
        """Whether it is for a password or the like."""
        return self.purpose in (_PASSWORD, _PIN) or bool(self.hints & _HIDDEN_TEXT)

    @property
    def terminal(self) -> bool:
        return self.purpose == _TERMINAL

    @property
    def state(self) -> object:
        """Differs after each reported change that may be ours."""
        return self.our_changes, self.around

    @property
    def selected(self) -> bool:
        """Whether some of it is selected. Applications of GTK 3 never say so."""
        return self.around is not None and self.anchor != self.around[1]

    @property
    def before(self) -> str:
        """The text before the cursor, as far as it is reported."""
        text, cursor = self.around or (b"", 0)
        return text[:cursor].decode(errors="ignore")

    @property
    def content(self) -> FieldText | None:
        """What stands around the cursor, if the application reports it, and both positions are
        between two characters of it."""
        if self.around is None:
            return None
        data, cursor = self.around
        data = data.rstrip(b"\0")
        if max(cursor, self.anchor) > len(data):
            return None
        try:
            places = [len(_uncut(data[:at])) for at in (cursor, self.anchor)]
        except UnicodeDecodeError:
            return None
        return FieldText(data.decode(errors="ignore"), *places)

    def ends_with(self, chunk: str) -> bool:
        """Whether the cursor is behind `chunk`, as far as the text is reported: some applications
        report only the last line."""
        text, cursor = self.around or (b"", 0)
        before, wanted = text[:cursor], chunk.encode()
        if not before:
            return chunk.endswith("\n")
        return before.endswith(wanted) or wanted.endswith(before)


def _uncut(data: bytes) -> str:
    """The text, whose first character may be cut. Raises UnicodeDecodeError if its last one is."""
    start = next((at for at, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0)
    return data[start:].decode()


class InputMethod:
    """The input method of the seat."""

    held: ClassVar[WeakSet["InputMethod"]] = WeakSet()
    """Those of this process: the seat they have is not unavailable to Dictate."""

    def __init__(self, connection: WaylandConnection) -> None:
        self._connection = connection
        self.field: Field | None = None
        self.unavailable = False
        self.on_report: Callable[[], None] | None = None
        """Called after each report about `field`. Must not raise."""
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

    @classmethod
    async def acquire(cls, connection: WaylandConnection) -> Self:
        """Raises Unavailable if the seat has another one."""
        method = cls(connection)
        await connection.round_trip()
        if method.unavailable:
            raise Unavailable(TAKEN)
        cls.held.add(method)
        return method

    @property
    def alive(self) -> bool:
        """Whether the seat is ours."""
        return not self.unavailable and not self._connection.lost

    def commit(self, text: str) -> None:
        """Queue `text` for the active field; it replaces the preedit."""
        self._asks("")
        self._method.send("commit_string", text)
        self._method.send("commit", self._serial)

    def delete(self, count: int) -> None:
        """Queue the deletion of `count` bytes before the cursor."""
        self._asks("")
        self._method.send("delete_surrounding_text", count, 0)
        self._method.send("commit", self._serial)

    def preedit(self, text: str) -> None:
        """Queue `text` as the preedit, with the cursor behind it."""
        if self.field is not None:
            self.field.fresh = False
            if text != self.field.shown:  # only a change is answered
                self._asks(text)
        end = len(text.encode())
        self._method.send("set_preedit_string", text, end, end)
        self._method.send("commit", self._serial)

    def close(self) -> None:
        """Release the seat."""
        self.held.discard(self)
        self._method.send("destroy")

    def _asks(self, shown: str) -> None:
        """The application is to answer, and shows this preedit then."""
        if self.field is not None:
            self.field.shown = shown
            self.field.unanswered += 1
            self.field.asked_at = time.monotonic()

    def _activate(self) -> None:
        self._coming = Field()

    def _deactivate(self) -> None:
        self._coming = None

    def _surrounding(self, text: bytes, cursor: int, anchor: int) -> None:
        if self._coming is not None:
            self._coming.around = (text, cursor)
            self._coming.anchor = anchor

    def _cause(self, cause: int) -> None:
        if self._coming is not None:
            if cause == _BY_INPUT_METHOD and self._coming.unanswered:
                self._coming.unanswered -= 1
            self._coming.our_changes += cause == _BY_INPUT_METHOD
            self._coming.fresh |= cause == _BY_INPUT_METHOD

    def _content_type(self, hints: int, purpose: int) -> None:
        if self._coming is not None:
            self._coming.hints = hints
            self._coming.purpose = purpose

    def _done(self) -> None:
        self._serial += 1
        self.field = self._coming
        if self.field is not None:
            self.field.updated_at = time.monotonic()
        if self.on_report is not None:
            self.on_report()

    def _unavailable(self) -> None:
        self.unavailable = True
        self.field = self._coming = None
