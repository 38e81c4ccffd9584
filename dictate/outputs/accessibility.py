"""Whether a password field has the focus. Applications report it to assistive technologies through
AT-SPI, the accessibility bus.

Strategy: follow the focus and ask at once what has it, so that the answer is there before a text is
written. Applications do not report the first field of a window, and GTK 4 focuses it later than it
reports the window as active. Such a window is searched, more than once. Texts and names are not
asked for here; `accessible_text.py` reads a text back if the user has switched that on.

A field that is not reported does not count as a password field. Dictate uses accessibility where
the session has it and never switches it on: it starts no service, and it does not set
`org.a11y.Status`, for which some applications wait.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, Self

from dbus_fast import Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus
from dictate.platform.background import BackgroundTasks
from dictate.translation import _

_log = logging.getLogger(__name__)

LAUNCHER: Final = "org.a11y.Bus"
REGISTRY: Final = "org.a11y.atspi.Registry"
DBUS: Final = "org.freedesktop.DBus"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
ANSWER_S: Final = 2.0
"""Seconds that an application has to say what has the focus. Nothing waits for it meanwhile."""
MAX_OBJECTS: Final = 500
"""Maximum number of objects to look at in a window that does not report its focus."""
PAUSES_S: Final = (0.1, 0.3, 1.0, 3.0)
"""Seconds before each further search of such a window."""

_ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
_EVENT: Final = "org.a11y.atspi.Event"
PASSWORD: Final = 40
"""The role of a password field."""
_ACTIVE, FOCUSED = 1 << 1, 1 << 12
"""Bits among the states of an object."""
_ROOT, _APPLICATION, _WINDOW = range(3)
"""Depths in the tree of objects."""
_TOP: Final = "/org/a11y/atspi/accessible/root"
_RULES: Final = (
    f"type='signal',interface='{_EVENT}.Object',member='StateChanged',arg0='focused'",
    f"type='signal',interface='{_EVENT}.Object',member='ChildrenChanged',path='{_TOP}'",
    f"type='signal',interface='{_EVENT}.Window'",
    f"type='signal',sender='{DBUS}',member='NameOwnerChanged'",
)

Place = tuple[str, str]
"""Where an object is: its application's name on the bus, and its path there."""


