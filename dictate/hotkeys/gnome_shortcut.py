"""Shortcuts through GNOME's portal: all those of this process in one session.

GNOME keeps one list of shortcuts for each program, that of its last request. With a session for
each key it would ask the user again at every start, and report presses to one of them only.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakKeyDictionary

from dbus_fast.aio import MessageBus

from dictate.errors import DictateError, Refused, Unavailable
from dictate.hotkeys.chord import Chord
from dictate.hotkeys.portal_shortcut import BIND, SHORTCUTS, next_change, there, wanted
from dictate.platform import bus
from dictate.platform.portal_session import PortalSession
from dictate.translation import _

GATHER_S: Final = 0.3
"""Seconds in which keys that are wanted at the same time, as at the start, come together."""


class GnomeShortcut:
    """One shortcut of the session."""

    def __init__(self, chord: Chord, description: str) -> None:
        self.chord = chord
        self.wanted = wanted(chord, description)
        self.news: asyncio.Queue[bool | DictateError] = asyncio.Queue()
        """True is a press. False is a release, or that the session has begun (again)."""

    async def bind(self) -> None:
        """Wait until the user has agreed. Raises Unavailable, Refused."""
        await self.changed()

    async def changed(self) -> bool:
        """Wait for the next press (True) or release (False). Raises Unavailable, Refused."""
        news = await self.news.get()
        if isinstance(news, DictateError):
            raise news
        return news


class _Session:
    def __init__(self) -> None:
        self._keys: dict[str, GnomeShortcut] = {}
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def join(self, name: str, key: GnomeShortcut) -> None:
        self._keys[name] = key
        self._renew()

    async def leave(self, name: str) -> None:
        del self._keys[name]
        if ended := self._renew():
            await asyncio.wait({ended})

    def _renew(self) -> asyncio.Task[None] | None:
        """Begin the session again with the keys of now. Returns the task of the last one, if there
        are none."""
        before = self._task
        if before is not None:
            before.cancel()
        self._task = asyncio.create_task(self._run()) if self._keys else None
        return before if self._task is None else None

    async def _run(self) -> None:
        async with self._one_at_a_time:
            await asyncio.sleep(GATHER_S)
            keys = dict(self._keys)
            try:
                connection = await bus.connect()
                try:
                    await _serve(connection, keys)
                finally:
                    await bus.leave(connection)
            except DictateError as error:
                for key in keys.values():
                    key.news.put_nowait(type(error)(str(error)))


async def _serve(connection: MessageBus, keys: dict[str, GnomeShortcut]) -> None:
    portal = PortalSession(connection, SHORTCUTS, ("Activated", "Deactivated"))
    why_unknown = await portal.introduce()
    await there(portal)
    if why_unknown:
        raise Unavailable(
            _(
                "GNOME gives keys only to programs that it knows ({reason}): run "
                "`dictate setup`, or `dictate setup --keys` for a key that begins and ends"
            ).format(reason=why_unknown)
        )
    await portal.create()
    shortcuts = [[name, key.wanted] for name, key in keys.items()]
    wish = _("have {keys}").format(keys=_(" and ").join(str(key.chord) for key in keys.values()))
    # GNOME 48 never sets the code of a yes: it is what happens to be in memory there, often 2.
    given = await portal.request(wish, *BIND, portal.path, shortcuts, "", {}, proof="shortcuts")
    with_keys = {name for name, said in given["shortcuts"].value if said.get("trigger_description")}
    for name, key in keys.items():
        refused = Refused(
            _("you have taken the key from {chord}: GNOME's settings give it one").format(
                chord=key.chord
            )
        )
        key.news.put_nowait(False if name in with_keys else refused)
    while True:
        name, down = await next_change(portal)
        if name in keys:
            keys[name].news.put_nowait(down)


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Session] = WeakKeyDictionary()


@asynccontextmanager
async def in_the_session(chord: Chord, description: str) -> AsyncIterator[GnomeShortcut]:
    """A shortcut in the one session of this loop."""
    session = _sessions.setdefault(asyncio.get_running_loop(), _Session())
    key, name = GnomeShortcut(chord, description), f"dictate {chord}"  # untranslated: its id
    session.join(name, key)
    try:
        yield key
    finally:
        await session.leave(name)
