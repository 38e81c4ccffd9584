"""Whether a field for passwords has the focus, as applications tell assistive technologies, by
AT-SPI.

Strategy: listen to where the focus goes, and ask what is there at once, so that it is known before
anybody wants to write. Nobody tells of the first field of a window, and GTK 4 gives it the focus
later than it says that the window is active: such a window is looked through, more than once.
Neither text nor name of anything is asked for.

What is not told counts as no such field. Accessibility is used where the session has it, and never
switched on: nothing is started, and applications that want to be told (`org.a11y.Status`) are not.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, Self

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus

LAUNCHER: Final = "org.a11y.Bus"
REGISTRY: Final = "org.a11y.atspi.Registry"
DBUS: Final = "org.freedesktop.DBus"
ANSWER_S: Final = 2.0
"""So long an application may take to say what has the focus; nobody waits for it meanwhile."""
MOST: Final = 500
"""Of a window that does not tell its focus so many parts are looked at."""
PAUSES_S: Final = (0.1, 0.3, 1.0, 3.0)
"""Until it is looked through again."""

_ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
_EVENT: Final = "org.a11y.atspi.Event"
_PASSWORD: Final = 40
"""A role."""
_ACTIVE, _FOCUSED = 1 << 1, 1 << 12
"""Among the states."""
_ROOT, _APPLICATION, _WINDOW = range(3)
"""How deep something lies."""
_TOP: Final = "/org/a11y/atspi/accessible/root"
_RULES: Final = (
    f"type='signal',interface='{_EVENT}.Object',member='StateChanged',arg0='focused'",
    f"type='signal',interface='{_EVENT}.Object',member='ChildrenChanged',path='{_TOP}'",
    f"type='signal',interface='{_EVENT}.Window'",
    f"type='signal',sender='{DBUS}',member='NameOwnerChanged'",
)

Place = tuple[str, str]
"""An object: its application's connection, and its path there."""


class FocusedField:
    """What has the keyboard focus."""

    def __init__(self, connection: MessageBus) -> None:
        self.secret = False
        """Whether it is for a password. From any thread."""
        self._bus = connection
        self._place: Place | None = None
        self._moves = 0
        """How often the focus was told to be elsewhere."""
        self._asking: set[asyncio.Task[None]] = set()
        connection.add_message_handler(self._take)

    @classmethod
    async def connect(cls, session: MessageBus) -> Self:
        """Raises Unavailable where this session has no such bus, now."""
        said = await call(session, (LAUNCHER, "/org/a11y/bus"), LAUNCHER, "GetAddress")
        if not said or not said[0]:
            raise Unavailable("this session has no accessibility bus")
        made = cls(await bus.reach("the accessibility bus", said[0], "log in again"))
        for rule in _RULES:
            await call(made._bus, (DBUS, "/org/freedesktop/DBus"), DBUS, "AddMatch", "s", rule)
        made._run(made._register())
        return made

    async def confirm(self, limit_s: float) -> None:
        """Wait for what is being asked, and ask a field for passwords whether it still has the
        focus: not every application says that it has lost it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                if self._asking:
                    await asyncio.wait(set(self._asking))
                place, moves = self._place, self._moves
                if place and self.secret:
                    states = await self._states(place)
                    if states is not None and not states & _FOCUSED and moves == self._moves:
                        self._forget(place)

    async def lost(self) -> None:
        """Wait until the bus is gone."""
        await bus.lost(self._bus)

    async def close(self) -> None:
        """Hang up, which ends what applications tell us."""
        self.secret = False
        for task in self._asking:
            task.cancel()
        await bus.leave(self._bus)

    def _take(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        place = (message.sender or "", message.path or "")
        match (message.member or "").lower(), message.body:
            case ["statechanged", ["focused", has, *_]]:
                if has:
                    self._found(place)
                else:
                    self._forget(place)
            case ["activate", _] if not self._place or self._place[0] != place[0]:
                self._run(self._look_through(place, _WINDOW))
            case ["childrenchanged", ["add", _, _, child, *_]] if place[1] == _TOP:
                self._run(self._look_through(tuple(child.value), _APPLICATION))
            case ["nameownerchanged", [name, _, owner]]:
                if name == REGISTRY and owner:
                    self._run(self._register())
                elif not owner and self._place and self._place[0] == name:
                    self._forget(self._place)

    def _found(self, place: Place) -> None:
        self._moves += 1
        if place != self._place:
            self._place, self.secret = place, False
        self._run(self._ask(place))

    def _forget(self, place: Place) -> None:
        if place == self._place:
            self._place, self.secret = None, False

    async def _register(self, pauses: tuple[float, ...] = PAUSES_S) -> None:
        """Applications tell nothing that nobody has asked the registry for. One that starts in the
        same moment may not hear of it, so it is asked more than once."""
        registry = (REGISTRY, "/org/a11y/atspi/registry")
        for event in ("object:state-changed:focused", "window:activate"):
            await call(self._bus, registry, REGISTRY, "RegisterEvent", "s", event)
        await self._look_through((REGISTRY, _TOP), _ROOT, ())
        self._later(pauses, self._register)

    async def _ask(self, place: Place) -> None:
        role = await call(self._bus, place, _ACCESSIBLE, "GetRole")
        if place == self._place:
            self.secret = role == [_PASSWORD]

    async def _states(self, place: Place) -> int | None:
        """None if it does not say."""
        states = await call(self._bus, place, _ACCESSIBLE, "GetState")
        return int(states[0][0]) if states else None

    async def _look_through(
        self, start: Place, depth: int, pauses: tuple[float, ...] = PAUSES_S
    ) -> None:
        """Find what has the focus there, unless it is told meanwhile."""
        before = self._place
        level, below, seen = [start], depth, 0
        while level and seen < MOST:
            seen += len(level)
            states = await asyncio.gather(*map(self._states, level))
            if self._place not in (None, before):
                return
            for place, has in zip(level, states, strict=True):
                if has and has & _FOCUSED:
                    self._found(place)
                    return
            if below == _WINDOW:
                level = [
                    place for place, has in zip(level, states, strict=True) if has and has & _ACTIVE
                ]
            asked = (call(self._bus, place, _ACCESSIBLE, "GetChildren") for place in level)
            answers = await asyncio.gather(*asked)
            level = [(name, path) for answer in answers if answer for name, path in answer[0]]
            below += 1
        self._later(pauses, partial(self._look_again, start, depth))

    async def _look_again(self, start: Place, depth: int, pauses: tuple[float, ...]) -> None:
        if self._place is None or self._place[0] != start[0]:
            await self._look_through(start, depth, pauses)

    def _later(
        self,
        pauses: tuple[float, ...],
        work: Callable[[tuple[float, ...]], Coroutine[Any, Any, None]],
    ) -> None:
        """Do it after the first of these pauses, with the others to come."""

        def begin() -> None:
            if self._bus.connected:
                self._run(work(pauses[1:]))

        if pauses:
            asyncio.get_running_loop().call_later(pauses[0], begin)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)


async def call(
    connection: MessageBus,
    place: Place,
    interface: str,
    member: str,
    signature: str = "",
    *body: Any,
) -> list[Any] | None:
    """What is answered; None if nothing is, or an error. Starts no program."""
    question = Message(
        *(*place, interface, member),
        flags=MessageFlag.NO_AUTOSTART,
        signature=signature,
        body=list(body),
    )
    return await bus.answer_or_none(connection, question, ANSWER_S)
