"""Listens to a key through the desktop's GlobalShortcuts portal: KDE, GNOME 48, Hyprland.

The desktop asks the user once whether Dictate may have the key, and may assign another one. A
session lives as long as our connection and the portal. When either ends, `run` raises; its caller
runs it again, which binds the shortcut anew.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.errors import Refused, Unavailable
from dictate.hotkeys import KeyDown, KeySource, KeyUp
from dictate.hotkeys.chord import Chord, parse, wrong
from dictate.platform import bus, desktop
from dictate.platform.portal_session import ANSWER_S, PortalSession

SHORTCUTS: Final = "org.freedesktop.portal.GlobalShortcuts"
ASKED_S: Final = 300.0
"""Seconds that the user has to answer the desktop's question."""

DESCRIPTION: Final = "Dictate: hold the key and talk"
"""What the main key is for, as the desktop shows it."""

_TRIGGERS: Final = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}


class PortalKeySource(KeySource):
    """See the head of this file."""

    name = "portal"

    def unavailable_reason(self) -> str | None:
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
                "the portal would take the key from all programs for good: bind `dictatectl "
                "cancel` to it in your desktop's settings"
            )
        if reason := wrong(self.settings.key):
            return reason
        if parse(self.settings.key).is_button:
            return (
                f"portals know keys only, and {self.settings.key} is a mouse button: choose a key, "
                'or use = "evdev"'
            )
        if "kde" in desktop.names() and parse(self.settings.key).lone_modifier:
            return (
                f"KDE would take {self.settings.key} from all programs: use several keys together, "
                "such as ctrl+alt+space"
            )
        if "gnome" in desktop.names() and parse(self.settings.key).lone_modifier:
            return (
                f"GNOME does not report the release of {self.settings.key}: use several keys "
                "together, such as ctrl+alt+space"
            )
        return None

    @property
    def _description(self) -> str:
        """What the key is for, as the desktop shows it."""
        uses = {
            self.settings.paste_key: "Dictate: write the last text again",
            self.settings.undo_key: "Dictate: take the last text back",
            self.settings.correct_key: "Dictate: correct the last text",
            self.settings.edit_key: "Dictate: edit what is selected",
        }
        return uses.get(self.settings.key, DESCRIPTION)

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := self._unfit():
            raise Unavailable(reason)
        connection = await bus.connect()
        down = False
        try:
            shortcut = PortalShortcut(connection, parse(self.settings.key), self._description)
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


class PortalShortcut:
    """One shortcut in one session of the portal."""

    def __init__(
        self, connection: MessageBus, chord: Chord, description: str = DESCRIPTION
    ) -> None:
        self._portal = PortalSession(connection, SHORTCUTS, ("Activated", "Deactivated"))
        self._connection = connection
        self._chord = chord
        self._description = description
        self._id = f"dictate {chord}"
        self._name = re.sub(r"[^a-z0-9]", _in_a_path, self._id)
        """KDE stores the user's choice under this name; a second shortcut would end the first."""

    async def bind(self) -> None:
        """Bind the shortcut, once the user has agreed. Raises Unavailable, Refused."""
        stranger = await self._portal.introduce() if "gnome" in desktop.names() else ""
        await _there(self._portal)
        if stranger:
            raise Unavailable(
                f"GNOME gives keys only to programs that it knows ({stranger}): run `dictate "
                "setup`, or `dictate setup --keys` for a key that begins and ends"
            )
        wanted = {"description": Variant("s", self._description)}
        if trigger := _trigger(self._chord):
            wanted["preferred_trigger"] = Variant("s", trigger)
        shortcuts = [[self._id, wanted]]
        # KDE 5.27 accepts them here; at BindShortcuts it would open its settings each time.
        early = {"shortcuts": Variant("a(sa{sv})", shortcuts)}
        if "shortcuts" in await self._portal.create(self._name, early):
            await self._check_kde(self._name)
            return
        wish, signature = f"have {self._chord}", "oa(sa{sv})sa{sv}"
        body = (self._portal.path, shortcuts, "", {})
        # GNOME 48 never sets the code of a yes: it is what happens to be in memory there, often 2.
        await self._portal.request(wish, "BindShortcuts", signature, *body, proof="shortcuts")
        # As KDE 6 calls a program that it does not know, such as a service.
        component = f"token_{self._name}"
        if "kde" in desktop.names() and await self._knows(component):
            await self._check_kde(component)

    async def _check_kde(self, component: str) -> None:
        """KDE's portal reports what was requested, not whether another program has the key."""
        answer = await self._ask_kde("shortcutKeys", "as", [component, self._id, "", ""])
        if answer.message_type is MessageType.ERROR:
            raise Unavailable("KDE does not report whether it listens for the key")
        # Each entry is a sequence of up to four keys.
        if not any(key for (keys,) in answer.body[0] for key in keys):
            raise Refused(
                f"KDE has given {self._chord} to another program: choose another key in "
                f"config.toml, or one for {component} in System Settings"
            )

    async def _knows(self, component: str) -> bool:
        answer = await self._ask_kde("getComponent", "s", component)
        return answer.message_type is not MessageType.ERROR

    async def _ask_kde(self, member: str, signature: str, argument: str | list[str]) -> Message:
        accel = ("org.kde.kglobalaccel", "/kglobalaccel", "org.kde.KGlobalAccel")
        question = Message(*accel, member, signature=signature, body=[argument])
        return await bus.ask(self._connection, question, "KDE", ANSWER_S)

    async def changed(self) -> bool:
        """Wait for the next press (True) or release (False). Raises Unavailable if the session
        ends."""
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
            "binds a key in the desktop's own settings"
        ) from error


def _in_a_path(found: re.Match[str]) -> str:
    return "_" if found[0] in " +_" else f"u{ord(found[0]):x}"


def _trigger(chord: Chord) -> str:
    """The keys by the portal's names; empty if they have none."""
    if not chord.keysyms:
        return ""
    return "+".join((*(_TRIGGERS[name] for name in chord.modifiers), chord.keysyms[0]))