class FocusedField:
    """What has the keyboard focus."""

    def __init__(self, connection: MessageBus) -> None:
        self.secret = False
        """Whether it is for a password. May be read from any thread."""
        self.connection = connection
        self.place: Place | None = None
        """Where it is; None if that is not reported."""
        self._moves = 0
        """How many times the focus was reported to have moved."""
        self._questions = BackgroundTasks(_log)
        connection.add_message_handler(self._on_signal)

    @classmethod
    async def connect(cls, session: MessageBus) -> Self:
        """Raises Unavailable if this session has no accessibility bus at the moment."""
        reply = await call(session, (LAUNCHER, "/org/a11y/bus"), LAUNCHER, "GetAddress")
        if not reply or not reply[0]:
            raise Unavailable(_("this session has no accessibility bus"))
        name, advice = _("the accessibility bus"), _("log in again")
        made = cls(await bus.reach(name, reply[0], advice))
        for rule in _RULES:
            await call(
                made.connection, (DBUS, "/org/freedesktop/DBus"), DBUS, "AddMatch", "s", rule
            )
        made._questions.start(made._register())
        return made

    async def confirm(self, limit_s: float) -> None:
        """Wait for open questions. Then ask a password field whether it still has the focus,
        because not every application reports the loss."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._questions.wait()
                place, moves = self.place, self._moves
                if place and self.secret:
                    states = await self.states(place)
                    if states is not None and not states & FOCUSED and moves == self._moves:
                        self._forget(place)

    async def lost(self) -> None:
        """Wait until the bus is gone."""
        await bus.lost(self.connection)

    async def close(self) -> None:
        """Disconnect. Applications then stop reporting."""
        self.secret = False
        await self._questions.cancel()
        await bus.leave(self.connection)

    def _on_signal(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        place = (message.sender or "", message.path or "")
        match (message.member or "").lower(), message.body:
            case ["statechanged", ["focused", has, *_]]:
                if has:
                    self._found(place)
                else:
                    self._forget(place)
            case ["activate", _] if not self.place or self.place[0] != place[0]:
                self._questions.start(self._search(place, _WINDOW))
            case ["childrenchanged", ["add", _, _, child, *_]] if place[1] == _TOP:
                self._questions.start(self._search(tuple(child.value), _APPLICATION))
            case ["nameownerchanged", [name, _, owner]]:
                if name == REGISTRY and owner:
                    self._questions.start(self._register())
                elif not owner and self.place and self.place[0] == name:
                    self._forget(self.place)

    def _found(self, place: Place) -> None:
        self._moves += 1
        if place != self.place:
            self.place, self.secret = place, False
        self._questions.start(self._ask(place))

    def _forget(self, place: Place) -> None:
        if place == self.place:
            self.place, self.secret = None, False

    async def _register(self, pauses: tuple[float, ...] = PAUSES_S) -> None:
        """Applications report only the events for which a client has registered. One that starts at
        the same moment may miss the registration, so it is repeated."""
        registry = (REGISTRY, "/org/a11y/atspi/registry")
        for event in ("object:state-changed:focused", "window:activate"):
            await call(self.connection, registry, REGISTRY, "RegisterEvent", "s", event)
        await self._search((REGISTRY, _TOP), _ROOT, ())
        self._later(pauses, self._register)

    async def _ask(self, place: Place) -> None:
        role = await self.role(place)
        if place == self.place:
            self.secret = role == PASSWORD

    async def role(self, place: Place) -> int | None:
        """None if the application does not answer."""
        role = await call(self.connection, place, _ACCESSIBLE, "GetRole")
        return int(role[0]) if role else None

    async def states(self, place: Place) -> int | None:
        """None if the application does not answer."""
        states = await call(self.connection, place, _ACCESSIBLE, "GetState")
        return int(states[0][0]) if states else None

    async def windows(self, place: Place) -> list[Place]:
        """Those of its application. Empty if the application does not answer."""
        children = await call(self.connection, (place[0], _TOP), _ACCESSIBLE, "GetChildren")
        return [(name, path) for name, path in children[0]] if children else []

    async def is_active(self, window: Place) -> bool:
        """Whether the user is in this window, as far as the application says."""
        states = await self.states(window)
        return states is not None and bool(states & _ACTIVE)

    async def in_front(self) -> tuple[str, str]:
        """The name of the application whose field has the focus, and the title of its window. Both
        are empty if none of its windows is active, or if it does not answer."""
        if (place := self.place) is None:
            return "", ""
        application, windows = await asyncio.gather(
            self._name((place[0], _TOP)), self.windows(place)
        )
        active, titles = await asyncio.gather(
            asyncio.gather(*map(self.is_active, windows)),
            asyncio.gather(*map(self._name, windows)),
        )
        found = [title for yes, title in zip(active, titles, strict=True) if yes]
        if len(found) != 1 or self.place != place:
            return "", ""
        return application, found[0]

    async def _name(self, place: Place) -> str:
        answer = await call(self.connection, place, PROPERTIES, "Get", "ss", _ACCESSIBLE, "Name")
        name = answer[0].value if answer and isinstance(answer[0], Variant) else ""
        return name if isinstance(name, str) else ""

    async def _search(self, start: Place, depth: int, pauses: tuple[float, ...] = PAUSES_S) -> None:
        """Find what has the focus below `start`, unless it is reported meanwhile."""
        before = self.place
        level, below, seen = [start], depth, 0
        while level and seen < MAX_OBJECTS:
            seen += len(level)
            states = await asyncio.gather(*map(self.states, level))
            if self.place not in (None, before):
                return
            for place, has in zip(level, states, strict=True):
                if has and has & FOCUSED:
                    self._found(place)
                    return
            if below == _WINDOW:
                level = [
                    place for place, has in zip(level, states, strict=True) if has and has & _ACTIVE
                ]
            calls = (call(self.connection, place, _ACCESSIBLE, "GetChildren") for place in level)
            replies = await asyncio.gather(*calls)
            level = [(name, path) for reply in replies if reply for name, path in reply[0]]
            below += 1
        self._later(pauses, partial(self._search_again, start, depth))

    async def _search_again(self, start: Place, depth: int, pauses: tuple[float, ...]) -> None:
        if self.place is None or self.place[0] != start[0]:
            await self._search(start, depth, pauses)

    def _later(
        self,
        pauses: tuple[float, ...],
        work: Callable[[tuple[float, ...]], Coroutine[Any, Any, None]],
    ) -> None:
        """Start `work` after the first of these pauses, and pass it the others."""

        def begin() -> None:
            if self.connection.connected:
                self._questions.start(work(pauses[1:]))

        if pauses:
            asyncio.get_running_loop().call_later(pauses[0], begin)


async def call(
    connection: MessageBus,
    place: Place,
    interface: str,
    member: str,
    signature: str = "",
    *body: Any,
) -> list[Any] | None:
    """The body of the reply; None if there is none, or an error. Starts no program."""
    question = Message(
        *(*place, interface, member),
        flags=MessageFlag.NO_AUTOSTART,
        signature=signature,
        body=list(body),
    )
    return await bus.answer_or_none(connection, question, ANSWER_S)
