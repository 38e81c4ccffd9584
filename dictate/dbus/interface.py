"""The D-Bus interface: the daemon's methods, and the properties that show its state.

A dictated text is returned only to the caller that asks for it: never put it into a property or a
signal, because every program of the user can listen to these.

dbus-fast reads the annotations here at run time: no `from __future__ import annotations`.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import accumulate
from typing import Annotated, Final, Protocol, TypeAlias

from dbus_fast import DBusError, ErrorType, Variant
from dbus_fast.annotations import DBusBool, DBusDict, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import dbus_method

from dictate.dbus.caller import answer_wanted
from dictate.dbus.status_properties import Dicts, Status, StatusProperties
from dictate.errors import DictateError, Unavailable
from dictate.hotwords.model import SECOND
from dictate.journal.entry import Entry
from dictate.platform.bus import ERRORS, INTERFACE, one_line
from dictate.translation import _

log = logging.getLogger(__name__)

HISTORY_LIMIT: Final = 1000
"""Maximum number of dictations that one call of History returns."""
HISTORY_CHARACTERS: Final = 8_000_000
"""Maximum length of all their texts: a bus disconnects a client whose messages are too big."""
AT_ONCE: Final = 32
"""Maximum number of calls that wait for their answer; further ones are refused at once."""
_END_S: Final = 0.3
"""Seconds for the calls that wait to end when the daemon does."""
_LINES_LIMIT: Final = 50
"""Maximum number of lines of an error message."""

Plain: TypeAlias = str | bool | int | float
Row: TypeAlias = Mapping[str, Plain]
Strings = Annotated[list[str], DBusSignature("as")]


class Controller(Protocol):
    """What clients may have the daemon do.

    Any DictateError reaches the client, with its message.
    """

    def start(self, profile: str = "") -> None:
        """Begin a dictation with this profile, or ("") with the one that is on in what is in front.
        Idempotent, as are the next three methods."""

    def stop(self) -> bool:
        """End it, and write the text. Whether there was one to end."""

    def toggle(self, profile: str = "") -> None:
        """Begin or end one."""

    def edit(self) -> None:
        """Begin a dictation that says what to do with what is selected, or end it."""

    def key(self, profile: str = "", *, down: bool) -> bool:
        """A shortcut of the desktop was pressed or released: it means what the key of this profile
        means, or ("") the hotkey. Whether that was possible: a key that is not down cannot be
        released."""

    def cancel(self) -> str:
        """Discard the dictation: nothing is written. What is kept of it, in a sentence; empty if
        there was nothing to cancel."""

    def profiles(self) -> Sequence[Row]:
        """What each profile uses."""

    async def in_front(self) -> Row:
        """The application in front, and the profile that is on there."""

    async def reload(self) -> Sequence[str]:
        """Read the files again: one line for each change, for people. Those that begin with
        "note: " say what the command line overrides."""

    async def read_files(self) -> Sequence[str]:
        """The same after a program changed one of them: a file that is gone or empty changes
        nothing, and what was given up is not tried again."""

    async def last(self) -> Entry | None:
        """The newest dictation that has a text."""

    async def history(self, limit: int, before: int = 0) -> Sequence[Entry]:
        """The newest dictations, newest first; those before a number unless it is 0."""

    async def paste(self, number: int | None) -> str:
        """Write a text (None: the last one) into the focused window; the receipt."""

    async def copy(self, text: str) -> None:
        """Put a text into the clipboard."""

    async def undo(self) -> str:
        """Take the last written text back out of its window; what was done, for people."""

    async def forget(self, number: int | None) -> int:
        """Delete one dictation or (None) all; the number of those deleted."""

    async def devices(self) -> Sequence[Row]:
        """The microphones there are."""

    def engine_socket(self) -> str:
        """The path at which the process of the main engine listens, unless that has failed."""

    async def check(self) -> Sequence[Row]:
        """What works here and what does not: the rows of `dictate.diagnostics.check`."""

    async def check_live(self) -> Sequence[Row]:
        """What each output made of a text: the rows of `dictate.diagnostics.output_trial`."""


class Dictate1(StatusProperties):
    """The interface on one connection."""

    def __init__(self, controller: Callable[[], Controller], status: Status) -> None:
        """`controller` raises DictateError while there is none; `status` is shared with the
        service, which changes it."""
        super().__init__(INTERFACE, status)
        self._controller = controller
        self._calls: set[asyncio.Task[object]] = set()
        """The calls that wait for their answer."""
        self._ending = False

    async def end_calls(self) -> None:
        """Answer the calls that still wait with an error: the daemon ends."""
        self._ending = True
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=_END_S)

    @dbus_method("Start")
    def start(self) -> None:
        with errors():
            self._controller().start()

    @dbus_method("StartSecond")
    def start_second(self) -> None:
        with errors():
            self._controller().start(SECOND)

    @dbus_method("Stop")
    def stop(self) -> DBusBool:
        with errors():
            return self._controller().stop()

    @dbus_method("Toggle")
    def toggle(self) -> None:
        with errors():
            self._controller().toggle()

    @dbus_method("ToggleSecond")
    def toggle_second(self) -> None:
        with errors():
            self._controller().toggle(SECOND)

    @dbus_method("Edit")
    def edit(self) -> None:
        with errors():
            self._controller().edit()

    @dbus_method("Press")
    def press(self) -> None:
        with errors():
            self._controller().key(down=True)

    @dbus_method("Release")
    def release(self) -> DBusBool:
        with errors():
            return self._controller().key(down=False)

    @dbus_method("PressSecond")
    def press_second(self) -> None:
        with errors():
            self._controller().key(SECOND, down=True)

    @dbus_method("ReleaseSecond")
    def release_second(self) -> DBusBool:
        with errors():
            return self._controller().key(SECOND, down=False)

    @dbus_method("Cancel")
    def cancel(self) -> DBusStr:
        with errors():
            return self._controller().cancel()

    @dbus_method("Reload")
    async def reload(self) -> Strings:
        with self.slot():
            return [one_line(line) for line in await self._controller().reload()]

    @dbus_method("ReadFiles")
    async def read_files(self) -> Strings:
        with self.slot():
            return [one_line(line) for line in await self._controller().read_files()]

    @dbus_method("Last")
    async def last(self) -> DBusDict:
        with self.slot():
            entry = await self._controller().last()
            return _from_entry(entry) if entry else {}

    @dbus_method("History")
    async def history(self, limit: DBusUInt32) -> Dicts:
        return await self._history(limit)

    @dbus_method("HistoryBefore")
    async def history_before(self, number: DBusUInt32, limit: DBusUInt32) -> Dicts:
        return await self._history(limit, number)

    async def _history(self, limit: int, before: int = 0) -> list[dict[str, Variant]]:
        with self.slot():
            entries = await self._controller().history(min(limit, HISTORY_LIMIT), before)
            room = accumulate(len(entry.text + entry.heard + entry.polished) for entry in entries)
            # One that is too big by itself comes alone: without it, the older ones were lost.
            fitting = max(1, sum(used <= HISTORY_CHARACTERS for used in room))
            return [_from_entry(entry) for entry in entries[:fitting]]

    @dbus_method("Paste")
    async def paste(self, number: DBusUInt32) -> DBusStr:
        with self.slot():
            return one_line(await self._controller().paste(number or None))

    @dbus_method("Copy")
    async def copy(self, text: DBusStr) -> None:
        with self.slot():
            await self._controller().copy(text)

    @dbus_method("Undo")
    async def undo(self) -> DBusStr:
        with self.slot():
            return one_line(await self._controller().undo())

    @dbus_method("Forget")
    async def forget(self, number: DBusUInt32, everything: DBusBool) -> DBusUInt32:
        with self.slot():
            if bool(number) is everything:
                raise DBusError(ErrorType.INVALID_ARGS, _("give a number, or 0 and true for all"))
            return await self._controller().forget(number or None)

    @dbus_method("Devices")
    async def devices(self) -> Dicts:
        with self.slot():
            return [from_row(row) for row in await self._controller().devices()]

    @dbus_method("EngineSocket")
    def engine_socket(self) -> DBusStr:
        with errors():
            return self._controller().engine_socket()

    @dbus_method("Check")
    async def check(self) -> Dicts:
        with self.slot():
            return [from_row(row) for row in await self._controller().check()]

    @dbus_method("CheckLive")
    async def check_live(self) -> Dicts:
        with self.slot():
            return [from_row(row) for row in await self._controller().check_live()]

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Count one of the calls that wait, and give its errors their D-Bus names."""
        call = asyncio.current_task()
        assert call is not None
        try:
            with errors():
                if len(self._calls) >= AT_ONCE:
                    raise _too_many()
                self._calls.add(call)
                yield
        except asyncio.CancelledError:
            if not self._ending:
                raise
            # dbus-fast would log the cancellation as a failure of ours, with its traceback.
            with errors():
                raise Unavailable(_("dictate ends")) from None
        finally:
            self._calls.discard(call)


