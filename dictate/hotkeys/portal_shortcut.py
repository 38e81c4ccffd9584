"""One shortcut through the desktop's GlobalShortcuts portal, in a session of its own."""

import re
from typing import Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.errors import Refused, Unavailable
from dictate.hotkeys.chord import Chord
from dictate.platform import bus, desktop
from dictate.platform.portal_session import ANSWER_S, PortalSession
from dictate.translation import _

SHORTCUTS: Final = "org.freedesktop.portal.GlobalShortcuts"
BIND: Final = "BindShortcuts", "oa(sa{sv})sa{sv}"
"""The method that asks for shortcuts, and its signature."""
DESCRIPTION: Final = _("Dictate: hold the key and talk")
"""What the main key is for, as the desktop shows it."""

_TRIGGERS: Final = {"ctrl": "CTRL", "alt": "ALT", "shift": "SHIFT", "super": "LOGO"}


class PortalShortcut:
    """One shortcut in one session of the portal."""

    def __init__(
        self, connection: MessageBus, chord: Chord, description: str = DESCRIPTION
    ) -> None:
        self._portal = PortalSession(connection, SHORTCUTS, ("Activated", "Deactivated"))
        self._connection = connection
        self._chord = chord
        self._description = description
        self._id = f"dictate {chord}"  # untranslated
        self._name = re.sub(r"[^a-z0-9]", _in_a_path, self._id)
        """KDE stores the user's choice under this name; a second shortcut would end the first."""

    async def bind(self) -> None:
        """Bind the shortcut, once the user has agreed. Raises Unavailable, Refused."""
        await there(self._portal)
        shortcuts = [[self._id, wanted(self._chord, self._description)]]
        # KDE 5.27 accepts them here; at BindShortcuts it would open its settings each time.
        early = {"shortcuts": Variant("a(sa{sv})", shortcuts)}
        if "shortcuts" in await self._portal.create(self._name, early):
            await self._check_kde(self._name)
            return
        wish = _("have {keys}").format(keys=self._chord)
        await self._portal.request(wish, *BIND, self._portal.path, shortcuts, "", {})
        # As KDE 6 calls a program that it does not know, such as a service.
        component = f"token_{self._name}"
        if "kde" in desktop.names() and await self._knows(component):
            await self._check_kde(component)

    async def _check_kde(self, component: str) -> None:
        """KDE's portal reports what was requested, not whether another program has the key."""
        answer = await self._ask_kde("shortcutKeys", "as", [component, self._id, "", ""])
        if answer.message_type is MessageType.ERROR:
            raise Unavailable(_("KDE does not report whether it listens for the key"))
        # Each entry is a sequence of up to four keys.
        if not any(key for (keys,) in answer.body[0] for key in keys):
            raise Refused(
                _(
                    "KDE has given {chord} to another program: choose another key in "
                    "config.toml, or one for {component} in System Settings"
                ).format(chord=self._chord, component=component)
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
            name, down = await next_change(self._portal)
            if name == self._id:
                return down


async def next_change(portal: PortalSession) -> tuple[str, bool]:
    """The next shortcut of the session that is pressed (True) or released (False). Raises
    Unavailable if the session ends."""
    while True:
        match await portal.next():
            case Message(member="Activated" | "Deactivated" as member, body=[session, name, *_]):
                if session == portal.path:
                    return name, member == "Activated"


async def there(portal: PortalSession) -> None:
    """Raises Unavailable where no portal has global shortcuts."""
    try:
        await portal.get("version")
    except Unavailable as error:
        raise Unavailable(
            _(
                "this desktop has no portal for global shortcuts ({error}): `dictate setup "
                "--keys` binds a key in the desktop's own settings"
            ).format(error=error)
        ) from error


def _in_a_path(found: re.Match[str]) -> str:
    return "_" if found[0] in " +_" else f"u{ord(found[0]):x}"


def wanted(chord: Chord, description: str) -> dict[str, Variant]:
    """What the portal is told of a shortcut. A key without a name there is the user's to choose."""
    said = {"description": Variant("s", description)}
    if chord.keysyms:
        keys = (*(_TRIGGERS[name] for name in chord.modifiers), chord.keysyms[0])
        said["preferred_trigger"] = Variant("s", "+".join(keys))
    return said
