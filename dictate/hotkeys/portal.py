"""Listens to a key through the desktop's GlobalShortcuts portal: KDE, GNOME 48, Hyprland.

The desktop asks the user once whether Dictate may have the key, and may assign another one. A
session lives as long as our connection and the portal. When either ends, `run` raises; its caller
runs it again, which binds the shortcut anew.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NoReturn, Protocol

from dictate.errors import Unavailable
from dictate.hotkeys import KeyDown, KeySource, KeyUp
from dictate.hotkeys.chord import parse, wrong
from dictate.hotkeys.gnome_shortcut import in_the_session
from dictate.hotkeys.portal_shortcut import DESCRIPTION, SHORTCUTS, PortalShortcut, there
from dictate.platform import bus, desktop
from dictate.platform.portal_session import PortalSession
from dictate.translation import _

ASKED_S: Final = 300.0
"""Seconds that the user has to answer the desktop's question."""


class _Bound(Protocol):
    async def bind(self) -> None: ...

    async def changed(self) -> bool: ...


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
            return _(
                "the portal would take the key from all programs for good: bind `dictatectl "
                "cancel` to it in your desktop's settings"
            )
        if reason := wrong(self.settings.key):
            return reason
        if parse(self.settings.key).is_button:
            return _(
                "portals know keys only, and {key} is a mouse button: choose a key, or use = "
                '"evdev"'
            ).format(key=self.settings.key)
        if "kde" in desktop.names() and parse(self.settings.key).lone_modifier:
            return _(
                "KDE would take {key} from all programs: use several keys together, such as "
                "ctrl+alt+space"
            ).format(key=self.settings.key)
        if "gnome" in desktop.names() and parse(self.settings.key).lone_modifier:
            return _(
                "GNOME does not report the release of {key}: use several keys together, such as "
                "ctrl+alt+space"
            ).format(key=self.settings.key)
        return None

    @property
    def _description(self) -> str:
        """What the key is for, as the desktop shows it."""
        uses = {
            self.settings.paste_key: _("Dictate: write the last text again"),
            self.settings.undo_key: _("Dictate: take the last text back"),
            self.settings.correct_key: _("Dictate: correct the last text"),
            self.settings.edit_key: _("Dictate: edit what is selected"),
        }
        return uses.get(self.settings.key, DESCRIPTION)

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        if reason := self._unfit():
            raise Unavailable(reason)
        chord = parse(self.settings.key)
        if "gnome" in desktop.names():
            async with in_the_session(chord, self._description) as shortcut:
                await _hear(shortcut, on_key, on_ready)
        connection = await bus.connect()
        try:
            await _hear(PortalShortcut(connection, chord, self._description), on_key, on_ready)
        finally:
            await bus.leave(connection)


async def _hear(
    shortcut: _Bound, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
) -> NoReturn:
    down = False
    try:
        async with asyncio.timeout(ASKED_S):
            await shortcut.bind()
        on_ready()
        while True:
            was_down, down = down, await shortcut.changed()
            if down or was_down:
                on_key((KeyDown if down else KeyUp)(time.monotonic()))
    except TimeoutError as error:
        raise Unavailable(_("the desktop's portal for shortcuts does not answer")) from error
    finally:
        if down:
            on_key(KeyUp(time.monotonic()))


async def _probe() -> None:
    connection = await bus.connect()
    try:
        await there(PortalSession(connection, SHORTCUTS))
    finally:
        await bus.leave(connection)