def plain(name: str, value: Plain) -> Plain:
    """A value as clients get it: a number without the digits that no clock vouches for."""
    if isinstance(value, float):
        return round(value, 1 if name.endswith(("ms", "mb")) else 3)
    return value


def property_name(name: str) -> str:
    """`engine_state` as it is called on the bus: `EngineState`."""
    return "".join(part.capitalize() for part in name.split("_"))


@contextmanager
def errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        answer = _as_answer(error)
        # dbus-fast would log the error of a call that wants no answer, with its traceback.
        if answer_wanted():
            raise answer from error


def _too_many() -> BaseException:
    # dbus-fast logs every other end of a call whose client wants no answer, with its traceback.
    if not answer_wanted():
        return asyncio.CancelledError()
    return DBusError(ErrorType.LIMITS_EXCEEDED, _("too many calls at once: try again later"))


def _as_answer(error: Exception) -> DBusError:
    if isinstance(error, DBusError):
        return error
    if isinstance(error, DictateError):
        name = f"{ERRORS}.{type(error).__name__}"
        lines = str(error).splitlines()[:_LINES_LIMIT]
        return DBusError(name, "\n".join(map(one_line, lines)))
    # Its message may hold dictated text: only where it happened is logged.
    kind = type(error).__name__
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("a call over D-Bus failed: %s\n%s", kind, where)
    return DBusError(
        f"{ERRORS}.Mistake",
        _("dictate made a mistake ({kind}): its log says more").format(kind=kind),
    )


def _from_entry(entry: Entry) -> dict[str, Variant]:
    known = {name: value for name, value in asdict(entry).items() if value is not None}
    of_older = {"second": entry.profile == SECOND}
    return from_row(known | of_older | {"state": entry.state.value})


def from_row(row: Row) -> dict[str, Variant]:
    """A dictionary as clients get it."""
    return {key: _variant(plain(key, value)) for key, value in row.items()}


def _variant(value: Plain) -> Variant:
    match value:
        case bool():
            return Variant("b", value)
        case int():
            return Variant("x", value)
        case float():
            return Variant("d", value)
    return Variant("s", value.encode("utf-8", "replace").decode().replace("\0", "\ufffd"))
