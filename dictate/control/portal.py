"""Hears a key through the desktop's portal for global shortcuts: KDE, GNOME 48, Hyprland.

The desktop asks the user once whether Dictate may have the key, and may give it another one. A
session lives as long as our connection and the portal do: when either ends, whoever called `run`
calls it again, and the shortcut is bound anew.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

from dictate import bus
from dictate.control import KeyDown, KeySource, KeyUp
from dictate.control.chord import Chord, parse, wrong
from dictate.errors import Unavailable
from dictate.portals import PortalSession

SHORTCUTS: Final = "org.freedesktop.portal.GlobalShortcuts"
ASKED_S: Final = 300.0
"""So long a person may look at the desktop's question."""

_TRIGGERS: Final = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}


class PortalKeySource(KeySource):
    """See the head of this file."""

    name = "portal"

    def why_not(self) -> str | None:
        if reason := self._unfit():
            return reason
        try:
            asyncio.run(_probe())
        except Unavailable as error:
            return str(error)
        return None

    def _unfit(self) -> str | None:
        if self.settings.key == self.settings.cancel_key:
            return (
                "the portal would take the key from everybody for good: bind `dictatectl cancel` "
                "to it in your desktop's settings"
            )
        return wrong(self.settings.key)

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := self._unfit():
            raise Unavailable(reason)
        connection = await bus.connect()
        down = False
        try:
            shortcut = Shortcut(connection, parse(self.settings.key))
            async with asyncio.timeout(ASKED_S):
                await shortcut.bind()
            on_ready()
            while True:
                down = await shortcut.changed()
                on_key((KeyDown if down else KeyUp)(time.monotonic()))
        except TimeoutError as error:
            raise Unavailable("the desktop's portal for shortcuts does not answer") from error
        finally:
            if down:
                on_key(KeyUp(time.monotonic()))
            await bus.leave(connection)


class Shortcut:
    """One shortcut in one session of the portal."""

    def __init__(self, connection: MessageBus, chord: Chord) -> None:
        self._portal = PortalSession(connection, SHORTCUTS, ("Activated", "Deactivated"))
        self._chord = chord
        self._id = f"dictate {chord}"

    async def bind(self) -> None:
        """Have the shortcut, once the user has agreed. Raises Unavailable, Refused."""
        await _there(self._portal)
        await self._portal.create()
        wanted = {"description": Variant("s", "Dictate: hold the key and talk")}
        if trigger := _trigger(self._chord):
            wanted["preferred_trigger"] = Variant("s", trigger)
        shortcuts = [[self._id, wanted]]
        wish, signature = f"have {self._chord}", "oa(sa{sv})sa{sv}"
        await self._portal.request(
            wish, "BindShortcuts", signature, self._portal.path, shortcuts, "", {}
        )

    async def changed(self) -> bool:
        """Wait for the next press (true) or release. Raises Unavailable when the session ends."""
        while True:
            match await self._portal.next():
                case Message(
                    member="Activated" | "Deactivated" as member, body=[session, name, *_]
                ):
                    if (session, name) == (self._portal.path, self._id):
                        return bool(member == "Activated")


async def _probe() -> None:
    connection = await bus.connect()
    try:
        await _there(PortalSession(connection, SHORTCUTS))
    finally:
        await bus.leave(connection)


async def _there(portal: PortalSession) -> None:
    """Raises Unavailable where no portal has global shortcuts."""
    try:
        await portal.get("version")
    except Unavailable as error:
        raise Unavailable(
            f"this desktop has no portal for global shortcuts ({error}): `dictate setup --keys` "
            "binds a key in its own way"
        ) from error


def _trigger(chord: Chord) -> str:
    """The keys as the portal wants them named; empty for those we have no name for."""
    if not chord.keysyms:
        return ""
    return "+".join((*(_TRIGGERS[name] for name in chord.modifiers), chord.keysyms[0]))
